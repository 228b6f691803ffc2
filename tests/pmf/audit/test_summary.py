"""A data set in numbers, against a table worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pmf.audit.summary import summarise
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, degrees


def graph(n: int, triples: list[list[int]], attributes: list[list[int]], **rest: dict[int, object]) -> KnowledgeGraph:
    return KnowledgeGraph(
        entities=[f"http://x/{i}" for i in range(n)],
        relations=["r"],
        attributes=["p", "q"],
        relation_triples=np.array(triples, dtype=np.int64).reshape(-1, 3),
        attribute_triples=np.array(attributes, dtype=np.int64).reshape(-1, 2),
        attribute_values=[""] * len(attributes),
        **rest,  # type: ignore[arg-type]
    )


def test_self_loops_are_no_neighbours() -> None:
    assert degrees(graph(4, [[0, 0, 1], [1, 0, 0], [2, 0, 2]], [])).tolist() == [2, 2, 0, 0]
    assert degrees(graph(2, [], [])).tolist() == [0, 0]


def test_summary_by_hand() -> None:
    vector = np.ones(3, dtype=np.float32)
    source = graph(4, [[0, 0, 1], [2, 0, 2]], [[0, 0], [0, 1]], names={1: "one"}, image_features={0: vector, 3: vector})
    pair = GraphPair(
        name="tiny",
        path=Path("tiny"),
        format="openea",
        source=source,
        target=graph(2, [], []),
        links=np.array([[0, 4], [1, 4]]),
    )
    summary = summarise(pair)
    assert json.loads(json.dumps(summary)) == summary
    assert summary["fingerprint"] == pair.fingerprint
    assert (summary["name"], summary["format"], summary["path"], summary["links"]) == ("tiny", "openea", "tiny", 2)
    assert (summary["splits"], summary["unlinked"], summary["notes"]) == ({}, 0, [])
    assert summary["source"] == {
        "entities": 4,
        "relations": 1,
        "attributes": 2,
        "relation_triples": 2,
        "attribute_triples": 2,
        "names": 1,
        "images": 0,
        "image_features": 2,
        "linked": 2,
        "mean_degree": 0.5,
        "coverage": {
            "structure": 0.5,
            "relation": 0.75,
            "attribute": 0.25,
            "value": 0.0,
            "image": 0.5,
            "name": 0.25,
            "char": 0.25,
        },
    }
    assert summary["target"]["linked"] == 1  # type: ignore[index]
    assert set(summary["target"]["coverage"].values()) == {0.0}  # type: ignore[index]
