"""What features say without training: two names that are nearly the same are alike from the start.

A linear layer that is learned from few links forgets most of what tells names and values apart. So the similarity of
these modalities keeps a part that nobody has trained: the cosine of the features, by way of a random sketch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pmf.arrays import unit_rows
from pmf.config.model import ModelConfig
from pmf.features.feature_set import Feature
from pmf.modalities import MODALITIES


def direct_modalities(modalities: tuple[str, ...], config: ModelConfig) -> tuple[str, ...]:
    """Those of the modalities whose similarity has a part that is not learned."""
    return tuple(m for m in modalities if MODALITIES[m].comparable) if config.direct else ()


def sketches(
    features: Mapping[str, Feature], modalities: tuple[str, ...], width: int, seed: int
) -> dict[str, npt.NDArray[np.float32]]:
    """Unit (or zero) rows `[n, width]` per modality, whose products are the cosines of its features.

    Features no wider than that are taken as they are; others are projected at random, which is off by about
    `1 / sqrt(width)`.

    Source: Johnson and Lindenstrauss, 1984.
    """
    rng = np.random.default_rng(seed)
    made = {}
    for modality in modalities:
        matrix = features[modality].matrix
        if matrix.shape[1] > width:
            rows = np.asarray(matrix @ rng.standard_normal((matrix.shape[1], width), dtype=np.float32))
        else:
            dense = matrix.toarray() if isinstance(matrix, csr_array) else matrix
            rows = np.pad(dense, ((0, 0), (0, width - dense.shape[1])))
        made[modality] = unit_rows(np.array(rows, np.float32))
    return made
