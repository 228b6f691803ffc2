"""Drawn neighbourhoods: all of them give the whole graph's result; fewer invent no edge and cost no more on more."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from pmf.config.model import ModelConfig
from pmf.config.training import TrainConfig
from pmf.model import encoders, sampling
from pmf.model.encoders import StructureEncoder
from pmf.model.graph import Adjacency
from pmf.model.sampling import Block, fanout_of, neighbourhood, neighbourhoods

N = 300
HUB = 7


@pytest.fixture
def graph() -> Adjacency:
    """Skewed: everybody knows the hub, 299 knows nobody."""
    generator = torch.Generator().manual_seed(0)
    edges = torch.randint(N - 1, (2, 900), generator=generator)
    hub = torch.stack([torch.arange(N - 1), torch.full((N - 1,), HUB)])
    return Adjacency.from_edges(torch.cat([edges, hub], dim=1), N)


def encoder_of(graph: Adjacency, fanout: int | None, attention: Literal["published", "gatconv"]) -> StructureEncoder:
    torch.manual_seed(3)
    encoder = StructureEncoder(graph, ModelConfig(width=6, attention=attention), fanout)
    with torch.no_grad():
        for weights in encoder.parameters():
            weights += torch.randn(weights.shape) / 4
    return encoder


ROWS = torch.tensor([12, 299, 4, 12, HUB, 250])  # one of them twice, one alone, and the hub


@pytest.mark.parametrize("attention", ["published", "gatconv"])
def test_a_fanout_above_every_degree_is_the_whole_graph(
    graph: Adjacency, attention: Literal["published", "gatconv"]
) -> None:
    whole, drawn = (encoder_of(graph, fanout, attention) for fanout in (None, N))
    factor = torch.randn(len(ROWS), 6)
    for encoder in (whole, drawn):
        ((encoder(ROWS) * factor).sum() + (encoder(ROWS[:2]) ** 3).sum()).backward()
    torch.testing.assert_close(drawn(ROWS), whole(ROWS), rtol=1e-5, atol=1e-6)
    assert drawn.table.grad is not None
    assert drawn.table.grad.is_sparse
    for (name, ours), theirs in zip(drawn.named_parameters(), whole.parameters(), strict=True):
        assert theirs.grad is not None
        torch.testing.assert_close(ours.grad.to_dense(), theirs.grad, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize("attention", ["published", "gatconv"])
def test_all_entities_are_computed_by_all_their_neighbours(
    graph: Adjacency, attention: Literal["published", "gatconv"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "_BLOCK", 64)
    whole, drawn = (encoder_of(graph, fanout, attention) for fanout in (None, 2))
    with torch.no_grad():
        torch.testing.assert_close(drawn.everyone(), whole.everyone(), rtol=1e-5, atol=1e-6)
        assert torch.equal(whole.everyone(), whole(torch.arange(N)))
        assert not torch.allclose(drawn(ROWS), whole(ROWS), atol=1e-3)


def ends(block: Block) -> Tensor:
    """Edges as entities, [2, e]."""
    return block.nodes[torch.stack([block.looker, block.col])]


def test_no_edge_is_invented_or_drawn_twice_and_the_fanout_is_kept(graph: Adjacency) -> None:
    entities = torch.arange(0, N, 3)
    blocks = neighbourhoods(graph, entities, 2, 5, seed=1)
    degree = graph.row_start.diff()
    known = set(zip(graph.row.tolist(), graph.col.tolist(), strict=True))
    assert torch.equal(blocks[1].nodes[blocks[1].own], entities)
    assert torch.equal(blocks[0].nodes[blocks[0].own], blocks[1].nodes)
    for block in blocks:
        edges = list(zip(*ends(block).tolist(), strict=True))
        assert len(set(edges)) == len(edges)
        assert set(edges) <= known
        assert torch.equal(block.row_start.diff(), degree[block.nodes[block.own]].clamp(max=5))
        assert torch.equal(block.row, torch.arange(len(block)).repeat_interleave(block.row_start.diff()))
        # nobody is there who neither looks nor is looked at
        assert torch.equal(torch.cat([block.own, block.col]).unique(), torch.arange(block.n_inputs))


def test_the_transposed_pattern_has_the_same_edges(graph: Adjacency) -> None:
    block = neighbourhood(graph, torch.tensor([3, HUB, 200]), 4)
    values = torch.rand(len(block.col))
    start, col, before = block.transposed
    plain = torch.zeros(len(block), block.n_inputs).index_put((block.row, block.col), values)
    turned = torch.sparse_csr_tensor(start, col, values[before], plain.T.shape, check_invariants=True)
    assert torch.equal(turned.to_dense(), plain.T)


def test_every_neighbour_is_drawn_as_often_as_any_other(graph: Adjacency) -> None:
    """2,000 draws of 4 of the hub's 299 edges: each is drawn 27 times on average, with a deviation of 5."""
    counts = torch.zeros(N)
    for seed in range(2000):
        counts[ends(neighbourhood(graph, torch.tensor([HUB]), 4, seed))[1]] += 1
    assert counts[N - 1] == 0
    assert counts.sum() == 8000
    drawn = counts[: N - 1]
    assert 0.75 < drawn.var() / drawn.mean() < 1.25  # 1 of a fair draw, give or take 0.08


def test_a_draw_depends_on_seed_and_entity_alone(graph: Adjacency) -> None:
    def drawn(entities: list[int], seed: int) -> list[int]:
        looking, seen = ends(neighbourhood(graph, torch.tensor(entities), 4, seed))
        return seen[looking == HUB].tolist()

    assert drawn([HUB], 5) == drawn([3, HUB, 90], 5)
    assert drawn([HUB], 5) != drawn([HUB], 6)


def test_what_a_step_touches_does_not_grow_with_the_graph() -> None:
    """Rows of the table in the gradient, and of all entities in the full-batch one."""
    touched = []
    for n in (2_000, 20_000):
        generator = torch.Generator().manual_seed(0)
        graph = Adjacency.from_edges(torch.randint(n, (2, 6 * n), generator=generator), n)
        encoder = StructureEncoder(graph, ModelConfig(width=2), fanout=3)
        encoder(torch.arange(20)).sum().backward()
        assert encoder.table.grad is not None
        touched.append(encoder.table.grad._nnz())
    assert max(touched) <= 20 * (1 + 3) ** 2
    assert touched[1] < 1.1 * touched[0]


def test_large_graphs_are_drawn_and_small_ones_are_not(graph: Adjacency, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(graph) + len(graph.col)
    assert fanout_of(TrainConfig(), graph) is None
    assert fanout_of(TrainConfig(sampling="always", fanout=3), graph) == 3
    monkeypatch.setattr(sampling, "SAMPLED_FROM", size)
    assert fanout_of(TrainConfig(), graph) == 8
    assert fanout_of(TrainConfig(sampling="never"), graph) is None
    monkeypatch.setattr(sampling, "SAMPLED_FROM", size + 1)
    assert fanout_of(TrainConfig(), graph) is None
