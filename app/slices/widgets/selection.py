"""Entities chosen on a figure: kept until somebody clears them, as pictures, as a table, and as a slice."""

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
from app.shared.widgets.text import count, plain, short
from app.slices.widgets.actions import slice_actions

Ids = npt.NDArray[np.int64]

KEPT = "selection.kept"
WITH_PICTURES = 200
GALLERY, A_ROW = 16, 8


def clicked(state: Mapping[str, Any]) -> list[int]:
    """Entity ids of the chosen points of a figure, from their `customdata`."""
    values = (point.get("customdata") for point in state["selection"]["points"])
    return [int(np.ravel(value)[0]) for value in values if value is not None]


def keep_clicked(key: str, run: RunView) -> None:
    """Callback of the figure `key`: a single point becomes the chosen entity, several the selection."""
    ids = list(dict.fromkeys(clicked(st.session_state[key])))
    if len(ids) == 1:
        url.put(entity=ids[0])
        st.session_state[CLICKED] = ids[0]
    else:
        st.session_state[KEPT] = (run.run_id, ids)


CLICKED = "selection.clicked"


def selected(run: RunView) -> Ids | None:
    """The selection, None while there is none."""
    run_id, ids = st.session_state.get(KEPT, ("", []))
    return np.unique(ids) if run_id == run.run_id and ids else None


def clear() -> None:
    """Let the selection go."""
    st.session_state.pop(KEPT, None)


def selection(run: RunView, data: Dataset, ids: Ids) -> None:
    """What is selected: in words, as pictures, where to go with it, and as a table."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{len(ids):,} entities selected", anchor=False, width="content")
        st.button("Clear the selection", icon=":material/close:", type="tertiary", on_click=clear)
    st.markdown(_in_words(run, ids))
    slice_actions(run, entities=ids.tolist(), title=f"{len(ids):,} entities near each other", key="selection.actions")
    if data.has_pictures:
        _gallery(run, data, ids)
    selected_table(run, data, ids)


def _in_words(run: RunView, ids: Ids) -> str:
    source, outcome = int((ids < run.n_source).sum()), run.outcome[ids]
    right, ranked = int((outcome == RIGHT).sum()), int((outcome != NOT_RANKED).sum())
    parts = [f"{source:,} source, {len(ids) - source:,} target"]
    parts.append(f"● {right:,} right, ✕ {ranked - right:,} wrong" if ranked else "none of them ranked")
    partner = run.partner[ids]
    together = int(np.isin(partner[partner >= 0], ids).sum())
    parts.append(f"{together:,} of {int((partner >= 0).sum()):,} with a known counterpart have it in here too")
    return " · ".join(parts)


def _gallery(run: RunView, data: Dataset, ids: Ids) -> None:
    with_picture = [int(i) for i in ids if data.picture(int(i)) is not None]
    shown = with_picture[:GALLERY]
    for start in range(0, len(shown), A_ROW):
        for column, entity in zip(st.columns(A_ROW), shown[start : start + A_ROW], strict=False):
            with column:
                picture.show(run, data, entity, square=True)
                st.caption(plain(short(run.labels[entity], 40)))
    if len(with_picture) > len(shown):
        st.caption(f"The first {len(shown)} of {count(len(with_picture), 'picture')}; the table has more.")


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
