"""Seed labels on a graph small enough to follow by eye, and on a real folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from pmf.config.features import FeatureOptions
from pmf.data.readers import read_graph_pair
from pmf.features.feature_set import Feature, build_features
from pmf.model.graph import Adjacency
from pmf.model.propagation import SeedPropagation, _edges, _signed_sums

# two copies of the path 0-1-2-3 (the target's ids are 4 higher), and 8, which has no neighbour
PATHS = Adjacency.from_edges(torch.tensor([[0, 1, 2, 4, 5, 6], [1, 2, 3, 5, 6, 7]]), 9)


def spread(links: list[tuple[int, int]], bag: list[list[float]] | None = None) -> torch.Tensor:
    features = {}
    if bag is not None:
        matrix = csr_array(np.array(bag, np.float32))
        features["attribute"] = Feature(matrix, np.diff(matrix.indptr) > 0)
    propagation = SeedPropagation(PATHS, features, ["structure", *features], width=512, seed=0)
    return propagation(np.array(links))


def test_an_entity_is_most_like_the_one_whose_neighbours_are_linked() -> None:
    rows = spread([(1, 5), (3, 7)])[0]
    cosine = rows @ rows.T
    for source, target in ((0, 4), (2, 6)):  # no seeds themselves
        assert cosine[source, target] == pytest.approx(1, abs=1e-5)
    assert cosine[0, 6] < 0.9
    assert not rows[8].any()


def test_a_seed_does_not_find_its_partner_by_their_own_label() -> None:
    """A single label: whatever a seed gets back is its own, so nothing is left of it."""
    rows = spread([(0, 4)])[0]
    assert rows[0].norm() == pytest.approx(0, abs=1e-5)
    assert rows[4].norm() == pytest.approx(0, abs=1e-5)
    assert rows[1].norm() == pytest.approx(1, abs=1e-5)


def test_a_bag_spreads_through_what_two_entities_share() -> None:
    # attribute 0 is held by seed 0 and by 1, attribute 1 by the other side's seed 4 and by 5
    bag = [[0.0, 0.0] for _ in range(9)]
    for entity, attribute in ((0, 0), (1, 0), (4, 1), (5, 1)):
        bag[entity][attribute] = 1.0
    rows = spread([(0, 4)], bag)[1]
    assert rows[1] @ rows[5] == pytest.approx(1, abs=1e-5)
    assert not rows[2].any()


def test_rows_are_unit_or_zero_and_the_same_for_the_same_seed(tiny_data: Path) -> None:
    pair = read_graph_pair(tiny_data)
    features = build_features(pair, ["relation", "attribute", "image"], FeatureOptions())
    names = ["structure", "relation", "attribute", "image"]
    first, again, other = (
        SeedPropagation(Adjacency.from_pair(pair), features, names, width=64, seed=seed)(pair.links[:20])
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    length = first.norm(dim=-1)
    assert bool(((length - 1).abs() < 1e-5).logical_or(length == 0).all())
    assert not first[names.index("image")].any()  # a dense feature has nothing to pass a label through


def test_it_finds_links_that_it_was_not_given(tiny_data: Path) -> None:
    pair = read_graph_pair(tiny_data)
    rows = SeedPropagation(Adjacency.from_pair(pair), {}, ["structure"], width=256, seed=0)(pair.links[:28])[0]
    source, target = (rows[torch.from_numpy(side)] for side in pair.links[28:].T)
    hits = (source @ target.T).argmax(1) == torch.arange(len(source))
    assert hits.float().mean() > 0.5  # 28 candidates


def test_sums_over_edges_are_those_of_each_edge_by_itself() -> None:
    """Several join the same two entities, one entity has none, and rows and columns are no whole tiles."""
    rng, n, width, count = np.random.default_rng(0), 300, 150, 4000
    row, col, number = np.sort(rng.integers(n, size=count)), rng.integers(9, size=count), rng.integers(5, size=count)
    row[row == 7] = 8
    rarity, rows = rng.random(n, np.float32), rng.standard_normal((n, width), np.float32)
    signs = rng.choice(np.array([-1, 1], np.float32), (5, width))
    edges = _edges(row, col, rarity, slice(0, n))
    for sums, sign in ((edges @ rows, 1), (_signed_sums(edges, number, signs, rows), signs[number])):
        one_by_one = np.zeros_like(rows)
        np.add.at(one_by_one, row, rarity[col, None] * rows[col] * sign)
        assert sums == pytest.approx(one_by_one, abs=1e-4)
        assert not sums[7].any()
