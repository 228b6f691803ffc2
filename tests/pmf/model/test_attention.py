"""Sparse attention against the same thing with full matrices."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor
from torch.nn.functional import elu, leaky_relu

from pmf.config.model import ModelConfig
from pmf.model.attention import neighbour_sum, row_softmax
from pmf.model.encoders import DiagonalAttention, StructureEncoder
from pmf.model.graph import Adjacency

EDGES = torch.tensor([[0, 0, 1, 3, 3, 4, 0], [1, 2, 2, 4, 4, 4, 1]])
N = 6  # 5 stands alone


@pytest.fixture
def graph() -> Adjacency:
    return Adjacency.from_edges(EDGES, N)


def dense(graph: Adjacency, values: Tensor) -> Tensor:
    return torch.zeros(N, N, dtype=values.dtype).index_put((graph.row, graph.col), values)


def test_the_graph_is_symmetric_looped_and_merged(graph: Adjacency) -> None:
    matrix = dense(graph, torch.ones(len(graph.row)))
    expected = torch.eye(N)
    for a, b in EDGES.T.tolist():
        expected[a, b] = expected[b, a] = 1
    assert torch.equal(matrix, expected)
    assert torch.equal(graph.row[graph.reverse], graph.col)
    assert torch.equal(graph.col[graph.reverse], graph.row)
    assert len(graph) == N


@pytest.mark.parametrize("heads", [1, 3])
def test_neighbour_sum_equals_matrix_products(graph: Adjacency, heads: int) -> None:
    torch.manual_seed(0)
    values = torch.rand(heads, len(graph.row), requires_grad=True)
    weight = torch.randn(heads, 3, requires_grad=True)
    x = torch.randn(N, 3, requires_grad=True)
    factor = torch.randn(N, 3)
    plain = sum((dense(graph, v) @ x * w for v, w in zip(values, weight, strict=True)), start=torch.zeros(N, 3))
    torch.testing.assert_close(neighbour_sum(values, weight, x, graph), plain)
    expected = torch.autograd.grad((plain * factor).sum(), (values, weight, x))
    actual = torch.autograd.grad((neighbour_sum(values, weight, x, graph) * factor).sum(), (values, weight, x))
    torch.testing.assert_close(actual, expected)


def test_row_softmax_sums_to_one_and_survives_large_scores(graph: Adjacency) -> None:
    upwards = torch.linspace(-300, 300, len(graph.row))
    for weights in row_softmax(torch.stack([upwards, -upwards]), graph):
        torch.testing.assert_close(dense(graph, weights).sum(1), torch.ones(N))


def test_diagonal_attention_is_the_published_formula(graph: Adjacency) -> None:
    torch.manual_seed(1)
    layer = DiagonalAttention(4, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.rand(2, 4) + 0.5)
    x = torch.randn(N, 4)
    mask = dense(graph, torch.ones(len(graph.row)))
    heads = []
    for weight, vectors in zip(layer.weight, layer.attention, strict=True):
        h = x * weight
        pairs = torch.cat([h[:, None].expand(N, N, 4), h[None].expand(N, N, 4)], dim=-1)  # [i, j, 2d]
        e = torch.exp(-leaky_relu(pairs @ vectors.flatten(), 0.2)) * mask
        heads.append(e / e.sum(1, keepdim=True) @ h)
    torch.testing.assert_close(layer(x, graph), torch.stack(heads).mean(0))


@pytest.mark.parametrize("attention", ["published", "gatconv"])
def test_structure_encoder_stacks_layers_with_elu(graph: Adjacency, attention: Literal["published", "gatconv"]) -> None:
    torch.manual_seed(2)
    encoder = StructureEncoder(graph, ModelConfig(width=4, attention=attention))
    first, second = encoder.layers
    rows = torch.tensor([4, 0])
    expected = second(elu(first(encoder.table, graph)), graph)[rows]
    torch.testing.assert_close(encoder(rows), expected)
    encoder(rows).sum().backward()
    assert encoder.table.grad is not None
    assert bool(encoder.table.grad[[0, 3, 4]].any())
    assert not encoder.table.grad[5].any()  # nobody looks at the one who stands alone
