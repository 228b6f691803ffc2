"""The errors of a slice as a list, each of which opens as a card."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import loading, picture, url
from app.shared.widgets.table import table
from app.slices.services import errors as failures
from app.slices.services.errors import ORDER, Ids
from app.slices.services.repair import known

WITH_PICTURES = 100
REPAIR = (
    "Repair = the one modality that, left out of the run or not frozen, lets the truth come first as the run ranks; "
    "empty where none does."
)
UNKNOWN = "Repairs are not known for this run: its causes were found by an older version, or its decoding allows none."


def order() -> str:
    """In which order to look."""
    return str(url.choose(st.selectbox, "Order", list(ORDER), "order", default="gain", format_func=ORDER.get))


def error_list(run: RunView, ids: Ids) -> None:
    """One row an error: what was asked, the truth, what came first instead, why, and what would repair it."""
    rows = failures.listing(run, run.failures.loc[ids])
    pictures = "image" in run.modalities  # else the data set, which takes long to read, is not needed
    if pictures:
        data = loading.open_data(run)
        for column, which in (("Picture", ids), ("Its picture", run.best[ids])):
            cells = [(i >= 0 and picture.cell(run, data, int(i))) or "" for i in which[:WITH_PICTURES]]
            if any(cells):
                place = 0 if column == "Picture" else rows.columns.get_loc("Prediction")
                rows.insert(place, column, cells + [""] * (len(ids) - len(cells)))
    name = f"errors_{run.run_id}"

    def open_row() -> None:
        chosen = st.session_state[f"table.{name}"]["selection"]["rows"]
        if chosen and chosen[0] < len(ids):
            url.put(pair=int(ids[chosen[0]]))

    table(
        rows,
        name=name,
        alt="The errors: query, truth, prediction, cause, rank of the truth, and what would repair it",
        hide=("Picture", "Its picture"),
        column_config={
            "Picture": st.column_config.ImageColumn(width=66),
            "Its picture": st.column_config.ImageColumn(width=80),
            "Rank": st.column_config.NumberColumn(format="%.10g", width=60),
        },
        row_height=48 if pictures else None,
        on_select=open_row,
        selection_mode="single-row",
    )
    st.caption(f"Rank = of the truth. {REPAIR if known(run) else UNKNOWN} Tick a row to open its card.")
