"""The linked pairs that froze first, and those that froze last, with their pictures."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.freezing.services import relevance as freezing_relevance
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture
from app.shared.widgets.table import table
from app.slices.widgets.actions import slice_actions

SHOWN = 5


def freezing_first_last(run: RunView, data: Dataset, modality: str) -> None:
    """Two tables side by side; draws nothing where nothing froze."""
    first, last = freezing_relevance.first_and_last(run, modality, SHOWN)
    if first.empty:
        return
    st.header(f"Pairs whose {modality} froze first, and last", anchor=False)
    for column, title, rows in zip(st.columns(2, gap="medium"), ("First", "Last"), (first, last), strict=True):
        with column:
            if rows.empty:
                st.caption(f"All {len(first)} pairs that froze are in the other table.")
            else:
                _pairs(run, data, rows, f"{title} to freeze", f"{title.lower()}_frozen_{modality}")
    slice_actions(run, slice_name=f"frozen:{modality}", key="freezing.first_last")
    st.caption(
        "A pair freezes when its first side does; α is that side's relevance then, at most the threshold δ of that "
        f"epoch. Linked pairs with {modality} on both sides only."
    )


def _pairs(run: RunView, data: Dataset, rows: pd.DataFrame, title: str, name: str) -> None:
    limits = freezing.thresholds(run, name.rpartition("_")[2])
    shown = pd.DataFrame(
        {
            "Source": run.labels[rows["source"]],
            "Target": run.labels[rows["target"]],
            "Epoch": rows["epoch"].to_numpy(),
            "α": rows["relevance"].to_numpy(),
            "δ": [limits.get(epoch) for epoch in rows["epoch"]],
            "Match": [freezing.OUTCOMES[int(o)] for o in run.outcome[rows["source"]]],
        }
    )
    if data.has_pictures:
        for place, side in ((0, "source"), (2, "target")):
            shown.insert(place, f"Picture, {side}", [picture.cell(run, data, int(i)) for i in rows[side]])
    number = st.column_config.NumberColumn(format="%.2f", width=46)
    image = st.column_config.ImageColumn("Picture", width=66)
    name_ = st.column_config.TextColumn(width=90)
    st.markdown(f"**{title}**")
    table(
        shown,
        name=name,
        alt=title,
        hide=("Picture, source", "Picture, target"),
        row_height=60 if data.has_pictures else None,
        height="content",
        column_config={
            "Source": name_,
            "Target": name_,
            "α": number,
            "δ": number,
            "Epoch": st.column_config.NumberColumn(width=52),
            "Match": st.column_config.TextColumn(width=75),
            "Picture, source": image,
            "Picture, target": image,
        },
    )
