"""An entity's nearest in the embedding itself, and whether the picture shows them near."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.embeddings.services.placement import Points
from app.shared.services.run_view import RunView

NEAREST = 10
_BLOCK = 4096


def nearest(run: RunView, view: str, entity: int, points: Points) -> pd.DataFrame:
    """The entities of both graphs with the largest cosine to one of them.

    Args:
        run: the run.
        view: "fused" or a modality.
        entity: the one.
        points: `[entities, 2]`, the map.

    Returns:
        Columns `entity`, `cosine` and `place`: where it comes among the nearest on the map, 1 = nearest, NaN where
        either is not shown; empty where the entity has no such feature.
    """
    cosine = _cosines(run.reader.embedding(view), entity)
    if cosine is None:
        return pd.DataFrame({"entity": np.array([], np.int64), "cosine": [], "place": []})
    ids = np.argsort(-cosine, kind="stable")[:NEAREST]
    ids = ids[np.isfinite(cosine[ids])]
    distance = np.linalg.norm(points - points[entity], axis=1)
    distance[entity] = np.nan
    place = [(distance < distance[i]).sum() + 1 if np.isfinite(distance[i]) else np.nan for i in ids]
    return pd.DataFrame({"entity": ids, "cosine": cosine[ids], "place": np.array(place, float)})


def _cosines(embedding: npt.NDArray[np.float16] | None, entity: int) -> npt.NDArray[np.float32] | None:
    """Cosine of one row to each, -inf to itself and to rows of zeros; None where it is zero itself."""
    if embedding is None or not embedding[entity].any():
        return None
    query = np.asarray(embedding[entity], np.float32)
    cosine = np.full(len(embedding), -np.inf, np.float32)
    for start in range(0, len(embedding), _BLOCK):
        rows = np.asarray(embedding[start : start + _BLOCK], np.float32)
        length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        there = length > 0
        cosine[start : start + len(rows)][there] = (rows @ query)[there] / length[there]
    cosine /= np.linalg.norm(query)
    cosine[entity] = -np.inf
    return cosine
