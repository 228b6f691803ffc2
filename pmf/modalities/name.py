"""What an entity is called, as vectors of its words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pmf.arrays import Flags, Matrix
from pmf.errors import MissingModalityError
from pmf.modalities.modality import Modality, flags
from pmf.places import stay_inside
from pmf.progress import Progress

if TYPE_CHECKING:
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


def _build(pair: GraphPair, options: FeatureOptions, progress: Progress, columns_of: GraphPair) -> Matrix:
    from pmf.features.names import name_vectors

    if options.word_vectors is None:
        raise MissingModalityError(
            "Name features need word vectors: set features.word_vectors to a text file in GloVe or word2vec layout."
        )
    return name_vectors(pair, stay_inside(Path(options.word_vectors)))


def _present(graph: KnowledgeGraph) -> Flags:
    return flags([*graph.names], len(graph))


MODALITY = Modality(
    name="name",
    place=50,
    title="names",
    having="a name",
    colour="#8C6BB1",
    dash="longdash",
    symbol="cross",
    build=_build,
    lacking="no word of its names is in the file that features.word_vectors names",
    present=_present,
    useless="has no word with a vector",
    words=lambda pair, entity: [pair.labels[entity]],
    comparable=True,
    written=True,
    on_request="name needs word vectors: a file, named under all other settings, Features.",
)
