"""One graph as the checks see it: who is linked, and who has what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmf.arrays import Flags
from pmf.audit.findings import SideName
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, degrees
from pmf.modalities import MODALITIES
from pmf.modalities.modality import flags


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a pair, `n` entities.

    Args:
        name: "source" or "target".
        graph: its graph.
        offset: from its rows to ids of the pair.
        linked: bool `[n]`, whether an entity has a counterpart.
        degree: int64 `[n]`, relation triples, self-loops not counted.
        present: bool `[n]` for each modality that the data shows, and for "type": whether an entity has it.
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


def having(what: str) -> str:
    """What an entity has of a key of `Side.present`, in words: "a picture"."""
    return MODALITIES[what].having if what in MODALITIES else f"a {what}"


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
        linked=flags(linked, n),
        degree=degree,
        present={
            **{m.name: (m.usable or m.present)(graph) for m in MODALITIES.values() if m.present and m.audited},
            "type": flags([*graph.types], n),
        },
    )
