"""Bags against tables counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pmf.data.graph_pair import GraphPair
from pmf.features.bags import attribute_bags, relation_bags

Make = Callable[..., GraphPair]


def test_an_edge_counts_at_both_ends_and_equal_uris_share_a_column(make_graph: Make, make_pair: Make) -> None:
    source = make_graph(["a", "b", "c"], [("a", "likes", "b"), ("a", "knows", "a"), ("a", "likes", "b")])
    target = make_graph(["A", "B"], [("A", "knows", "B"), ("A", "knows", "B"), ("B", "owns", "A")])
    bags = relation_bags(make_pair(source, target), size=1000)
    # Columns by triples in both graphs: knows 3, likes 2, owns 1.
    assert bags.toarray().tolist() == [[2, 2, 0], [0, 2, 0], [0, 0, 0], [2, 0, 1], [2, 0, 1]]
    assert (bags.format, bags.dtype) == ("csr", np.float32)
    assert np.diff(bags.indptr).tolist() == [2, 1, 0, 2, 2]  # no stored zeros: presence is read off here


def test_only_the_commonest_are_kept_and_ties_go_by_uri(make_graph: Make, make_pair: Make) -> None:
    source = make_graph(["a", "b"], [("a", "z", "b"), ("a", "y", "b"), ("b", "x", "b"), ("b", "x", "a")])
    target = make_graph(["A"], [])
    assert relation_bags(make_pair(source, target), size=2).toarray().tolist() == [[1, 1], [3, 1], [0, 0]]


def test_a_relation_listed_but_unused_gets_no_column(make_graph: Make, make_pair: Make) -> None:
    source, target = make_graph(["a"], [("a", "r", "a")]), make_graph(["A"])
    source.relations.append("unused")
    assert relation_bags(make_pair(source, target), size=10).toarray().tolist() == [[2], [0]]


def test_attributes_are_had_or_not_and_counted_by_entities(make_graph: Make, make_pair: Make) -> None:
    source = make_graph(["a", "b"], attributes=[("a", "alias"), ("a", "alias"), ("a", "alias"), ("b", "born")])
    target = make_graph(["A", "B"], attributes=[("A", "born")])
    pair = make_pair(source, target)
    # Two entities have `born`, one has `alias`, three times.
    assert attribute_bags(pair, size=1000).toarray().tolist() == [[0, 1], [1, 0], [1, 0], [0, 0]]
    assert attribute_bags(pair, size=1).toarray().tolist() == [[0], [1], [1], [0]]


def test_graphs_without_triples_have_no_columns(make_graph: Make, make_pair: Make) -> None:
    pair = make_pair(make_graph(["a"]), make_graph(["A"]))
    assert relation_bags(pair, size=5).shape == (2, 0)
    assert attribute_bags(pair, size=5).shape == (2, 0)
