"""The same entities on one map at several epochs: what moves, has learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.embeddings.services.placement import Ids, Points
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.projection.drawing import ALIGNED
from pmf.projection.maps import stored
from pmf.projection.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Points over the epochs.

    Args:
        entities: `[s]`, the sample that training keeps snapshots of.
        epochs: of the snapshots, ascending.
        points: `[epochs, s, 2]`.
        method: "UMAP" or "PCA".
        quality: one an epoch, empty where it was not measured.
    """

    entities: Ids
    epochs: tuple[int, ...]
    points: Points
    method: str
    quality: tuple[Quality, ...] = ()


def course(run: RunView) -> Course | None:
    """The snapshots on one map; by principal components of the last epoch until a UMAP is there.

    Returns:
        None where training has kept fewer than two snapshots.

    Raises:
        RunFormatError: the snapshots are damaged, or of another run.
    """
    snapshots = run.reader.snapshots()
    if snapshots is None or len(snapshots["epochs"]) < 2:
        return None
    epochs, entities, rows = tuple(snapshots["epochs"].tolist()), snapshots["sample"], snapshots["fused"]
    fitting = rows.ndim == 3 and rows.shape[:2] == (len(epochs), len(entities)) and np.isfinite(rows).all()
    if not fitting or len(entities) < 2 or entities.min() < 0 or entities.max() >= run.n:
        raise RunFormatError(f"The snapshots of {run.run_id} do not fit its entities; train it anew to have them.")
    aligned = run.reader.projection(ALIGNED)
    if aligned is not None and aligned.shape == (*rows.shape[:2], 2):
        drawn = stored(run.reader).get(ALIGNED)
        quality = drawn.quality if drawn and len(drawn.quality) == len(epochs) else ()
        return Course(entities=entities, epochs=epochs, points=np.array(aligned), method="UMAP", quality=quality)
    return Course(entities=entities, epochs=epochs, points=_by_the_last(rows), method="PCA")


def _by_the_last(rows: np.ndarray) -> Points:
    """All epochs along the two directions in which the last one varies most."""
    last = np.asarray(rows[-1], np.float32)
    mean = last.mean(axis=0)
    _, _, axes = np.linalg.svd(last - mean, full_matrices=False)
    points: Points = np.stack([(np.asarray(epoch, np.float32) - mean) @ axes[:2].T for epoch in rows])
    return points


def moved(course: Course) -> Points:
    """`[epochs - 1]`: how far the points move from one snapshot to the next, in widths of the map, on average."""
    width = np.ptp(course.points[-1], axis=0).max()
    steps = np.linalg.norm(np.diff(course.points, axis=0), axis=-1)
    share: Points = steps.mean(axis=1) / max(width, 1e-12)
    return share
