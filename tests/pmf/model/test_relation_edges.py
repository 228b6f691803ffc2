"""Edges that know their relation, on graphs small enough to follow by eye."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pmf.data.readers import read_graph_pair
from pmf.model.graph import Adjacency
from pmf.model.propagation import SeedPropagation
from pmf.model.relation_edges import RelationEdges

CAPITAL, RIVER = 0, 1  # of the source; the target calls them 3 and 2
LINKS = np.array([[0, 6], [1, 7], [2, 8], [3, 9]])
TRIPLES = np.array(
    [
        *[(0, CAPITAL, 1), (2, CAPITAL, 3), (0, RIVER, 2), (1, RIVER, 3), (4, CAPITAL, 0), (5, RIVER, 0)],
        *[(6, 3, 7), (8, 3, 9), (6, 2, 8), (7, 2, 9), (10, 3, 6), (11, 2, 6)],
    ]
)
EDGES = RelationEdges.from_triples(TRIPLES, 12)


def test_every_triple_is_seen_from_both_ends_and_loops_are_left_out() -> None:
    edges = RelationEdges.from_triples(np.array([[0, 0, 1], [0, 0, 1], [2, 1, 2], [1, 1, 0]]), 3)
    seen = sorted(zip(edges.row.tolist(), edges.col.tolist(), edges.kind.tolist(), strict=True))
    assert seen == [(0, 1, 0), (0, 1, 0), (0, 1, 3), (1, 0, 1), (1, 0, 1), (1, 0, 2)]


def test_relations_that_join_the_same_linked_entities_are_the_same() -> None:
    number = EDGES.aligned_kinds(LINKS)
    for source, target in ((CAPITAL, 3), (RIVER, 2)):
        for end in (0, 1):
            assert number[2 * source + end] == number[2 * target + end] >= 0
    assert len(set(number.tolist())) == 4  # each end of each relation is somebody else


def test_without_links_between_neighbours_nothing_is_known() -> None:
    assert (EDGES.aligned_kinds(LINKS[:1]) == -1).all()
    assert (EDGES.aligned_kinds(LINKS[:0]) == -1).all()


def test_verdicts_stand_before_what_links_say() -> None:
    """Capital is denied to be what it looks like and river confirmed as it; of the rest the links' word stands."""
    kinds = np.array([[2 * CAPITAL, 2 * 3, 0], [2 * RIVER, 2 * 3, 1]])
    number = EDGES.aligned_kinds(LINKS, kinds)
    assert number[2 * CAPITAL] == -1
    assert number[2 * RIVER] == number[2 * 3] >= 0
    assert number[2 * 2] == -1  # river's own, which river has no more
    assert number[2 * CAPITAL + 1] == number[2 * 3 + 1] >= 0
    # without a linked neighbour, and from the other end
    alone = EDGES.aligned_kinds(LINKS[:0], np.array([[2 * CAPITAL, 2 * 3 + 1, 1]]))
    assert alone[2 * CAPITAL] == alone[2 * 3 + 1] >= 0


def test_neighbours_by_another_relation_make_somebody_else() -> None:
    """4 and 5 have the same neighbour; only what joins them with it tells that 4 is 10 and 5 is 11."""
    ends = torch.from_numpy(np.stack([EDGES.row, EDGES.col]))
    blind, seeing = (
        SeedPropagation(Adjacency.from_edges(ends, 12, edges), {}, ["structure"], width=512, seed=0)(LINKS)[0]
        for edges in (None, EDGES)
    )
    assert blind[4] @ blind[11] == blind[4] @ blind[10]
    assert seeing[4] @ seeing[10] > 0.99
    assert seeing[5] @ seeing[11] > 0.99
    assert seeing[4] @ seeing[11] < 0.8


def test_the_adjacency_of_a_pair_brings_its_relations(tiny_data: Path) -> None:
    pair = read_graph_pair(tiny_data)
    graph = Adjacency.from_pair(pair)
    assert graph.relations is not None
    dense = torch.zeros(len(pair), len(pair), dtype=torch.bool)
    dense[graph.relations.row, graph.relations.col] = True
    dense |= torch.eye(len(pair), dtype=torch.bool)
    row, col = dense.nonzero().T
    assert torch.equal(graph.row, row)
    assert torch.equal(graph.col, col)
    assert torch.equal(graph.row[graph.reverse], graph.col)
    assert torch.equal(graph.col[graph.reverse], graph.row)
    assert torch.equal(graph.row_start[1:], dense.sum(1).cumsum(0))
