"""One matrix per modality, and which entities have a row in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from pmf.arrays import Flags, Matrix
from pmf.config.features import FeatureOptions, with_names
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError, MissingModalityError
from pmf.modalities import MODALITIES
from pmf.progress import Progress, silent


@dataclass(frozen=True)
class Feature:
    """What one modality knows of every entity of a pair.

    Args:
        matrix: float32 `[n, w]`, rows are entity ids of the pair; CSR for bags, else dense. A missing row is zero.
        present: bool `[n]`, False where the data has nothing for the entity.
    """

    matrix: Matrix
    present: Flags


def build_features(
    pair: GraphPair,
    modalities: Iterable[str],
    options: FeatureOptions,
    *,
    columns_of: GraphPair | None = None,
    progress: Progress = silent,
) -> dict[str, Feature]:
    """Builds the input matrices of the modalities asked for.

    Args:
        pair: the data set, `n` entities.
        modalities: any of `MODALITIES`; one without a matrix is passed over (see `presence`).
        options: sizes and files.
        columns_of: the pair that a finished model was trained on, whose words, relations, … are its columns. A modality
            may then be without any feature. None = the pair itself.
        progress: called with (modality, steps done, steps in all), at least at the end of each modality.

    Returns:
        Modality → feature, in the order asked for.

    Raises:
        ConfigError: a modality is unknown.
        MissingModalityError: no entity has any feature of a modality asked for, or an encoder is not there.
        DataFormatError: a feature file is malformed or at odds with the other side's.
    """
    modalities = tuple(modalities)
    options, features = with_names(options, modalities), {}
    for name in modalities:
        if name not in MODALITIES:
            raise ConfigError(f"Unknown modality {name!r}: choose from {', '.join(MODALITIES)}.")
        modality = MODALITIES[name]
        if modality.build is None:
            continue
        matrix = modality.build(pair, options, progress, columns_of or pair)
        present = np.asarray(np.diff(matrix.indptr) if isinstance(matrix, csr_array) else matrix.any(axis=1)) > 0
        if columns_of is None and not present.any():
            way = " Leave it out of --modalities." if len(modalities) > 1 else ""
            raise MissingModalityError(f"{pair.name} has no {name} features: {modality.lacking}.{way}")
        features[name] = Feature(matrix, present)
        progress(name, len(pair), len(pair))
    return features


def presence(pair: GraphPair, features: Mapping[str, Feature], modalities: Sequence[str]) -> Flags:
    """Which entities have each modality, bool `[m, n]`: by their features, else, without any, by the graph."""
    return np.stack([features[name].present if name in features else _in_graph(pair, name) for name in modalities])


def _in_graph(pair: GraphPair, name: str) -> Flags:
    present = MODALITIES[name].present
    assert present is not None  # the record of a modality without features says who has it
    return np.concatenate([present(graph) for graph, _ in pair.sides()])
