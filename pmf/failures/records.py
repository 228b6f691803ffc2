"""The parts of a run's health."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two modalities agree on the test queries that have both on both sides.

    Args:
        modality: the one.
        other: the other.
        queries: how many.
        correlation: of the ranks they give the truth (Spearman), in [-1, 1]; NaN where one gives all the same.
        both: share of the queries for which both rank the truth first.
        one: share for which one of them does.
    """

    modality: str
    other: str
    queries: int
    correlation: float
    both: float
    one: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hubness:
    """How unevenly candidates are near to queries of one direction.

    Args:
        direction: of the queries.
        skewness: of the k-occurrence of the candidates, k = 10; 0 is even.
        never: share of the candidates that are predicted for no query at all, in [0, 1].
        hubs: share of them that are hubs.
        most: how many queries have the most popular one among their ten best.
    """

    direction: str
    skewness: float
    never: float
    hubs: float
    most: int
