"""One graph as the checks see it: who is linked, and who has what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmf.audit.findings import SideName
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, degrees

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a pair, `n` entities.

    Args:
        name: "source" or "target".
        graph: its graph.
        offset: from its rows to ids of the pair.
        linked: bool `[n]`, whether an entity has a counterpart.
        degree: int64 `[n]`, relation triples, self-loops not counted.
        present: bool `[n]` for each of structure, attribute, image, name and type: whether an entity has it.
    """

    name: SideName
    graph: KnowledgeGraph
    offset: int
    linked: Flags
    degree: npt.NDArray[np.int64]
    present: dict[str, Flags]

    def __len__(self) -> int:
        return len(self.graph)

    def ids(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Ids of the pair."""
        return rows + self.offset


def sides_of(pair: GraphPair) -> tuple[Side, Side]:
    """Source and target."""
    linked_sources, linked_targets = np.unique(pair.links[:, 0]), np.unique(pair.links[:, 1]) - pair.n_source
    return _side("source", pair.source, 0, linked_sources), _side("target", pair.target, pair.n_source, linked_targets)


def _side(name: SideName, graph: KnowledgeGraph, offset: int, linked: npt.NDArray[np.int64]) -> Side:
    n, degree = len(graph), degrees(graph)
    return Side(
        name=name,
        graph=graph,
        offset=offset,
        linked=_flags(linked, n),
        degree=degree,
        present={
            "structure": degree > 0,
            "attribute": _flags(graph.attribute_triples[:, 0], n),
            "image": _flags(graph.images.keys() | graph.image_features.keys(), n),
            "name": _flags(graph.names, n),
            "type": _flags(graph.types, n),
        },
    )


def _flags(rows: Iterable[int], n: int) -> Flags:
    flags = np.zeros(n, np.bool_)
    flags[np.fromiter(rows, np.int64)] = True
    return flags
