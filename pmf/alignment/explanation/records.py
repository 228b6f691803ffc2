"""What a run says about one pair, as plain frozen records: `dataclasses.asdict` makes them JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmf.alignment.explanation.values import ValuePair


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """An entity: its number in the run's arrays, its URI and its label."""

    id: int
    uri: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What freezing has decided on one feature.

    Args:
        state: "missing" from the start, "frozen" as irrelevant, or "active".
        epoch: when it froze, or was last scored if it is active; None where it never was.
        relevance: α in that epoch, in [0, 1].
        threshold: δ of its modality in that epoch.
    """

    state: Literal["active", "frozen", "missing"]
    epoch: int | None = None
    relevance: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One modality in a pair.

    Args:
        modality: its name.
        share: its part of the fused similarity.
        cosine: of the two embeddings, frozen or not.
        source: the source entity's feature.
        target: the target entity's feature.
    """

    modality: str
    share: float
    cosine: float
    source: Feature
    target: Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """1-based realistic ranks by one score; `truth` is None where it is unknown."""

    candidate: float
    truth: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """One entity of the pair as the query, the other as a candidate among others.

    Args:
        query: entity id.
        candidate: entity id.
        truth: linked counterpart of the query, of several the best ranked; None where unknown.
        candidates: how many there are.
        outside: candidate or truth, where it is not among the candidates and is ranked as if it were.
        fused: by the fused similarity.
        alone: by modality: by its cosine alone, frozen or not.
        without: by modality: by the fused similarity less its share.
        thawed: by modality with a frozen feature at the query, the candidate or the truth: by the fused
            similarity as it would be had the modality frozen nothing, here or at any other candidate. Each
            of its frozen features gets the mean weight of its active ones; all other weights stay.
    """

    query: int
    candidate: int
    truth: int | None
    candidates: int
    outside: tuple[int, ...]
    fused: Ranks
    alone: dict[str, Ranks]
    without: dict[str, Ranks]
    thawed: dict[str, Ranks]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourPair:
    """Two neighbours matched with each other by a "seed link", a "mutual prediction" or a "prediction"."""

    source: Entity
    target: Entity
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything a run says about one pair.

    Args:
        run: its id.
        scope: of the candidates, "closed" or "open".
        decode: what ranks are by: always "similarity", plain and fused, without CSLS.
        source: the source entity.
        target: the target entity.
        similarity: fused.
        evidence: per modality; the shares sum to `similarity`.
        source_to_target: the source entity as the query.
        target_to_source: the target entity as the query.
        values: values of the two that are like each other, key by key; None where the graphs were not at hand.
        neighbours: pairs of neighbours that are matched already; None where the graphs were not at hand.
    """

    run: str
    scope: str
    decode: str
    source: Entity
    target: Entity
    similarity: float
    evidence: tuple[Evidence, ...]
    source_to_target: Direction
    target_to_source: Direction
    neighbours: tuple[NeighbourPair, ...] | None
    values: tuple[ValuePair, ...] | None = None
