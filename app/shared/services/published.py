"""Published figures beside our own, and why each is comparable or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.shared.services.run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A figure from elsewhere, source → target, closed candidates; `differs` is empty where it is comparable."""

    title: str
    hits_at_1: float
    mrr: float
    differs: tuple[str, ...]


_THREE = ("structure", "relation", "attribute")
_METHODS = ("PMF paper, not iterative", "PMF paper, iterative", "UMAEA", "MEAformer", "MCLEA", "EVA")
_PAPER: dict[str, tuple[tuple[float, float], ...]] = {  # Hits@1 and MRR of each method, all as the PMF paper has them
    "DBP15K zh_en": ((0.835, 0.884), (0.867, 0.908), (0.800, 0.860), (0.771, 0.835), (0.726, 0.796), (0.683, 0.762)),
    "DBP15K ja_en": ((0.835, 0.885), (0.866, 0.909), (0.801, 0.862), (0.764, 0.834), (0.719, 0.789), (0.669, 0.752)),
    "DBP15K fr_en": ((0.850, 0.898), (0.879, 0.921), (0.818, 0.877), (0.772, 0.841), (0.719, 0.792), (0.686, 0.771)),
    "FB15K-DB15K": ((0.539, 0.620), (0.624, 0.702), (0.454, 0.552), (0.418, 0.519), (0.295, 0.393), (0.199, 0.283)),
    "FB15K-YAGO15K": ((0.459, 0.539), (0.543, 0.620), (0.355, 0.451), (0.327, 0.418), (0.254, 0.332), (0.153, 0.224)),
}


def published(run: RunView) -> list[Published]:
    """Every figure of this method that we know of for the run's data set; empty where it is no public benchmark."""
    if run.reader.facts.adopted or run.reader.facts.updated:  # of another method, or on new entities alone
        return []
    settings = run.reader.facts.settings
    iterative = settings["train.iterative_epochs"] > 0
    others = {*_METHODS} - {_METHODS[1] if iterative else _METHODS[0]}
    figures = all_published(run.reader.facts.data_name, settings)
    return [figure for figure in figures if figure.title not in others]


def all_published(name: str, settings: Mapping[str, Any]) -> list[Published]:
    """Every figure of any method that we know of for a data set.

    Args:
        name: of the data set.
        settings: of the run that they are to stand beside, as `section.name`.
    """
    figures = []
    if name == "DBP15K zh_en":
        figures.append(
            Published(
                title="Published code, 50 stage-1 epochs, structure + relation + attribute",
                hits_at_1=0.742,
                mrr=0.815,
                differs=_differences(settings),
            )
        )
    for method, (hits, mrr) in zip(_METHODS, _PAPER.get(name, ()), strict=False):
        figures.append(Published(title=method, hits_at_1=hits, mrr=mrr, differs=_of_paper(name, method, settings)))
    return figures


def _differences(settings: Mapping[str, Any]) -> tuple[str, ...]:
    modalities, share, epochs = tuple(settings["modalities"]), settings["seed_ratio"], settings["train.freeze_epochs"]
    csls = tuple(settings[f"evaluation.{name}"] for name in ("decode", "csls_k", "csls_rounds"))
    checks = {
        f"this run learns {' + '.join(modalities)}": modalities == _THREE,
        f"this run trains on {share:.0%} of the links, not 30 %": share == 0.3,
        "this run ranks among open candidates": settings["evaluation.scope"] == "closed",
        "it ranks by CSLS (k = 3) applied twice, this run otherwise": csls == ("csls", 3, 2),
        f"this run's stage 1 has {epochs} epochs, not 50": epochs == 50,
    }
    return tuple(reason for reason, holds in checks.items() if not holds)


def _of_paper(name: str, method: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    modalities, share = tuple(settings["modalities"]), settings["seed_ratio"]
    expected = 0.3 if name.startswith("DBP15K") else 0.2
    surface = [m for m in modalities if m in ("name", "char")]
    iterative = settings["train.iterative_epochs"] > 0
    checks = {
        "it also learns from pictures, which this run has not": "image" in modalities,
        f"this run also learns from {' and '.join(surface)}": not surface,
        f"this run trains on {share:.0%} of the links, not {expected:.0%}": share == expected,
        "this run ranks among open candidates": settings["evaluation.scope"] == "closed",
        "its epoch is chosen on the test links": settings["train.selection"] == "test",
        "this run is trained iteratively": not iterative or method == _METHODS[1],
        "it is trained iteratively, this run is not": iterative or method != _METHODS[1],
    }
    return tuple(reason for reason, holds in checks.items() if not holds)
