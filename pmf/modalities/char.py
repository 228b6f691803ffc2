"""How an entity's name is spelled: its pairs of letters, or its words and trigrams, the rare ones counting more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmf.arrays import Flags, Matrix
from pmf.modalities.modality import Modality, flags
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress, columns_of: GraphPair) -> Matrix:
    from pmf.features.names import character_bigrams, weighted_names

    return character_bigrams(pair, columns_of) if options.char == "bigrams" else weighted_names(pair, columns_of)


def _present(graph: KnowledgeGraph) -> Flags:
    return flags([*graph.names], len(graph))  # ids stand in for names only where somebody asks for it


MODALITY = Modality(
    name="char",
    place=60,
    title="spellings",
    having="a spelling",
    colour="#7F7F7F",
    dash="longdashdot",
    symbol="hexagon",
    build=_build,
    lacking="its entities have neither names nor URIs that can be read as names",
    present=_present,
    useless="is like no other, so that it cannot be compared",
    words=lambda pair, entity: [pair.labels[entity]],
    comparable=True,
    written=True,
    audited=False,
)
