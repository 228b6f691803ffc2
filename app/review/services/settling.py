"""Verdicts that contradict each other across pairs: two counterparts for one entity, one and none, yes and no."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import Key, Outcome, consensus, opposite

ORDER = "settle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """An entity and its claimants, of which one at most can be its counterpart.

    Args:
        claimed: entity id.
        claimants: entity ids of the other graph, one or more.
        words: what is contradictory.
        verdicts: those on any of them, oldest first.
    """

    claimed: int
    claimants: tuple[int, ...]
    words: str
    verdicts: tuple[Event, ...]


def contradictions(store: ReviewStore, run: RunView) -> list[Contradiction]:
    """Every contradiction between the outcomes of two queries; those within one query are conflicts, not these."""
    id_of = ids(run)
    outcomes = {name: outcome for name, outcome in consensus(store.current(fingerprint(run))).items() if name in id_of}
    partners, rejected = _pairs(outcomes)
    words_of: dict[tuple[Key, ...], str] = {}
    for name, others in partners.items():
        claimants = tuple(sorted(others))
        outcome = outcomes.get(name)
        if len(claimants) > 1:
            words_of[name, *claimants] = "has more than one counterpart"
        elif outcome is not None and outcome.verdict == "none":
            words_of[name, *claimants] = "has a counterpart, and has none"
        elif name[0] == "target" and (claimants[0], name) in rejected:
            words_of[name, *claimants] = "is confirmed from one side and rejected from the other"
    return [
        Contradiction(
            claimed=id_of[names[0]],
            claimants=tuple(id_of[name] for name in names[1:]),
            words=words,
            verdicts=tuple(event for name in names if name in outcomes for event in outcomes[name].events),
        )
        for names, words in words_of.items()
        if all(name in id_of for name in names)
    ]


def _pairs(outcomes: Mapping[Key, Outcome]) -> tuple[dict[Key, set[Key]], set[tuple[Key, Key]]]:
    """Confirmed counterparts by entity, seen from both sides; and rejected pairs (source, target)."""
    partners: dict[Key, set[Key]] = defaultdict(set)
    rejected: set[tuple[Key, Key]] = set()
    for (side, query), outcome in outcomes.items():
        if outcome.verdict == "match":
            other = (opposite(side), outcome.other)
            partners[side, query].add(other)
            partners[other].add((side, query))
        for uri in outcome.rejected:
            ends = ((side, query), (opposite(side), uri))
            rejected.add(ends if side == "source" else ends[::-1])
    return partners, rejected
