"""A pair in which an audit finds nothing, and the findings of one check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pmf.audit.audit import Audit, Finding
from pmf.data.graph_pair import GraphPair, KnowledgeGraph

N, LINKED = 400, 300  # entities of each side


def clean_pair(seed: int = 0) -> GraphPair:
    """A pair in which nothing depends on having a counterpart, and rows are shuffled."""
    rng = np.random.default_rng(seed)
    source, target = (clean_graph(rng, side) for side in ("s", "t"))
    links = np.column_stack([rng.permutation(N)[:LINKED], N + rng.permutation(N)[:LINKED]])
    return GraphPair(name="made", path=Path("made"), format="openea", source=source, target=target, links=links)


def clean_graph(rng: np.random.Generator, side: str) -> KnowledgeGraph:
    ring = np.column_stack([np.arange(N), np.zeros(N, np.int64), np.roll(np.arange(N), 1)])
    more = np.column_stack([rng.integers(N, size=900), rng.integers(1, 5, size=900), rng.integers(N, size=900)])
    more = np.unique(more[more[:, 0] != more[:, 2]], axis=0)
    owners = rng.permutation(N)[:280]
    return KnowledgeGraph(
        entities=[f"http://{side}.example/{side}{number}" for number in rng.permutation(10_000)[:N]],
        relations=[f"r{i}" for i in range(5)],
        attributes=["a", "b"],
        relation_triples=np.concatenate([ring, more]),
        attribute_triples=np.column_stack([owners, rng.integers(2, size=280)]),
        attribute_values=["1"] * 280,
        names={int(row): f"{side} name {row}" for row in rng.permutation(N)[:250]},
        types={row: f"type {rng.integers(4)}" for row in range(N)},
        image_features={int(row): rng.normal(size=4).astype(np.float32) for row in rng.permutation(N)[:200]},
    )


def linked_rows(pair: GraphPair) -> tuple[set[int], set[int]]:
    return set(pair.links[:, 0].tolist()), set((pair.links[:, 1] - N).tolist())


def with_source(pair: GraphPair, **changes: Any) -> GraphPair:
    return replace(pair, source=replace(pair.source, **changes))


def of_check(result: Audit, check: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.check == check]


def the(result: Audit, check: str) -> Finding:
    (finding,) = of_check(result, check)
    return finding
