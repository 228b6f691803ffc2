"""How an entity's name is spelled, as counts of pairs of letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmf.arrays import Matrix
from pmf.modalities.modality import Modality
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress) -> Matrix:
    from pmf.features.names import character_bigrams

    return character_bigrams(pair)


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
    words=lambda pair, entity: [pair.labels[entity]],
    on_request="char = letters of the names: it makes most benchmarks trivial.",
)
