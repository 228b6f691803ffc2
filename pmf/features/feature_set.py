"""One matrix per modality, and who has a row in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair, degrees
from pmf.errors import ConfigError, MissingModalityError
from pmf.features.bags import attribute_bags, relation_bags
from pmf.modalities import MODALITIES

Matrix = csr_array | npt.NDArray[np.float32]
Progress = Callable[[str, int, int], None]

_REMEDY = {
    "relation": "its graphs have no relation triples",
    "attribute": "it has no attribute triples",
    "image": "it has no readable pictures and no picture features",
    "name": "no word of its names is in the file that features.word_vectors names",
    "char": "its entities have neither names nor URIs that can be read as names",
}


@dataclass(frozen=True)
class Feature:
    """What one modality knows of every entity of a pair.

    Args:
        matrix: float32 `[n, w]`, rows are entity ids of the pair; CSR for bags, else dense. A missing row is zero.
        present: bool `[n]`, False where the data has nothing for the entity.
    """

    matrix: Matrix
    present: npt.NDArray[np.bool_]


def build_features(
    pair: GraphPair, modalities: Iterable[str], options: FeatureOptions, *, progress: Progress | None = None
) -> dict[str, Feature]:
    """Builds the input matrices of the modalities asked for.

    Args:
        pair: the data set, `n` entities.
        modalities: any of `MODALITIES`; "structure" has no matrix and is passed over (see `structure_presence`).
        options: sizes and files.
        progress: called with (modality, steps done, steps in all), at least at the end of each modality.

    Returns:
        Modality → feature, in the order asked for.

    Raises:
        ConfigError: a modality is unknown.
        MissingModalityError: no entity has any feature of a modality asked for, or an encoder is not there.
        DataFormatError: a feature file is malformed or at odds with the other side's.
    """
    report = progress or (lambda modality, done, total: None)
    features = {}
    for modality in modalities:
        if modality not in MODALITIES:
            raise ConfigError(f"Unknown modality {modality!r}: choose from {', '.join(MODALITIES)}.")
        if modality == "structure":
            continue
        matrix = _build(pair, modality, options, report)
        present = np.asarray(np.diff(matrix.indptr) if isinstance(matrix, csr_array) else matrix.any(axis=1)) > 0
        if not present.any():
            raise MissingModalityError(f"{pair.name} has no {modality} features: {_REMEDY[modality]}.")
        features[modality] = Feature(matrix, present)
        report(modality, len(pair), len(pair))
    return features


def structure_presence(pair: GraphPair) -> npt.NDArray[np.bool_]:
    """Which entities have a neighbour, self-loops not counted, bool `[n]`."""
    return np.concatenate([degrees(graph) > 0 for graph, _ in pair.sides()])


def _build(pair: GraphPair, modality: str, options: FeatureOptions, progress: Progress) -> Matrix:
    # Imports where they are needed: scikit-learn and scikit-image take seconds that other modalities need not wait.
    if modality == "relation":
        return relation_bags(pair, options.n_relations)
    if modality == "attribute":
        names = attribute_bags(pair, options.n_attributes)
        if options.attribute_values == "none":
            return names
        from pmf.features.values import value_bags, with_values

        return with_values(names, value_bags(pair))
    if modality == "image":
        from pmf.features.images import image_vectors

        return image_vectors(pair, options.image_encoder, progress=lambda done, total: progress("image", done, total))
    from pmf.features.names import character_bigrams, name_vectors

    if modality == "name":
        if options.word_vectors is None:
            raise MissingModalityError(
                "Name features need word vectors: set features.word_vectors to a text file in GloVe or word2vec layout."
            )
        return name_vectors(pair, Path(options.word_vectors))
    return character_bigrams(pair)
