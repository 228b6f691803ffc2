"""Pairs of graphs written as lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import GraphPair, KnowledgeGraph

Triples = list[tuple[int, int, int]]


def graph_pair(
    triples: tuple[Triples, Triples],
    n_entities: tuple[int, int],
    n_relations: tuple[int, int] = (1, 1),
    values: tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]] = ([], []),
) -> GraphPair:
    """A pair of graphs from triples (head, relation, tail) and values (entity, attribute, value) of either side."""
    graphs = [
        KnowledgeGraph(
            entities=[f"{side}/{i}" for i in range(n)],
            relations=[f"{side}/r{i}" for i in range(k)],
            attributes=[f"{side}/a{i}" for i in range(1 + max((a for _, a, _ in owned), default=-1))],
            relation_triples=np.array(facts, np.int64).reshape(-1, 3),
            attribute_triples=np.array([row[:2] for row in owned], np.int64).reshape(-1, 2),
            attribute_values=[row[2] for row in owned],
        )
        for side, facts, n, k, owned in zip("st", triples, n_entities, n_relations, values, strict=True)
    ]
    return GraphPair(name="", path=Path(), format="", source=graphs[0], target=graphs[1], links=no_ids(0, 2))


def links(*pairs: tuple[int, int]) -> Ids:
    """Pairs as an array."""
    return np.array(pairs, np.int64).reshape(-1, 2)
