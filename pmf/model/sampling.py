"""The neighbourhood of a few entities, with a bounded fan-out: what a step needs of a graph too large to compute whole.

PyG's `NeighborLoader` draws through pyg-lib or torch-sparse, compiled packages that are not made for this PyTorch, and
`torch_geometric.utils.k_hop_subgraph` goes through all entities and edges at every call, so there is this
one. Which neighbours an entity draws depends on the seed, the hop and the entity alone: not on the batch, the process
or the device.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pmf.config.training import TrainConfig
from pmf.model.graph import Adjacency


@dataclass(frozen=True)
class Block:
    """The edges along which o entities look, and the i entities that one layer needs for it, those o among them.

    Args:
        nodes: int64 `[i]`, the entities that go in, sorted.
        own: int64 `[o]`, places in `nodes` of those that come out.
        row_start: int64 `[o + 1]`, where the edges of each of them begin.
        row: int64 `[e]`, place among those that come out of the entity that looks.
        col: int64 `[e]`, place in `nodes` of the neighbour it looks at.
    """

    nodes: Tensor
    own: Tensor
    row_start: Tensor
    row: Tensor
    col: Tensor

    def __len__(self) -> int:
        return len(self.row_start) - 1

    @property
    def n_inputs(self) -> int:
        """Rows that a layer on it takes, i."""
        return len(self.nodes)

    @cached_property
    def looker(self) -> Tensor:
        """int64 `[e]`, the place in `nodes` of the entity that looks."""
        return self.own[self.row]

    @cached_property
    def transposed(self) -> tuple[Tensor, Tensor, Tensor]:
        """Row starts `[i + 1]`, columns `[e]` and, for each edge, its place before `[e]`; only a backward pass asks."""
        order = torch.argsort(self.col, stable=True)
        return _starts(torch.bincount(self.col, minlength=self.n_inputs)), self.row[order], order


SAMPLED_FROM = 1_000_000
"""Entities and edges together from which `train.sampling` "auto" draws neighbours; DBP15K has less than half of it."""


def fanout_of(config: TrainConfig, graph: Adjacency) -> int | None:
    """How many edges an entity looks along at most in training; None for all of them."""
    large = len(graph) + len(graph.col) >= SAMPLED_FROM
    return config.fanout if config.sampling == "always" or (config.sampling == "auto" and large) else None


def neighbourhoods(graph: Adjacency, entities: Tensor, hops: int, fanout: int, seed: int) -> list[Block]:
    """One block a layer, the first layer's first.

    Args:
        graph: all edges, self-loops among them.
        entities: int64 `[o]`, sorted and unique, which the last layer gives.
        hops: layers.
        fanout: of its edges an entity looks along so many at most, drawn without replacement, all alike.
        seed: of the draws, in [0, 2^62).

    Source: GraphSAGE (Hamilton et al., NeurIPS 2017, arXiv 1706.02216), which draws with replacement.
    """
    blocks: list[Block] = []
    for hop in range(hops):
        blocks.insert(0, neighbourhood(graph, entities, fanout, seed + hop))
        entities = blocks[0].nodes
    return blocks


def neighbourhood(graph: Adjacency, entities: Tensor, fanout: int | None = None, seed: int = 0) -> Block:
    """One hop of `neighbourhoods`; without a fan-out, along all edges."""
    first = graph.row_start[entities]
    degree = graph.row_start[entities + 1] - first  # [o]
    count = degree if fanout is None else degree.clamp(max=fanout)
    row_start = _starts(count)
    row = torch.arange(len(entities), device=entities.device).repeat_interleave(count)
    place = torch.arange(len(row), device=row.device) - row_start[row]  # of an edge among its entity's
    if fanout is not None:
        crowded = degree > fanout
        place[crowded[row]] = _draw(entities[crowded], degree[crowded], fanout, seed).flatten()
    neighbours = graph.col[first[row] + place]
    nodes, at = torch.cat([entities, neighbours]).unique(return_inverse=True)
    own, col = at.split([len(entities), len(neighbours)])
    return Block(nodes, own, row_start, row, col)


def _starts(count: Tensor) -> Tensor:
    """`[n]` sizes → `[n + 1]` places where each begins."""
    return torch.cat([count.new_zeros(1), count.cumsum(0)])


def _draw(entities: Tensor, degree: Tensor, fanout: int, seed: int) -> Tensor:
    """`[c, fanout]` different numbers below each degree `[c]`, sorted; every set of them is as likely as any other.

    Source: Floyd's algorithm (Bentley and Floyd, "A sample of brilliance", CACM 1987): no step for each edge, so that
    a hub costs no more than others.
    """
    drawn = degree.new_full((len(degree), fanout), -1)
    stream = _mix(_mix(entities.new_full((), seed)) ^ entities)
    for k in range(fanout):
        stream = stream + _GOLDEN
        last = degree - fanout + k
        pick = (_mix(stream) & _POSITIVE) % (last + 1)
        taken = (drawn[:, :k] == pick[:, None]).any(1)
        drawn[:, k] = torch.where(taken, last, pick)
    return drawn.sort(1).values


# SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): random numbers from a counter, its constants as signed ones
_GOLDEN = 0x9E3779B97F4A7C15 - 2**64
_FACTORS = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64
_POSITIVE = 2**63 - 1


def _mix(x: Tensor) -> Tensor:
    for factor, shift in zip(_FACTORS, (30, 27), strict=True):
        x = (x ^ _shifted(x, shift)) * factor
    return x ^ _shifted(x, 31)


def _shifted(x: Tensor, by: int) -> Tensor:
    """To the right, zeros coming in."""
    return (x >> by) & ((1 << (64 - by)) - 1)
