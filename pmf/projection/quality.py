"""How far a map can be trusted: what it shows as near and is not, and what is near and torn apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NEIGHBOURS = 15  # as many as UMAP draws by
SAMPLE = 2000
_BLOCK = 250  # queries compared with all rows at once

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A map against the embedding it shows, whose nearest are those of the largest cosine.

    Args:
        neighbours: k, how many nearest are compared.
        points: entities in the sample that was measured.
        trustworthiness: in [0, 1], less for each near in the map that is far in the embedding; within the sample.
        continuity: in [0, 1], less for each near in the embedding that is far in the map; within the sample.
        shared: share of an entity's k nearest in the map that are among its k nearest in the embedding; mean of
            the sample, nearest among all.

    Source:
        Venna and Kaski, Neural Networks 19 (2006), trustworthiness and continuity.
    """

    neighbours: int
    points: int
    trustworthiness: float
    continuity: float
    shared: float


def measure(rows: npt.NDArray[Any], points: Rows, seed: int) -> Quality | None:
    """Compare a map with what it shows.

    Args:
        rows: the embedding, `[n, width]`.
        points: the map, `[n, 2]`; NaN = not shown.
        seed: of the sample's choice.

    Returns:
        None for fewer than three points, which have no neighbourhood to speak of.
    """
    from sklearn.manifold import trustworthiness

    shown = np.flatnonzero(np.isfinite(points).all(axis=1))
    k = min(NEIGHBOURS, (min(len(shown), SAMPLE) - 1) // 2)
    if k < 1:
        return None
    unit, flat = _unit(rows[shown]), points[shown]
    sample = np.random.default_rng(seed).permutation(len(shown))[:SAMPLE]
    return Quality(
        neighbours=k,
        points=len(sample),
        trustworthiness=float(trustworthiness(unit[sample], flat[sample], n_neighbors=k)),
        continuity=float(trustworthiness(flat[sample], unit[sample], n_neighbors=k)),
        shared=_shared(unit, flat, sample, k),
    )


def _unit(rows: npt.NDArray[Any]) -> Rows:
    """Rows of length 1, of which the nearest by cosine are the nearest by distance too."""
    from sklearn.preprocessing import normalize

    unit: Rows = normalize(np.array(rows, np.float32), copy=False)
    return unit


def _shared(unit: Rows, flat: Rows, sample: npt.NDArray[np.int64], k: int) -> float:
    from sklearn.neighbors import KDTree

    near = KDTree(flat).query(flat[sample], k + 1, return_distance=False)  # one more: itself may be among them
    found = 0
    for start in range(0, len(sample), _BLOCK):
        queries = sample[start : start + _BLOCK]
        similarity = unit[queries] @ unit.T
        similarity[np.arange(len(queries)), queries] = -np.inf
        nearest = np.argpartition(similarity, -k, axis=1)[:, -k:]
        for query, here, there in zip(queries, near[start : start + _BLOCK], nearest, strict=True):
            found += np.isin(here[here != query][:k], there).sum()
    return float(found / (k * len(sample)))
