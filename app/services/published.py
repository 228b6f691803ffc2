"""Published figures beside a run's own, and why each is comparable or not."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure from elsewhere, source → target, closed candidates; `differs` is empty where it is comparable."""

    title: str
    hits_at_1: float
    mrr: float
    differs: tuple[str, ...]


_THREE = ("structure", "relation", "attribute")
_PAPER = {"DBP15K zh_en": (0.835, 0.884), "DBP15K fr_en": (0.850, 0.898)}


def published(run: RunView) -> list[Published]:
    """Every figure we know of for the run's data set; empty where it is no public benchmark."""
    name = run.reader.config.get("dataset", {}).get("name", "")
    found = []
    if name == "DBP15K zh_en":
        found.append(
            Published(
                title="Published code, 50 stage-1 epochs, structure + relation + attribute",
                hits_at_1=0.742,
                mrr=0.815,
                differs=_differences(run),
            )
        )
    if name in _PAPER:
        hits, mrr = _PAPER[name]
        pictures = () if "image" in run.modalities else ("it also learns from pictures, which this run has not",)
        choice = "its epoch is chosen on the test links"
        found.append(Published(title="PMF paper, not iterative", hits_at_1=hits, mrr=mrr, differs=(*pictures, choice)))
    return found


def _differences(run: RunView) -> tuple[str, ...]:
    config = run.reader.config["config"]
    evaluation, train = config["evaluation"], config["train"]
    checks = {
        f"this run learns {' + '.join(run.modalities)}": run.modalities == _THREE,
        f"this run trains on {config['seed_ratio']:.0%} of the links, not 30 %": config["seed_ratio"] == 0.3,
        "this run ranks among open candidates": evaluation["scope"] == "closed",
        "it ranks by CSLS (k = 3) applied twice, this run otherwise": (
            evaluation["decode"] == "csls" and evaluation["csls_k"] == 3 and evaluation["csls_rounds"] == 2
        ),
        f"this run's stage 1 has {train['freeze_epochs']} epochs, not 50": train["freeze_epochs"] == 50,
    }
    return tuple(reason for reason, holds in checks.items() if not holds)
