"""What a run is worth, in one sentence that a stranger understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.shared.services import headline
from app.shared.services.run_view import RunView
from pmf.audit.chance import chance_in_words, is_at_chance
from pmf.runs import layout
from pmf.statistics import proportion

FAR = 0.1
"""A difference of Hits@1 from which on the sentence says "far"."""
MOST = 0.5
"""A share of a modality's features from which on freezing is said to have removed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run did.

    Args:
        kind: "good", "level" (as good as its best modality alone, or not finished), "bad" (worse than that), "none"
            (not evaluated).
        sentence: for a reader, without markup.
        see: the page that says more, "" for none.
    """

    kind: Literal["good", "level", "bad", "none"]
    sentence: str
    see: Literal["", "failures"] = ""


NOT_MEASURED = (
    "Not measured: no links were left to test on. The alignment is there all the same: look at it on Matches, confirm "
    "it on Review, or write it with pmf match."
)


def verdict(run: RunView) -> Verdict:
    """The verdict on a run as it stands, from source → target."""
    figures = headline.headline(run)
    if figures and figures.final and not figures.metrics:
        return Verdict(kind="none", sentence=NOT_MEASURED)
    if figures is None or (fused := figures.metrics.get(layout.SOURCE_TO_TARGET, {}).get("hits@1")) is None:
        return Verdict(kind="none", sentence="No evaluation yet: figures appear after the first one.")
    if not figures.final:
        return Verdict(kind="level", sentence=f"So far, {_right(fused)}. Training has not finished.")
    results = run.reader.results()
    if results and is_at_chance(results):
        return Verdict(kind="bad", sentence=chance_in_words(results, run.reader.facts.account), see="failures")
    alone = headline.alone(run)
    alone = alone[(alone["direction"] == layout.SOURCE_TO_TARGET) & (alone["name"] != "fused")]
    if len(alone) < 2:
        return Verdict(kind="good", sentence=f"This run {_right(fused)}.")
    best = alone.loc[alone["hits"].idxmax()]
    best_alone = f"{best['name']} alone ({best['hits']:.1%})"
    chance = proportion(round(fused * (n := _queries(run))), n)
    if best["hits"] > max(fused, chance.high):
        far = "far " if best["hits"] - fused >= FAR else ""
        sentence = f"All modalities together ({fused:.1%}) are {far}below {best_alone}{_removed(run)}."
        return Verdict(kind="bad", sentence=sentence, see="failures")
    if best["hits"] >= chance.low:
        sentence = f"This run {_right(fused)}; the difference to {best_alone} may be chance."
        return Verdict(kind="level", sentence=sentence, see="failures")
    return Verdict(kind="good", sentence=f"This run {_right(fused)}; more than {best_alone}.")


def _right(hits: float) -> str:
    return f"puts the right counterpart first for {hits:.1%} of the entities it was tested on"


def _queries(run: RunView) -> int:
    return int((run.reader.links["split"] == "test").sum())


def _removed(run: RunView) -> str:
    """What freezing took away, as the second half of a sentence; "" where it left most of everything."""
    shares = headline.coverage(run).groupby("modality", sort=False)[["in use", "frozen"]].mean()
    frozen = shares["frozen"] / (shares["frozen"] + shares["in use"])
    gone = [f"{share:.0%} of {modality}" for modality, share in frozen.items() if share >= MOST]
    return f": freezing removed {' and '.join(filter(None, (', '.join(gone[:-1]), *gone[-1:])))}" if gone else ""
