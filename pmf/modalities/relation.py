"""Which relations touch an entity, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pmf.arrays import Flags, Ids, Matrix
from pmf.modalities.modality import Modality, flags
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress, columns_of: GraphPair) -> Matrix:
    from pmf.features.bags import relation_bags

    return relation_bags(pair, options.n_relations, columns_of)


def _present(graph: KnowledgeGraph) -> Flags:
    return flags(graph.relation_triples[:, [0, 2]], len(graph))


def _items(graph: KnowledgeGraph) -> tuple[Ids, Ids]:
    """(relation, direction) of each entity."""
    head, relation, tail = graph.relation_triples.T
    return np.concatenate([head, tail]), np.concatenate([relation, relation + len(graph.relations)])


def _words(pair: GraphPair, entity: int) -> list[str]:
    from pmf.data.labels import label_of_property

    graph, row = pair.locate(entity)
    triples = graph.relation_triples[(graph.relation_triples[:, [0, 2]] == row).any(axis=1)]
    return [label_of_property(graph.relations[relation]) for relation in triples[:, 1]]


MODALITY = Modality(
    name="relation",
    place=20,
    title="relations",
    having="a relation",
    colour="#CC79A7",
    dash="dash",
    symbol="square",
    build=_build,
    lacking="its graphs have no relation triples",
    present=_present,
    useless="is too rare to be kept",
    items=_items,
    words=_words,
    audited=False,
)
