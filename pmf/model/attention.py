"""Attention heads' weighted sums over neighbours without a copy of the width per edge, forward or backward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pmf.model.graph import Adjacency
from pmf.model.sampling import Block
from pmf.model.sparse import product, sampled_product

Edges = Adjacency | Block
"""Who looks at whom: all entities at all, or some of them at what was drawn."""


class _NeighbourSum(torch.autograd.Function):
    """All heads are one matrix of h · o rows, so that each direction writes its result once.

    Memory: (edges + entities × width) × heads.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, x: Tensor, graph: Edges) -> Tensor:
        sums = product(*_stacked(graph, len(weight)), values.flatten(), x).view(len(weight), len(graph), -1)
        ctx.save_for_backward(values, weight, x, sums)
        ctx.graph = graph
        out = sums[0] * weight[0]
        for head, factor in zip(sums[1:], weight[1:], strict=True):
            out.addcmul_(head, factor)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        values, weight, x, sums = ctx.saved_tensors
        graph: Edges = ctx.graph
        heads, o = len(weight), len(graph)
        grad_sums = (grad * weight[:, None]).flatten(0, 1)  # [h · o, d]
        grad_values = sampled_product(*_stacked(graph, heads), grad_sums, x).view_as(values)
        start, col, before = graph.transposed
        # [i, h · o]: an edge's heads stand side by side
        cols = (col[:, None] + o * torch.arange(heads, device=col.device)).flatten()
        back = product(heads * start, cols, values.T[before].flatten(), grad_sums)
        return grad_values, (grad * sums).sum(1), back, None


def _stacked(graph: Edges, heads: int) -> tuple[Tensor, Tensor]:
    """Row starts and columns of the matrix `[h · o, i]` that holds the edges once for each head."""
    edges = len(graph.col)
    begins = graph.row_start[:-1] + edges * torch.arange(heads, device=graph.col.device)[:, None]
    # filled where it lies: to copy a number to a GPU would be to wait for it
    start = torch.cat([begins.flatten(), begins.new_full((1,), heads * edges)])
    return start, graph.col.repeat(heads)


def neighbour_sum(values: Tensor, weight: Tensor, x: Tensor, graph: Edges) -> Tensor:
    """`out_i = Σ_h weight_h ∘ Σ_j values_hij · x_j` over the neighbours j of i.

    Args:
        values: `[h, e]`, one number an edge and head, in the graph's order.
        weight: `[h, d]`.
        x: `[i, d]`, the graph's inputs.
        graph: of o entities.

    Returns:
        `[o, d]`, differentiable in all but the graph.
    """
    result: Tensor = _NeighbourSum.apply(values, weight, x, graph)  # type: ignore[no-untyped-call]
    return result


def row_softmax(scores: Tensor, graph: Edges) -> Tensor:
    """Scores `[h, e]` turned into weights that sum to 1 over each entity's neighbours."""
    rows = graph.row.expand_as(scores)
    nothing = scores.new_zeros(len(scores), len(graph))
    peak = (nothing - torch.inf).scatter_reduce(1, rows, scores.detach(), "amax")
    weights = (scores - peak.gather(1, rows)).exp()
    total = nothing.scatter_add(1, rows, weights)
    return weights / total.gather(1, rows)
