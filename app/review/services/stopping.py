"""When to stop: how many errors are left in the accepted pairs, and how many more verdicts until few enough are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.review.services.desk import fingerprint, key
from app.review.services.precision import Precision, first_is_right, precision
from app.review.services.queue import AUDIT, ranked
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from app.store.consensus import BULK, Outcome, consensus
from pmf.runs import layout

GOAL = 0.01  # share of wrong pairs that is good enough
LATEST, FEWEST = 100, 10  # verdicts that the pace is taken from


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is left to find.

    Args:
        audited: the estimate from the random audit, before anything was put right.
        corrected: first candidates that verdicts found to be wrong; they are no errors any more.
        pace: share of the latest verdicts, those of the audit left out, that found an error; NaN with fewer than
            `FEWEST`.
    """

    audited: Precision
    corrected: int
    pace: float

    @property
    def left(self) -> tuple[float, float, float]:
        """Errors among the accepted pairs: the estimate, and its 95 % interval; NaN and bounds without an audit."""
        share, population = self.audited.share, self.audited.population
        wrong = (1 - share.share, 1 - share.high, 1 - share.low)
        estimate, low, high = (max(0.0, population * part - self.corrected) for part in wrong)
        return (estimate if share.n else math.nan), low, high

    @property
    def needed(self) -> float:
        """Verdicts until at most `GOAL` of the pairs are wrong, at this pace; infinite where the pace finds none."""
        too_many = self.left[0] - GOAL * self.audited.population
        if too_many <= 0:
            return 0.0
        return too_many / self.pace if self.pace else math.inf


def outlook(store: ReviewStore, run: RunView, direction: str = layout.SOURCE_TO_TARGET) -> Outlook:
    """What is left to find in one direction of a run.

    The audit's order is random, so its share of errors is that of all; what the verdicts have found since is no longer
    wrong, whichever order of the queue brought it.

    Raises:
        RunFormatError: the run has no predictions yet.
    """
    current = [event for event in store.current(fingerprint(run)) if event.order != BULK]
    by_key = {key(run, query): query for query in ranked(run, direction).index.tolist()}
    outcomes = {name: outcome for name, outcome in consensus(current).items() if name in by_key}
    right = {name: first_is_right(o, str(run.uris[run.best[by_key[name]]])) for name, o in outcomes.items()}
    pace = _pace([(o, right[name]) for name, o in outcomes.items()])
    return Outlook(
        audited=precision(store, run, direction), corrected=sum(one is False for one in right.values()), pace=pace
    )


def _pace(decided: Sequence[tuple[Outcome, bool | None]]) -> float:
    ordered = sorted(
        ((o.events[-1].time, right) for o, right in decided if right is not None and o.events[-1].order != AUDIT),
        key=lambda one: one[0],
    )[-LATEST:]
    return sum(not right for _, right in ordered) / len(ordered) if len(ordered) >= FEWEST else math.nan


def in_words(outlook: Outlook) -> str:
    """When one may stop, in a sentence or two."""
    share, population = outlook.audited.share, outlook.audited.population
    if not share.n:
        return "How many errors are left is said once the random audit has begun: some of the cards belong to it."
    estimate, low, high = outlook.left
    words = (
        f"About {estimate:,.0f} errors are left in {population:,} accepted pairs "
        f"(95 %: {low:,.0f} to {high:,.0f}; {share.n:,} audited). "
    )
    goal = f"{GOAL:.0%} errors"
    if high <= GOAL * population:
        return words + f"You may stop: that is at most {goal}."
    if not outlook.needed:
        return words + f"That is at most {goal} by the estimate; more of the audit makes it surer."
    if math.isnan(outlook.pace):
        return words + f"After {FEWEST} verdicts outside the audit it is said how many more bring it to {goal}."
    if math.isinf(outlook.needed):
        return words + "The latest verdicts found no error: choose another order, or more of the audit."
    return words + f"At this pace about {math.ceil(outlook.needed):,} more verdicts until ≤ {goal}."
