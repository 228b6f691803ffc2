"""Which relations agree, of the bundled run: probabilities and examples are in the data, on screen as in JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest

from pmf.alignment.explanation.reasons import RunReasons
from pmf.alignment.explanation.relations import EXAMPLES, RelationAlignment, relation_alignments
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.runs.reader import RunReader
from tests.commands import pmf
from tests.conftest import ATLAS


@pytest.fixture(scope="module")
def graphs() -> GraphPair:
    return read_graph_pair("demo")


@pytest.fixture(scope="module")
def rows(graphs: GraphPair) -> tuple[RelationAlignment, ...]:
    return relation_alignments(RunReasons(RunReader(ATLAS), graphs))


def test_what_is_said_the_other_way_round_agrees_too(rows: tuple[RelationAlignment, ...]) -> None:
    capital = next(row for row in rows if (row.source, row.target) == ("capital", "est la capitale de"))
    assert capital.kind == "relation"
    assert capital.inverse
    assert min(capital.forward, capital.backward) > 0.8
    assert capital.examples > 50
    code = next(row for row in rows if (row.source, row.target) == ("ISO 3166-1 alpha-3 code", "code pays ISO"))
    assert code.kind == "attribute"
    assert not code.inverse


def test_examples_are_triples_of_both_graphs(graphs: GraphPair, rows: tuple[RelationAlignment, ...]) -> None:
    said = []
    for graph, offset in graphs.sides():
        labels = graphs.labels[offset : offset + len(graph)]
        said.append({(labels[h], graph.relations[r], labels[t]) for h, r, t in graph.relation_triples.tolist()})
    relations = [row for row in rows if row.kind == "relation"]
    assert relations
    for row in relations:
        assert 1 <= len(row.shown) <= EXAMPLES
        for example in row.shown:
            assert (example.source[0], row.source_uri, example.source[1]) in said[0]
            assert (example.target[0], row.target_uri, example.target[1]) in said[1]
        assert sum(example.probability for example in row.shown) <= row.examples + 1e-6 or row.examples < EXAMPLES


def test_each_pair_is_listed_once_the_most_probable_first(rows: tuple[RelationAlignment, ...]) -> None:
    keys = [(row.kind, row.source_uri, row.target_uri, row.inverse) for row in rows]
    assert len(set(keys)) == len(keys)
    assert [row.probability for row in rows] == sorted((row.probability for row in rows), reverse=True)
    assert all(0 <= p <= 1 for row in rows for p in (row.forward, row.backward))


def test_the_command_prints_the_table(rows: tuple[RelationAlignment, ...]) -> None:
    assert json.loads(pmf("explain", ATLAS, "--relations", "--json").stdout) == json.loads(
        json.dumps([dataclasses.asdict(row) for row in rows])
    )
    text = pmf("explain", ATLAS, "--relations").stdout
    assert "capital – est la capitale de (head and tail swapped)" in text
    assert f"{len(rows):,} pairs of relations or attributes" in text
