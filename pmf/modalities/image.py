"""Pictures, as vectors of an encoder or of a feature file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pmf.arrays import Flags, Matrix
from pmf.modalities.modality import Modality, flags
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


_MOST_OPENED = 5_000  # pictures of a graph that are opened to see whether they can be read, a millisecond each


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress, columns_of: GraphPair) -> Matrix:
    from pmf.features.images import image_vectors

    return image_vectors(pair, options.image_encoder, progress=progress)


def _present(graph: KnowledgeGraph) -> Flags:
    return flags([*graph.images, *graph.image_features], len(graph))


def _usable(graph: KnowledgeGraph) -> Flags:
    """Feature vectors, and pictures that can be read; where there are many, nobody opens them just to see."""
    if graph.image_features or _unseen(graph):
        return _present(graph)
    readable = [row for row, path in graph.images.items() if path.is_file() and _opens(path, path.stat().st_mtime_ns)]
    return flags(readable, len(graph))


def _unseen(graph: KnowledgeGraph) -> int:
    return len(graph.images) if len(graph.images) > _MOST_OPENED and not graph.image_features else 0


@lru_cache(maxsize=4 * _MOST_OPENED)
def _opens(path: Path, changed: int) -> bool:
    from pmf.data.pictures import open_picture

    return open_picture(path) is not None


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
    usable=_usable,
    unseen=_unseen,
    useless="cannot be read",
)
