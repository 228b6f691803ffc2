"""The map of a run, where one has been drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.report.figures import outcomes as figures
from app.report.services.parts import Picture, Section
from app.report.services.subject import Subject
from app.shared.services.run_view import OUTCOMES, RunView

Array = npt.NDArray[Any]

MOST_POINTS = 6000
"""On paper more of them are one blot, and a page that holds them takes long to open."""


def outcome_map(run: RunView, subject: Subject) -> Section:
    """Where the run is right and wrong; of a slice, its entities before all others."""
    projection = run.reader.projection("fused")
    if projection is None:
        missing = "No map has been drawn of this run yet: the Embeddings page draws it, and so does pmf maps."
        return Section(title="Map", sentences=(missing,))
    points = np.array(projection)
    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    shown = there
    if len(there) > MOST_POINTS:
        shown = there[np.linspace(0, len(there) - 1, MOST_POINTS).astype(np.int64)]
    groups = np.array([OUTCOMES[int(outcome)].removeprefix("● ").removeprefix("✕ ") for outcome in run.outcome], object)
    groups[~subject.members] = "outside the slice"
    words = "● = matched right, ✕ = matched wrong. Near means alike by the fused embedding, as far as a plane shows it"
    few = "" if len(shown) == len(there) else f"; {len(shown):,} of {len(there):,} entities, evenly drawn"
    picture = Picture(
        name="map",
        figure=figures.outcomes(points[shown], groups[shown]),
        data=_table(run, points, groups, there),
        alt="Map of the entities by the fused embedding, marked right, wrong or not ranked",
        reading=f"{words}{few}; seed {run.seed}.",
    )
    return Section(title="Map", pictures=(picture,))


def _table(run: RunView, points: Array, groups: Array, ids: Array) -> pd.DataFrame:
    side = np.where(ids < run.n_source, "source", "target")
    columns = {"entity": run.labels[ids], "side": side, "group": groups[ids], "x": points[ids, 0], "y": points[ids, 1]}
    return pd.DataFrame(columns)
