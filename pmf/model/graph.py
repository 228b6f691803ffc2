"""The structure both graphs share: one symmetric adjacency in compressed rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array, eye_array
from torch import Tensor

from pmf.data.graph_pair import GraphPair
from pmf.model.relation_edges import RelationEdges


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Symmetrised, self-looped, merged edges in CSR order.

    Args:
        row_start: int64 `[n + 1]`, where each entity's edges begin.
        row: int64 `[e]`, the entity that looks.
        col: int64 `[e]`, the neighbour it looks at.
        reverse: int64 `[e]`, the place of edge (j, i) for edge (i, j): transposing is one gather.
        relations: the same edges with their relations; None where only their ends are known.
    """

    row_start: Tensor
    row: Tensor
    col: Tensor
    reverse: Tensor
    relations: RelationEdges | None = None

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
    def from_edges(cls, edges: Tensor, n_entities: int, relations: RelationEdges | None = None) -> Adjacency:
        """Build from int64 `[2, t]` entity pairs in any order and direction."""
        n, (row, col) = n_entities, edges.numpy()
        one_way = coo_array((np.ones(len(row), np.bool_), (row, col)), shape=(n, n)).tocsr()
        merged = csr_array(one_way + one_way.T + eye_array(n, dtype=np.bool_))
        merged.sort_indices()
        places = csr_array((np.arange(merged.nnz), merged.indices, merged.indptr), shape=(n, n))
        return cls(
            row_start=torch.from_numpy(merged.indptr.astype(np.int64)),
            row=torch.from_numpy(np.repeat(np.arange(n), np.diff(merged.indptr))),
            col=torch.from_numpy(merged.indices.astype(np.int64)),
            reverse=torch.from_numpy(places.T.tocsr().data),  # where each edge's reverse stands
            relations=relations,
        )

    @classmethod
    def from_pair(cls, pair: GraphPair) -> Adjacency:
        """All relation triples of both graphs."""
        relations = RelationEdges.from_pair(pair)
        ends = torch.from_numpy(np.stack([relations.row, relations.col]))
        return cls.from_edges(ends, len(pair), relations)
