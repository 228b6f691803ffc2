"""Which attributes an entity has, and, with `features.attribute_values`, their values."""

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
    from pmf.features.bags import attribute_bags

    names = attribute_bags(pair, options.n_attributes, columns_of)
    if options.attribute_values == "none":
        return names
    from pmf.features.values import value_bags, with_values

    return with_values(names, value_bags(pair, columns_of=columns_of))


def _present(graph: KnowledgeGraph) -> Flags:
    return flags(graph.attribute_triples[:, 0], len(graph))


def _items(graph: KnowledgeGraph) -> tuple[Ids, Ids]:
    entities, attributes = graph.attribute_triples.T
    return entities, attributes


def _words(pair: GraphPair, entity: int) -> list[str]:
    from pmf.data.labels import label_of_property

    graph, row = pair.locate(entity)
    attributes = graph.attribute_triples[np.flatnonzero(graph.attribute_triples[:, 0] == row), 1]
    return sorted(label_of_property(graph.attributes[attribute]) for attribute in attributes)


MODALITY = Modality(
    name="attribute",
    place=30,
    title="attributes",
    having="attributes",
    colour="#E69F00",
    dash="dot",
    symbol="diamond",
    build=_build,
    lacking="it has no attribute triples",
    present=_present,
    useless="are too rare to be kept",
    items=_items,
    words=_words,
)
