"""Entities chosen on a figure: in words, as a table, and as a slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import NOT_RANKED, OUTCOMES, RIGHT, RunView
from app.shared.widgets import picture, url
from app.shared.widgets.table import table
from app.shared.widgets.text import short
from app.slices.widgets.actions import slice_actions
from pmf.data.notes import counted

Ids = npt.NDArray[np.int64]

WITH_PICTURES = 200


def clicked(state: Mapping[str, Any]) -> list[int]:
    """Entity ids of the chosen points of a figure, from their `customdata`."""
    values = (point.get("customdata") for point in state["selection"]["points"])
    return [int(np.ravel(value)[0]) for value in values if value is not None]


def selection(run: RunView, data: Dataset, ids: Ids) -> None:
    """What is selected: in words, where to go with it, and as a table."""
    st.header(f"{counted(len(ids), 'entity')} selected", anchor=False)
    st.markdown(_in_words(run, ids))
    slice_actions(
        run, entities=ids.tolist(), title=f"{counted(len(ids), 'entity')} near each other", key="selection.actions"
    )
    selected_table(run, data, ids)


def _in_words(run: RunView, ids: Ids) -> str:
    source, outcome = int((ids < run.n_source).sum()), run.outcome[ids]
    right, ranked = int((outcome == RIGHT).sum()), int((outcome != NOT_RANKED).sum())
    parts = [f"{source:,} source, {len(ids) - source:,} target"]
    parts.append(f"● {right:,} right, ✕ {ranked - right:,} wrong" if ranked else "none of them ranked")
    partner = run.partner[ids]
    together = int(np.isin(partner[partner >= 0], ids).sum())
    parts.append(f"{together:,} of {int((partner >= 0).sum()):,} with a known counterpart have it selected too")
    return " · ".join(parts)


def selected_table(run: RunView, data: Dataset, entities: Sequence[int] | Ids) -> None:
    """The entities with their pictures; a ticked row becomes the chosen entity."""
    ids = np.asarray(entities)
    rows = pd.DataFrame(
        {
            "Entity": [short(label) for label in run.labels[ids]],
            "Side": np.where(ids < run.n_source, "source", "target"),
            "Prediction": [short(run.labels[i]) if i >= 0 else "" for i in run.best[ids]],
            "Linked counterpart": [short(run.labels[i]) if i >= 0 else "" for i in run.partner[ids]],
            "Match": [OUTCOMES[int(o)] for o in run.outcome[ids]],
        }
    )
    if data.has_pictures:
        cells = [picture.cell(run, data, int(i)) for i in ids[:WITH_PICTURES]]
        rows.insert(0, "Picture", cells + [None] * (len(ids) - len(cells)))
    key = f"selection.{hash(ids.tobytes())}"
    table(
        rows,
        name="selection",
        alt="The entities selected on the figure",
        hide=("Picture",),
        column_config={"Picture": st.column_config.ImageColumn(width="small")},
        row_height=48 if data.has_pictures else None,
        placeholder="",
        height=min(420, 60 + (49 if data.has_pictures else 36) * len(ids)),
        on_select=lambda: _choose_row(key, ids),
        selection_mode="single-row",
        key=key,
    )
    st.caption("Tick a row to look at the entity above, with its counterpart and prediction.")


def _choose_row(key: str, ids: Ids) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        url.put(entity=int(ids[rows[0]]))
