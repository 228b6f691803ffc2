"""Neighbours that speak for a pair: those of either entity that are matched with each other already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.shared.services.dataset import Dataset, Neighbour
from app.shared.services.run_view import RunView

SEED, CONFIRMED, PREDICTED = "seed link", "confirmed", "predicted"
_SUREST = (SEED, CONFIRMED, PREDICTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedPair:
    """A neighbour of the source entity whose counterpart is a neighbour of the target entity.

    Args:
        source: entity id of the one.
        target: entity id of the other.
        source_relations: how it is related to the source entity, "→ capital" where that is the head.
        target_relations: the same for the target entity.
        known: "seed link", "confirmed" (by a verdict) or "predicted".
    """

    source: int
    target: int
    source_relations: tuple[str, ...]
    target_relations: tuple[str, ...]
    known: str


def linked_neighbours(
    run: RunView, data: Dataset, source: int, target: int, accepted: Mapping[int, int] | None = None
) -> list[LinkedPair]:
    """The neighbours on which the two graphs agree, the surest first.

    No validation or test link is looked at, so that nothing here gives the truth away.

    Args:
        run: the run under review.
        data: its data set.
        source: a source entity.
        target: a target entity.
        accepted: entity → counterpart confirmed by verdicts, see `consensus.accepted`.
    """
    beside = _relations(data.neighbours(target), target)
    pairs = []
    for neighbour, relations in _relations(data.neighbours(source), source).items():
        counterpart, how = _counterpart(run, neighbour, accepted or {})
        if counterpart in beside:
            pairs.append(
                LinkedPair(
                    source=neighbour,
                    target=counterpart,
                    source_relations=relations,
                    target_relations=beside[counterpart],
                    known=how,
                )
            )
    return sorted(pairs, key=lambda pair: _SUREST.index(pair.known))


def _relations(neighbours: list[Neighbour], entity: int) -> dict[int, tuple[str, ...]]:
    """Neighbour → its relations to the entity, each once; the entity itself left out."""
    by_neighbour: dict[int, dict[str, None]] = {}
    for n in neighbours:
        if n.entity != entity:
            by_neighbour.setdefault(n.entity, {})[f"{'→' if n.forward else '←'} {n.relation}"] = None
    return {neighbour: tuple(relations) for neighbour, relations in by_neighbour.items()}


def _counterpart(run: RunView, entity: int, accepted: Mapping[int, int]) -> tuple[int, str]:
    if run.split[entity] == "seed":
        return int(run.partner[entity]), SEED
    if entity in accepted:
        return accepted[entity], CONFIRMED
    return int(run.best[entity]), PREDICTED
