"""One encoder per modality: entities in, `[n, d]` out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from pmf.config.model import ModelConfig
from pmf.features.feature_set import Feature
from pmf.model.attention import Edges, neighbour_sum, row_softmax
from pmf.model.graph import Adjacency
from pmf.model.sampling import neighbourhood, neighbourhoods
from pmf.model.sparse import Compressed, fixed_product

_BLOCK = 65_536
"""Entities whose layer is computed at a time where all are asked for and the graph is large."""


class DiagonalAttention(nn.Module):
    r"""One graph attention layer as in the published code: diagonal weights, negated exponent.

    .. math::
        h_i = \frac{1}{H} \sum_h w_h \circ \sum_{j \in N(i)} \alpha^h_{ij} x_j, \qquad
        \alpha^h_{ij} \propto \exp(-\mathrm{LeakyReLU}_{0.2}(a_h^\top [w_h \circ x_i \| w_h \circ x_j]))

    Args:
        width: d.
        heads: H, averaged.

    Shapes: `[i, d]` → `[o, d]`, the graph's inputs and the entities that look; the same n where all do.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(heads, width))
        self.attention = nn.Parameter(torch.empty(heads, 2, width))
        nn.init.xavier_uniform_(self.attention.view(heads, 2 * width, 1))

    def forward(self, x: Tensor, graph: Edges) -> Tensor:
        """One layer."""
        vectors = (self.weight[:, None] * self.attention).flatten(0, 1)  # [2h, d]
        looks = (x @ vectors.T).T.contiguous()  # [2h, i], all heads in one pass over x
        ours, theirs = looks.unflatten(0, (-1, 2)).unbind(1)  # [h, i] each
        scores = -functional.leaky_relu(ours[:, graph.looker] + theirs[:, graph.col], 0.2)  # [h, e]
        return neighbour_sum(row_softmax(scores, graph), self.weight / len(self.weight), x, graph)


class PyGAttention(nn.Module):
    """PyG's `GATConv` (arXiv 1710.10903) with averaged heads: the named alternative.

    Shapes: `[i, d]` → `[o, d]`. It copies the width per edge, so it needs far more memory.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        from torch_geometric.nn import GATConv  # seconds to import, for the few who choose it

        # the adjacency brings its self-loops along
        self.layer = GATConv(width, width, heads=heads, concat=False, add_self_loops=False)

    def forward(self, x: Tensor, graph: Edges) -> Tensor:
        """One layer."""
        edges = torch.stack([graph.col, graph.row])
        result: Tensor = self.layer(x if isinstance(graph, Adjacency) else (x, x[graph.own]), edges)
        return result


class _TableRows(torch.autograd.Function):
    """Some rows of a table, with a gradient of these rows alone: what it costs does not depend on the others."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.shape = table.shape
        return table[rows]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        # sorted and unique already, which `functional.embedding(sparse=True)` would sort and copy anew to find out
        return torch.sparse_coo_tensor(rows[None], grad, ctx.shape, is_coalesced=True, check_invariants=False), None


class StructureEncoder(nn.Module):
    """A learned table, then attention layers with ELU between them.

    Args:
        graph: adjacency over both graphs.
        config: width, layers, heads, kind of attention.
        fanout: of its edges an entity looks along so many at most, drawn by `seed`; the table's gradient is then a
            sparse tensor, and a step costs what its neighbourhood does. None = along all, and for all entities.
    """

    row_start: Tensor
    row: Tensor
    col: Tensor
    reverse: Tensor

    def __init__(self, graph: Adjacency, config: ModelConfig, fanout: int | None = None) -> None:
        super().__init__()
        for name in ("row_start", "row", "col", "reverse"):
            self.register_buffer(name, getattr(graph, name), persistent=False)
        n = len(graph)
        self.table = nn.Parameter(torch.randn(n, config.width) / math.sqrt(n))
        layer = DiagonalAttention if config.attention == "published" else PyGAttention
        self.layers = nn.ModuleList(layer(config.width, config.heads) for _ in range(config.layers))
        self.fanout = fanout
        self.seed = 0

    @property
    def graph(self) -> Adjacency:
        """Of all entities."""
        return Adjacency(self.row_start, self.row, self.col, self.reverse)

    def graphs(self, entities: Tensor) -> Sequence[Edges]:
        """What each layer computes for the entities `[o]`, sorted and unique: everything, or what is drawn for them."""
        if self.fanout is None:
            return [self.graph] * len(self.layers)
        return neighbourhoods(self.graph, entities, len(self.layers), self.fanout, self.seed)

    def forward(self, rows: Tensor) -> Tensor:
        """Embeddings `[r, d]` of the entities `rows` `[r]`, by all their neighbours or by drawn ones."""
        if self.fanout is None:
            return self._stack(self.table, self.graphs(rows))[rows]
        entities, place = rows.unique(return_inverse=True)
        blocks = neighbourhoods(self.graph, entities, len(self.layers), self.fanout, self.seed)
        x: Tensor = _TableRows.apply(self.table, blocks[0].nodes)  # type: ignore[no-untyped-call]
        return self._stack(x, blocks)[place]

    def _stack(self, x: Tensor, graphs: Sequence[Edges]) -> Tensor:
        for i, (layer, graph) in enumerate(zip(self.layers, graphs, strict=True)):
            x = layer(functional.elu(x) if i > 0 else x, graph)
        return x

    def everyone(self) -> Tensor:
        """Embeddings `[n, d]` of all entities by all their neighbours; to look at, not to learn from.

        With a fan-out it holds two tables at a time: each layer is computed for some entities after the others.
        """
        graph = self.graph
        entities = torch.arange(len(graph), device=graph.col.device)
        if self.fanout is None:
            return self._stack(self.table, self.graphs(entities))
        x = self.table.detach()
        for i, layer in enumerate(self.layers):
            out = torch.empty_like(x)
            for part in entities.split(_BLOCK):
                block = neighbourhood(graph, part)
                inputs = x[block.nodes]
                out[part] = layer(functional.elu(inputs) if i > 0 else inputs, block)
            x = out
        return x


class DenseEncoder(nn.Module):
    """A linear layer on dense inputs `[n, w]`, applied to the rows asked for."""

    inputs: Tensor

    def __init__(self, feature: Feature, width: int) -> None:
        super().__init__()
        assert not isinstance(feature.matrix, csr_array)
        self.register_buffer("inputs", torch.from_numpy(feature.matrix), persistent=False)
        self.linear = nn.Linear(feature.matrix.shape[1], width)

    def forward(self, rows: Tensor) -> Tensor:
        """Embeddings `[r, d]` of the entities `rows` `[r]`."""
        result: Tensor = self.linear(self.inputs[rows])
        return result


class SparseEncoder(nn.Module):
    """A linear layer on sparse inputs `[n, w]`: a weighted sum of the rows of its table; never densified.

    Attributes:
        whole: whether a training step computes all n and takes the batch's: more work, but of a size known beforehand,
            so that nobody waits for a GPU to tell it. None = on a GPU.
    """

    row_start: Tensor
    col: Tensor
    values: Tensor

    def __init__(self, feature: Feature, width: int) -> None:
        super().__init__()
        assert isinstance(feature.matrix, csr_array)
        matrix = feature.matrix
        self.register_buffer("row_start", torch.from_numpy(matrix.indptr).long(), persistent=False)
        self.register_buffer("col", torch.from_numpy(matrix.indices).long(), persistent=False)
        self.register_buffer("values", torch.from_numpy(matrix.data).float(), persistent=False)
        bound = 1 / math.sqrt(matrix.shape[1])  # nn.Linear's own start
        self.table = nn.Parameter(torch.empty(matrix.shape[1], width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(width).uniform_(-bound, bound))
        self.whole: bool | None = None

    def forward(self, rows: Tensor) -> Tensor:
        """Embeddings `[r, d]` of the entities `rows` `[r]`."""
        whole = rows.is_cuda if self.whole is None else self.whole
        if whole and torch.is_grad_enabled():
            return fixed_product(*self._matrices, self.table)[rows] + self.bias
        first, count = self.row_start[rows], self.row_start[rows + 1] - self.row_start[rows]
        ends = count.cumsum(0)
        offsets = ends - count  # [r] where each row's entries begin in the batch
        places = torch.arange(int(count.sum()), device=rows.device) + (first - offsets).repeat_interleave(count)
        summed = functional.embedding_bag(
            self.col[places], self.table, offsets, mode="sum", per_sample_weights=self.values[places]
        )
        return summed + self.bias

    @cached_property
    def _matrices(self) -> tuple[Compressed, Compressed]:
        """The inputs and their transpose, where they lie at the first call."""
        n, w = len(self.row_start) - 1, len(self.table)
        # their number is known: nobody waits for a GPU to add it up
        row = torch.arange(n, device=self.col.device).repeat_interleave(
            self.row_start.diff(), output_size=len(self.col)
        )
        order = self.col.argsort(stable=True)
        start = torch.searchsorted(self.col[order], torch.arange(w + 1, device=self.col.device))
        return (self.row_start, self.col, self.values), (start, row[order], self.values[order])


def feature_encoder(feature: Feature, width: int) -> nn.Module:
    """The linear encoder that fits a feature's storage."""
    return (SparseEncoder if isinstance(feature.matrix, csr_array) else DenseEncoder)(feature, width)
