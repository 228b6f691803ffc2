"""Pictures, as vectors of an encoder or of a feature file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmf.arrays import Flags, Matrix
from pmf.modalities.modality import Modality, flags
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress) -> Matrix:
    from pmf.features.images import image_vectors

    return image_vectors(pair, options.image_encoder, progress=progress)


def _present(graph: KnowledgeGraph) -> Flags:
    return flags([*graph.images, *graph.image_features], len(graph))


MODALITY = Modality(
    name="image",
    place=40,
    title="pictures",
    having="a picture",
    colour="#56B4E9",
    dash="dashdot",
    symbol="triangle-up",
    build=_build,
    lacking="it has no readable pictures and no picture features",
    present=_present,
)
