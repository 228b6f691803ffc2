"""Small pairs made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _graph(
    entities: list[str],
    triples: Sequence[tuple[str, str, str]] = (),
    attributes: Sequence[tuple[str, ...]] = (),
    **rest: object,
) -> KnowledgeGraph:
    relations = list(dict.fromkeys(triple[1] for triple in triples))
    properties = list(dict.fromkeys(attribute for _, attribute, *_ in attributes))
    rows = [[entities.index(h), relations.index(r), entities.index(t)] for h, r, t in triples]
    had = [[entities.index(entity), properties.index(attribute)] for entity, attribute, *_ in attributes]
    return KnowledgeGraph(
        entities=entities,
        relations=relations,
        attributes=properties,
        relation_triples=np.array(rows, dtype=np.int64).reshape(-1, 3),
        attribute_triples=np.array(had, dtype=np.int64).reshape(-1, 2),
        attribute_values=[(*value, "")[0] for _, _, *value in attributes],
        **rest,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def make_graph() -> Callable[..., KnowledgeGraph]:
    """(entities, triples of URIs, attributes as (entity, URI) or (entity, URI, value), names=, images=, …) → graph."""
    return _graph


@pytest.fixture(scope="session")
def make_pair() -> Callable[[KnowledgeGraph, KnowledgeGraph], GraphPair]:
    """(source, target) → pair without links."""

    def make(source: KnowledgeGraph, target: KnowledgeGraph) -> GraphPair:
        links = np.zeros((0, 2), dtype=np.int64)
        return GraphPair(name="hand", path=Path("hand"), format="hand", source=source, target=target, links=links)

    return make
