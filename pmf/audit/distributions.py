"""Who has what, and how much of it: coverage, degrees and attributes, linked and unlinked entities apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pmf.arrays import Flags
from pmf.audit.findings import SideName
from pmf.audit.side import Side

Group = Literal["all", "linked", "unlinked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many entities of a group have a modality.

    Args:
        modality: a key of `Side.present`.
        side: the graph.
        group: which of its entities.
        entities: how many there are in the group.
        count: how many of them have it.
    """

    modality: str
    side: SideName
    group: Group
    entities: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How a count is spread over the entities of a group.

    Args:
        what: "degree" or "attributes" (attribute triples of an entity).
        side: the graph.
        group: which of its entities.
        mean: of the counts.
        quantiles: of the counts, at 0, 25, 50, 75, 95 and 100 %.
        edges: lowest count of each bin: 0, 1, 2, 3, 5, 9, 17, …, each bin twice as wide as the one before.
        entities: how many entities lie in each bin.
    """

    what: str
    side: SideName
    group: Group
    mean: float
    quantiles: tuple[float, ...]
    edges: tuple[int, ...]
    entities: tuple[int, ...]


QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


def coverage(side: Side) -> Iterator[Coverage]:
    """Every modality in every group that is not empty."""
    for modality, present in side.present.items():
        for group, members in _groups(side):
            yield Coverage(
                modality=modality,
                side=side.name,
                group=group,
                entities=int(members.sum()),
                count=int(np.count_nonzero(present & members)),
            )


def distributions(side: Side) -> Iterator[Distribution]:
    """Degrees and attributes in every group that is not empty."""
    attributes = np.bincount(side.graph.attribute_triples[:, 0], minlength=len(side))
    for what, counts in (("degree", side.degree), ("attributes", attributes)):
        edges = _edges(int(counts.max()))
        for group, members in _groups(side):
            bins = np.searchsorted(edges, counts[members], side="right") - 1
            yield Distribution(
                what=what,
                side=side.name,
                group=group,
                mean=float(counts[members].mean()),
                quantiles=tuple(np.quantile(counts[members], QUANTILES).tolist()),
                edges=tuple(edges.tolist()),
                entities=tuple(np.bincount(bins, minlength=len(edges)).tolist()),
            )


def _groups(side: Side) -> Iterator[tuple[Group, Flags]]:
    groups: tuple[tuple[Group, Flags], ...] = (
        ("all", np.ones(len(side), np.bool_)),
        ("linked", side.linked),
        ("unlinked", ~side.linked),
    )
    return (item for item in groups if item[1].any())


def _edges(largest: int) -> npt.NDArray[np.int64]:
    doublings = 2 ** np.arange(int(largest).bit_length(), dtype=np.int64) + 1
    return np.array([0, 1, *doublings[doublings <= max(largest, 1)]], dtype=np.int64)
