"""How often a run's first candidate is right, estimated from the random audit without bias."""

from __future__ import annotations

from dataclasses import dataclass

from app.review.services.desk import fingerprint, key
from app.review.services.queue import audit_order
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from app.store.consensus import BULK, Outcome, consensus
from pmf.runs import layout
from pmf.statistics import Proportion, proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Share of queries whose first candidate is right.

    Args:
        share: among the audited queries that were decided.
        unclear: audited queries that were not: unsure, flagged, in conflict, or judged by another candidate. All of
            them being right or wrong bounds what they could change.
        population: ranked queries of the direction, of which the audit is a sample.
    """

    share: Proportion
    unclear: int
    population: int


def precision(store: ReviewStore, run: RunView, direction: str = layout.SOURCE_TO_TARGET) -> Precision:
    """The precision of a run's first candidates in one direction.

    The sample is the beginning of the audit's random order, as far as every query in it has a verdict, whatever
    order of the queue brought that: to count only cards that the audit itself brought would leave out queries
    judged before, and those were not chosen at random. What was judged in bulk was not looked at, so it does not count.

    Raises:
        RunFormatError: the run has no predictions yet.
    """
    outcomes = consensus(event for event in store.current(fingerprint(run)) if event.order != BULK)
    order = audit_order(run, direction)
    right, unclear, decided = 0, 0, 0
    for query in order.tolist():
        outcome = outcomes.get(key(run, query))
        if outcome is None:
            break
        verdict = first_is_right(outcome, str(run.uris[run.best[query]]))
        unclear += verdict is None
        decided += verdict is not None
        right += verdict is True
    return Precision(share=proportion(right, decided), unclear=unclear, population=len(order))


def first_is_right(outcome: Outcome, best: str) -> bool | None:
    """Whether an outcome says that the first candidate, of uri `best`, is the counterpart; None where it does not."""
    if outcome.verdict == "match":
        return outcome.other == best
    if outcome.verdict == "none" or best in outcome.rejected:
        return False
    return None
