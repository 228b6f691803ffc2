"""Values beside each other, whatever their keys are called."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pmf.alignment.explanation.values import value_pairs
from pmf.data.graph_pair import GraphPair

Make = Callable[..., GraphPair]


def test_keys_are_paired_by_their_values(make_graph: Make, make_pair: Make) -> None:
    attributes = [
        ("a", "http://x/manufacturer", "SONY"),
        ("a", "cost", "399.99"),
        ("a", "note", "zzz"),
        ("b", "p", "5"),
    ]
    source = make_graph(["a", "b"], attributes=attributes, names={0: "Sony Turntable - PSLX350H"})
    theirs = [("A", "price", "$399"), ("A", "brand", "Sony Corp."), ("A", "text", "belt drive turntable PSLX350H")]
    target = make_graph(["A"], attributes=theirs)
    pairs = value_pairs(make_pair(source, target), 0, 2)
    assert {(one.source_key, one.target_key) for one in pairs} == {
        ("name", "text"),
        ("manufacturer", "brand"),
        ("cost", "price"),
    }
    assert [one.likeness for one in pairs] == sorted((one.likeness for one in pairs), reverse=True)
    assert "manufacturer 'SONY' ≈ brand 'Sony Corp.'" in [one.sentence for one in pairs]
    assert "cost '399.99' ≈ price '$399'" in [one.sentence for one in pairs]


def test_of_equal_values_those_of_keys_called_alike_go_together(make_graph: Make, make_pair: Make) -> None:
    source = make_graph(["a"], attributes=[("a", "born", "1961"), ("a", "built", "1961")])
    target = make_graph(["A"], attributes=[("A", "Built", "1961"), ("A", "Born", "1961")])
    pairs = value_pairs(make_pair(source, target), 0, 1)
    assert [(one.source_key, one.target_key) for one in pairs] == [("born", "born"), ("built", "built")]
    assert [one.likeness for one in pairs] == pytest.approx([1, 1])
    assert pairs[0].sentence == "born '1961' = born '1961'"


def test_values_with_nothing_in_common_are_not_shown(make_graph: Make, make_pair: Make) -> None:
    source = make_graph(["a"], attributes=[("a", "p", "red")])
    target = make_graph(["A"], attributes=[("A", "p", "77")])
    assert value_pairs(make_pair(source, target), 0, 1) == ()
    assert value_pairs(make_pair(make_graph(["a"]), target), 0, 1) == ()
