"""The structure both graphs share: one symmetric adjacency in compressed rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch_geometric.utils import add_remaining_self_loops, coalesce, to_undirected

from pmf.data.graph_pair import GraphPair


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Symmetrised, self-looped, merged edges in CSR order.

    Args:
        row_start: int64 `[n + 1]`, where each entity's edges begin.
        row: int64 `[e]`, the entity that looks.
        col: int64 `[e]`, the neighbour it looks at.
        reverse: int64 `[e]`, the place of edge (j, i) for edge (i, j): transposing is one gather.
    """

    row_start: Tensor
    row: Tensor
    col: Tensor
    reverse: Tensor

    def __len__(self) -> int:
        return len(self.row_start) - 1

    @property
    def n_inputs(self) -> int:
        """Rows that a layer on it takes: as many as it gives."""
        return len(self)

    @property
    def looker(self) -> Tensor:
        """int64 `[e]`, the place among a layer's inputs of the entity that looks."""
        return self.row

    @property
    def transposed(self) -> tuple[Tensor, Tensor, Tensor]:
        """Row starts, columns and, for each edge, its place before: a symmetric graph has its own pattern."""
        return self.row_start, self.col, self.reverse

    @classmethod
    def from_edges(cls, edges: Tensor, n_entities: int) -> Adjacency:
        """Build from int64 `[2, t]` entity pairs in any order and direction."""
        index = to_undirected(edges, num_nodes=n_entities)
        index, _ = add_remaining_self_loops(index, num_nodes=n_entities)
        row, col = coalesce(index, num_nodes=n_entities)  # sorted by row, then column
        row_start = torch.zeros(n_entities + 1, dtype=torch.int64)
        row_start[1:] = torch.bincount(row, minlength=n_entities).cumsum(0)
        # sorted by (column, row), edge k is the reverse of the k-th edge in (row, column) order
        reverse = torch.argsort(col * n_entities + row)
        return cls(row_start, row, col, reverse)

    @classmethod
    def from_pair(cls, pair: GraphPair) -> Adjacency:
        """All relation triples of both graphs; relation labels are not kept."""
        ends = [graph.relation_triples[:, [0, 2]] + offset for graph, offset in pair.sides()]
        return cls.from_edges(torch.from_numpy(np.concatenate(ends).T.copy()), len(pair))
