"""What the values of an entity's attributes say: numbers, dates, codes and text, whatever their keys are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pmf.arrays import Flags, Matrix
from pmf.modalities.modality import Modality, flags
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress, columns_of: GraphPair) -> Matrix:
    from pmf.features.names import names_of
    from pmf.features.values import value_bags

    return value_bags(pair, names_of if options.names_among_values == "yes" else None, columns_of=columns_of)


def _present(graph: KnowledgeGraph) -> Flags:
    filled = np.fromiter(map(bool, graph.attribute_values), np.bool_, len(graph.attribute_values))
    return flags(graph.attribute_triples[filled, 0], len(graph))


def _words(pair: GraphPair, entity: int) -> list[str]:
    graph, row = pair.locate(entity)
    return [graph.attribute_values[i] for i in np.flatnonzero(graph.attribute_triples[:, 0] == row)]


MODALITY = Modality(
    name="value",
    place=35,
    title="attribute values",
    having="attribute values",
    colour="#A6761D",
    dash="5px,2px,1px,2px",
    symbol="pentagon",
    build=_build,
    lacking="the values of its two graphs have no word and no number in common",
    present=_present,
    useless="have no word and no number in common with the other graph's",
    words=_words,
    comparable=True,
    written=True,
    audited=False,
)
