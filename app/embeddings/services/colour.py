"""What each point is coloured by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.embeddings.services.placement import Ids, Points
from app.shared.services.run_view import NOT_RANKED, RIGHT, RunView
from pmf.failures.causes import CAUSES
from pmf.runs import layout

COLOURS = {
    "graph": "Graph",
    "outcome": "Right or wrong",
    "frozen": "Frozen",
    "degree": "Degree",
    "type": "Type",
    "cause": "Cause of error",
    "cluster": "Cluster on the map",
}
OUTCOMES = np.array(["not ranked", "wrong", "right"])  # by outcome + 1
STATES = ("missing", "in use", "frozen")
SIDES = ("source", "target")
MOST_TYPES = 8
CLUSTERS = 10
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colouring:
    """Which entities go together.

    Args:
        groups: name → entities; every entity is in exactly one.
        values: `[entities]`, what a scale of colours shows instead; None where each group has its own colour.
    """

    groups: dict[str, Ids]
    values: npt.NDArray[np.int64] | None = None


def colours(run: RunView) -> dict[str, str]:
    """Name → title of what a run can be coloured by."""
    absent = {"type": not any(run.types), "cause": run.failures is None, "outcome": run.predictions is None}
    return {name: title for name, title in COLOURS.items() if not absent.get(name)}


def colouring(run: RunView, colour: str, view: str, points: Points) -> Colouring:
    """Sort the entities into groups.

    Args:
        run: the run.
        colour: a key of `COLOURS`.
        view: "fused" or a modality; "frozen" is about this modality, for "fused" about any.
        points: `[entities, 2]`, the map that clusters are found on.
    """
    sides = _by(np.where(np.arange(run.n) < run.n_source, *SIDES), SIDES)
    if colour in ("graph", "degree"):
        return Colouring(groups=sides, values=run.degree if colour == "degree" else None)
    if colour == "outcome":
        return Colouring(groups=_by(OUTCOMES[run.outcome + 1], ("not ranked", "right", "wrong")))
    if colour == "frozen":
        return Colouring(groups=_by(freezing_state(run, view), STATES))
    if colour == "type":
        return Colouring(groups=_most(run.types, "no type"))
    if colour == "cause":
        titles = {name: cause.title for name, cause in CAUSES.items()}
        return Colouring(groups=_most(np.array([titles.get(c, c) for c in run.causes], object), "no error"))
    return Colouring(groups=clusters(points))


def by_group(run: RunView, groups: Mapping[str, Ids]) -> pd.DataFrame:
    """What became of the entities of each group: columns `Group, Entities, Ranked, Right` (share of the ranked)."""
    rows = []
    for name, ids in groups.items():
        outcome = run.outcome[ids]
        ranked = int((outcome != NOT_RANKED).sum())
        share = (outcome == RIGHT).sum() / ranked if ranked else np.nan
        rows.append((name, len(ids), ranked, share))
    return pd.DataFrame(rows, columns=["Group", "Entities", "Ranked", "Right"])


def freezing_state(run: RunView, view: str) -> npt.NDArray[np.object_]:
    """ "in use", "frozen" or "missing": of a modality, or of "fused" whether any is frozen, or all are missing."""
    state = np.full(run.n, "in use", object)
    if run.frozen_at is None:
        return state
    rows = run.frozen_at if view == "fused" else run.frozen_at[[run.modalities.index(view)]]
    state[(rows >= 0).any(axis=0)] = "frozen"
    state[(rows == layout.MISSING).all(axis=0)] = "missing"
    return state


def clusters(points: Points) -> dict[str, Ids]:
    """Parts of a map by k-means, the largest first; what is not shown is in none of them."""
    from sklearn.cluster import KMeans

    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    count = min(CLUSTERS, len(np.unique(points[there], axis=0)))
    if count < 2:
        return {"cluster 1": there}
    part = KMeans(count, n_init=1, random_state=0).fit_predict(points[there])
    groups = sorted((there[part == i] for i in range(count)), key=len, reverse=True)
    return {f"cluster {i}": ids for i, ids in enumerate(groups, 1)}


def _by(names: npt.NDArray[np.generic], order: Iterable[str]) -> dict[str, Ids]:
    """The groups in the order in which they are drawn, the last on top."""
    groups = {str(name): np.flatnonzero(names == name) for name in order}
    return {name: ids for name, ids in groups.items() if len(ids)}


def _most(names: npt.NDArray[np.object_], blank: str) -> dict[str, Ids]:
    """The commonest names, the largest group first, then all others, then those without a name."""
    values, place, counts = np.unique(names.astype(str), return_inverse=True, return_counts=True)
    order = [i for i in np.argsort(-counts, kind="stable") if values[i]]
    groups = {str(values[i]): np.flatnonzero(place == i) for i in order[:MOST_TYPES]}
    groups[OTHER] = np.flatnonzero(np.isin(place, order[MOST_TYPES:]))
    groups[blank] = np.flatnonzero(names.astype(str) == "")
    return {name: ids for name, ids in groups.items() if len(ids)}
