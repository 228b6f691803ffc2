"""Entities as points in the plane, and what each is coloured by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.services.matches import not_yet
from app.services.run_view import NOT_RANKED, RIGHT, RunView
from pmf.errors import RunFormatError
from pmf.runs import layout

Points = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

COLOURS = {"graph": "Graph", "outcome": "Right or wrong", "frozen": "Frozen"}
MOST_POINTS = 50_000


def views(run: RunView) -> tuple[str, ...]:
    """What can be drawn: the fused embedding and each modality's."""
    return ("fused", *run.modalities)


def positions(run: RunView, view: str) -> tuple[Points, str]:
    """`[entities, 2]`, NaN = not shown, and the name of the method that made it: "UMAP" or "PCA".

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    projection = run.reader.projection(view)
    if projection is not None:
        return np.array(projection), "UMAP"
    embedding = run.reader.embedding(view)
    if embedding is None:
        raise RunFormatError(_not_yet(run))
    return principal_components(embedding), "PCA"


def why_components(run: RunView) -> str:
    """Why the points are principal components and no UMAP."""
    if run.state.name == "running":
        return "As of the last checkpoint, by the two largest principal components; UMAP is drawn when training ends."
    return "No UMAP has been computed for this run; these are the two largest principal components."


def _not_yet(run: RunView) -> str:
    if run.state.name != "running":
        return not_yet(run, "Embeddings are")
    every = run.reader.config["config"]["train"]["checkpoint_every"]
    return f"Embeddings are first kept at a checkpoint, every {every} epochs; {run.run_id} has had {len(run.reports)}."


def principal_components(embedding: npt.NDArray[np.float16]) -> Points:
    """The two directions of largest variance; rows of zeros (missing) become NaN."""
    values = np.asarray(embedding, np.float32)
    present = values.any(axis=1)
    result = np.full((len(values), 2), np.nan, np.float32)
    if present.sum() > 2:
        centred = values[present] - values[present].mean(axis=0)
        _, axes = np.linalg.eigh(centred.T @ centred)
        result[present] = centred @ axes[:, :-3:-1]
    return result


def groups(run: RunView, colour: str, view: str) -> dict[str, Ids]:
    """Name of a group → its entities; every entity is in exactly one.

    Args:
        run: the run.
        colour: a key of `COLOURS`.
        view: "fused" or a modality; "frozen" is about this modality, for "fused" about any.
    """
    ids = np.arange(run.n)
    side = np.where(ids < run.n_source, "source", "target")
    if colour == "graph":
        names = side.astype(object)
    elif colour == "outcome":
        outcome = np.where(run.outcome == RIGHT, "right", "wrong").astype(object)
        names = np.where(run.outcome == NOT_RANKED, "not ranked", outcome)
    else:
        names = _freezing_state(run, view)
    return {str(name): np.flatnonzero(names == name) for name in np.unique(names.astype(str))}


def _freezing_state(run: RunView, view: str) -> npt.NDArray[np.object_]:
    state = np.full(run.n, "in use", object)
    if run.frozen_at is None:
        return state
    rows = run.frozen_at if view == "fused" else run.frozen_at[[run.modalities.index(view)]]
    state[(rows >= 0).any(axis=0)] = "frozen"
    state[(rows == layout.MISSING).all(axis=0)] = "missing"
    return state


def sample(shown: Ids, keep: tuple[int, ...] = ()) -> Ids:
    """At most `MOST_POINTS` ids, evenly spread, always with those in `keep`."""
    if len(shown) <= MOST_POINTS:
        return shown
    spread = shown[np.linspace(0, len(shown) - 1, MOST_POINTS).astype(np.int64)]
    return np.union1d(spread, np.intersect1d(shown, keep))


def chosen(run: RunView, entity: int | None) -> dict[str, int]:
    """An entity under "chosen", and under "truth" and "prediction" what lines lead to, where there is such."""
    if entity is None:
        return {}
    found = {"chosen": entity, "truth": int(run.partner[entity]), "prediction": int(run.best[entity])}
    if found["prediction"] == found["truth"]:
        found["prediction"] = -1
    return {name: other for name, other in found.items() if other >= 0}
