"""Points in the plane for embeddings: UMAP after PCA, and from it.

Source: McInnes et al., arXiv 1802.03426; Kobak and Linderman, Nature Biotechnology 39 (2021), on where to start from.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids, unit_rows

Points = npt.NDArray[np.float32]

_COMPONENTS = 50
if TYPE_CHECKING:
    from pmf.projection.neighbourhoods import Neighbourhoods  # which takes seconds to import: of torch

MOST_COMPARED = 2**16
"""Rows, above which umap searches neighbours itself, approximately."""


def reduce(rows: npt.NDArray[Any], components: int = _COMPONENTS) -> Points:
    """The rows' leading principal components, `[n, min(components, n, width)]`."""
    from sklearn.decomposition import PCA

    kept = min(components, *rows.shape)
    pca = PCA(kept, copy=False, svd_solver="randomized", random_state=0)
    with np.errstate(invalid="ignore"):  # shares of a variance that is 0 where all rows are alike
        reduced: Points = pca.fit_transform(np.array(rows, np.float32)).astype(np.float32)
    return reduced


def project(rows: npt.NDArray[Any], seed: int) -> Points:
    """UMAP of embeddings.

    Args:
        rows: `[n, width]`; a row of zeros is a missing feature and is not shown.
        seed: of UMAP's own randomness.

    Returns:
        float32 `[n, 2]`, NaN for rows that are not shown. Fewer than 16 rows give their first two
        principal components: UMAP needs a neighbourhood to speak of.
    """
    shown = rows.any(axis=1)
    points = np.full((len(rows), 2), np.nan, np.float32)
    if shown.sum() < 16:
        if shown.sum() >= 2:
            points[shown] = reduce(rows[shown], 2)
        return points
    points[shown] = _umap(reduce(rows[shown]), seed)
    return points


def _umap(rows: Points, seed: int, **options: Any) -> Points:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of one core because of the seed, and of optional parts
        import umap

        if len(rows) <= MOST_COMPARED:
            options["precomputed_knn"] = neighbours(rows, umap.UMAP().n_neighbors)
        # from principal components maps come out truer than from UMAP's usual start, and much sooner where the
        # neighbourhoods fall into many pieces
        options = {"init": "pca", **options}
        return np.asarray(umap.UMAP(n_components=2, random_state=seed, **options).fit_transform(rows), np.float32)


def neighbours(rows: Points, k: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Each row's nearest rows, itself among them.

    All pairs are compared: of few rows umap does that, too, by a Python call each, and of more it first compiles a
    search, for longer than this takes.

    Args:
        rows: float32 `[n, width]`.
        k: how many.

    Returns:
        int32 `[n, k]` rows, the nearest first, and float32 `[n, k]` Euclidean distances.
    """
    from sklearn.neighbors import NearestNeighbors

    distances, nearest = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows).kneighbors(rows)
    return nearest.astype(np.int32), distances.astype(np.float32)


def project_together(rows: npt.NDArray[Any], ties: Neighbourhoods, sides: tuple[Ids, Ids], seed: int) -> Points:
    """UMAP of both graphs by who is near whom in either, from the principal components of each around its own mean.

    Args:
        rows: `[n, width]`, none of them zero.
        ties: between them.
        sides: rows of the source graph and of the target graph.
        seed: of UMAP's own randomness.

    Returns:
        float32 `[n, 2]`.
    """
    return _embed(ties, reduce(centred(rows, sides), 2), seed)


def centred(rows: npt.NDArray[Any], sides: tuple[Ids, Ids]) -> Points:
    """Unit rows, a copy, each graph around its own mean: without the gap between the graphs."""
    unit = unit_rows(np.array(rows, np.float32))
    for side in sides:
        if len(side):
            unit[side] -= unit[side].mean(axis=0)
    return unit


def _embed(ties: Neighbourhoods, start: Points, seed: int, epochs: int | None = None, rate: float = 1.0) -> Points:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap.umap_ import find_ab_params, simplicial_set_embedding

        flat = np.ptp(start, axis=0) == 0  # where rows are all alike; umap divides by how far they lie apart
        start = (start + flat * np.random.RandomState(seed).normal(size=start.shape)).astype(np.float32)
        a, b = find_ab_params(1.0, 0.1)  # UMAP's own defaults, as all that follows
        points, _ = simplicial_set_embedding(
            start, ties.graph, 2, rate, a, b, 1.0, 5, epochs, start, np.random.RandomState(seed), "euclidean", {},
            False, {}, False,
        )  # fmt: skip
    return np.asarray(points, np.float32)


def project_aligned(
    fused: npt.NDArray[Any], ties: Sequence[Neighbourhoods], sides: tuple[Ids, Ids], seed: int
) -> Points:
    """UMAP of the same entities at several epochs, kept in place from one to the next.

    The last epoch is projected first; each earlier one starts from the points of the one after it,
    moves in small steps, and is then turned, scaled and shifted onto them. (UMAP's own `AlignedUMAP`
    optimises all epochs jointly, for half a minute of compilation in every process.)

    Args:
        fused: `[epochs, sample, width]`.
        ties: between the sample, of each epoch.
        sides: which of the sample are of the source graph, and of the target graph.
        seed: of UMAP's own randomness.

    Returns:
        float32 `[epochs, sample, 2]`.
    """
    from scipy.linalg import orthogonal_procrustes

    points = np.empty((*fused.shape[:2], 2), np.float32)
    points[-1] = project_together(fused[-1], ties[-1], sides, seed)
    for epoch in reversed(range(len(fused) - 1)):
        later = points[epoch + 1]
        here = _embed(ties[epoch], later, seed, epochs=100, rate=0.05)
        here -= here.mean(0)
        turn, overlap = orthogonal_procrustes(here, later - later.mean(0))
        points[epoch] = here @ turn * (overlap / np.square(here).sum()) + later.mean(0)
    return points
