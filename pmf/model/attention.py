"""Weighted sums over neighbours without a copy of the width per edge, forward or backward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pmf.model.graph import Adjacency
from pmf.model.sampling import Block
from pmf.model.sparse import csr, product

Edges = Adjacency | Block
"""Who looks at whom: all entities at all, or some of them at what was drawn."""


class _NeighbourSum(torch.autograd.Function):
    """Memory: edges + entities × width."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, x: Tensor, graph: Edges) -> Tensor:
        ctx.save_for_backward(values, x)
        ctx.graph = graph
        return product(csr(graph.row_start, graph.col, values, graph.n_inputs), x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        values, x = ctx.saved_tensors
        graph: Edges = ctx.graph
        grad = grad.contiguous()
        pattern = csr(graph.row_start, graph.col, torch.zeros_like(values), graph.n_inputs)
        grad_values = torch.sparse.sampled_addmm(pattern, grad, x.T, beta=0.0).values()
        start, col, before = graph.transposed
        return grad_values, product(csr(start, col, values[before], len(graph)), grad), None


def neighbour_sum(values: Tensor, x: Tensor, graph: Edges) -> Tensor:
    """`out_i = Σ_j values_ij · x_j` over the neighbours j of i.

    Args:
        values: `[e]`, one number an edge, in the graph's order.
        x: `[i, d]`, the graph's inputs.
        graph: of o entities.

    Returns:
        `[o, d]`, differentiable in `values` and `x`.
    """
    result: Tensor = _NeighbourSum.apply(values, x, graph)  # type: ignore[no-untyped-call]
    return result


def row_softmax(scores: Tensor, graph: Edges) -> Tensor:
    """Scores `[e]` turned into weights that sum to 1 over each entity's neighbours."""
    n = len(graph)
    peak = scores.new_full((n,), -torch.inf).scatter_reduce(0, graph.row, scores.detach(), "amax")
    weights = (scores - peak[graph.row]).exp()
    total = scores.new_zeros(n).index_add(0, graph.row, weights)
    return weights / total[graph.row]
