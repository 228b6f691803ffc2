"""Links to start from where nobody gave any: pairs whose raw features are each other's nearest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_array

from pmf.alignment.matching import mutual_nearest
from pmf.alignment.search.approximate import compare
from pmf.arrays import Ids, unit_rows
from pmf.config.evaluation import EvaluationConfig
from pmf.errors import ConfigError
from pmf.features.feature_set import Feature

_WIDTH = 1024
"""Sparse features are projected to this many columns before they are compared."""


_ELSE = "; start from something else (--set seeds=value, name or image), or give a few links"


def pivot_links(feature: Feature, n_source: int, *, count: int, seed: int) -> Ids:
    """Mutual nearest neighbours by CSLS among the entities that have the feature, the most alike first.

    Args:
        feature: of one modality, both graphs.
        n_source: number of source entities.
        count: how many pairs at most.
        seed: of the projection of a sparse feature.

    Returns:
        int64 `[p, 2]`, (source, target) entity ids, p ≤ count.

    Raises:
        ConfigError: fewer than two pairs are found.

    Source: visual pivots, EVA (Liu et al., AAAI 2021, arXiv 2009.13603); CSLS and mutuality are ours.
    """
    rows = _dense(feature, seed)
    having = np.flatnonzero(feature.present)
    source, target = having[having < n_source], having[having >= n_source]
    if min(len(source), len(target)) < 2:
        raise ConfigError(f"fewer than two entities of a graph have what training is to start from{_ELSE}")
    left, right = (torch.from_numpy(rows[side]) for side in (source, target))
    setting = EvaluationConfig()
    partner = mutual_nearest(compare(left, right, setting).csls(setting.csls_k, setting.csls_rounds), setting)
    mutual = (partner >= 0).nonzero()[:, 0]
    alike = torch.linalg.vecdot(left[mutual], right[partner[mutual]])
    best = mutual[alike.argsort(descending=True, stable=True)[:count]]
    if len(best) < 2:
        raise ConfigError(f"no two pairs of entities are each other's nearest by what training is to start from{_ELSE}")
    return np.stack([source[best.numpy()], target[partner[best].numpy()]], axis=1)


def _dense(feature: Feature, seed: int) -> npt.NDArray[np.float32]:
    matrix = feature.matrix
    if isinstance(matrix, csr_array):
        if matrix.shape[1] > _WIDTH:
            noise = np.random.default_rng(seed).standard_normal((matrix.shape[1], _WIDTH), dtype=np.float32)
            matrix = matrix @ noise
        else:
            matrix = matrix.toarray()
    return unit_rows(np.array(matrix, np.float32))
