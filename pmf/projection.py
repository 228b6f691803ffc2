"""Two-dimensional pictures of the embeddings: UMAP after PCA (McInnes et al., arXiv 1802.03426)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter

Points = npt.NDArray[np.float32]

_COMPONENTS = 50


def reduce(rows: npt.NDArray[Any], components: int = _COMPONENTS) -> Points:
    """The rows' leading principal components, `[n, min(components, n, width)]`."""
    from sklearn.decomposition import PCA

    rows = np.asarray(rows, np.float32)
    kept = min(components, *rows.shape)
    reduced: Points = PCA(kept, svd_solver="randomized", random_state=0).fit_transform(rows).astype(np.float32)
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
    rows = np.asarray(rows, np.float32)
    shown = rows.any(axis=1)
    points = np.full((len(rows), 2), np.nan, np.float32)
    if shown.sum() < 16:
        if shown.sum() >= 2:
            points[shown] = reduce(rows[shown], 2)
        return points
    import umap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a seed makes UMAP run on one core, and it says so every time
        points[shown] = umap.UMAP(n_components=2, random_state=seed).fit_transform(reduce(rows[shown]))
    return points


def project_aligned(fused: npt.NDArray[Any], seed: int) -> Points:
    """UMAP of the same entities at several epochs, kept in place from one to the next.

    Args:
        fused: `[epochs, sample, width]`.
        seed: of UMAP's own randomness.

    Returns:
        float32 `[epochs, sample, 2]`.
    """
    import umap

    epochs, sample, width = fused.shape
    reduced = reduce(fused.reshape(-1, width)).reshape(epochs, sample, -1)
    same = [{i: i for i in range(sample)}] * (epochs - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mapper = umap.AlignedUMAP(n_components=2, random_state=seed, n_epochs=100).fit(list(reduced), relations=same)
    return np.stack([np.asarray(e, np.float32) for e in mapper.embeddings_])


def project_run(run: RunReader, writer: RunWriter, progress: Callable[[str, int, int], None]) -> None:
    """Project every modality, the fused embedding and the snapshots of a run into its folder."""
    seed = int(run.config["seed"]) % 2**32
    names = [*run.modalities, "fused"]
    for done, name in enumerate(names):
        progress("projection", done, len(names) + 1)
        rows = run.embedding(name)
        if rows is not None:
            writer.projection(name, project(rows, seed))
    progress("projection", len(names), len(names) + 1)
    snapshots = run.snapshots()
    if snapshots is not None and min(snapshots["fused"].shape[:2]) >= 2 and snapshots["fused"].shape[1] >= 16:
        writer.projection("aligned", project_aligned(snapshots["fused"], seed))
    progress("projection", len(names) + 1, len(names) + 1)
