"""Everything that a map shows of the entities, as one table: what the browser gets, and what people take along."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.embeddings.services.facets import facets, freezing_state
from app.embeddings.services.placement import Placement
from app.shared.services.run_view import RunView


def table(run: RunView, placements: Mapping[str, Placement]) -> pd.DataFrame:
    """One row an entity: who it is, what became of it, and `x_VIEW, y_VIEW, frozen_VIEW` for each map.

    Args:
        run: the run.
        placements: view → where each entity lies on its map.

    Returns:
        `entity, label, uri`, a column a facet, `degree` as a number, `rank` of its counterpart (NaN = not ranked),
        `counterpart` and `prediction` by id (-1 = none) and by label, and the columns of the maps.
    """
    rank = np.full(run.n, np.nan)
    if run.predictions is not None:
        rank[run.predictions.index.to_numpy()] = run.predictions["rank"].to_numpy(float)
    columns = {"entity": np.arange(run.n), "label": run.labels, "uri": run.uris}
    for facet in facets(run):
        columns[facet.name] = np.array(facet.options, object)[facet.codes]
    columns |= {"degree": run.degree, "rank": rank, "counterpart": run.partner, "prediction": run.best}
    for name, ids in (("counterpart_label", run.partner), ("prediction_label", run.best)):
        columns[name] = np.where(ids >= 0, run.labels[ids], "")
    for view, placement in placements.items():
        state = freezing_state(run, view)
        columns[f"x_{view}"], columns[f"y_{view}"] = placement.points.T
        columns[f"frozen_{view}"] = np.array(state.options, object)[state.codes]
    return pd.DataFrame(columns)
