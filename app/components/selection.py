"""Points chosen on a figure, as a table whose rows lead to Matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.components import picture, url
from app.components.table import table
from app.services.dataset import Dataset
from app.services.freezing import OUTCOMES
from app.services.run_view import RunView

WITH_PICTURES = 200


def clicked(state: Mapping[str, Any]) -> list[int]:
    """Entity ids of the chosen points of `app.figures.points.scatter`."""
    found = (point.get("customdata") for point in state["selection"]["points"])
    return [int(np.ravel(value)[0]) for value in found if value is not None]


def choose_clicked(key: str) -> None:
    """Callback of the figure `key`: a single point becomes the chosen entity."""
    ids = clicked(st.session_state[key])
    if len(ids) == 1:
        url.put(entity=ids[0])


def selected_table(run: RunView, data: Dataset, entities: Sequence[int]) -> None:
    """The chosen entities with their pictures; a chosen row leads to its pair."""
    ids = np.array(entities)
    rows = pd.DataFrame(
        {
            "Entity": run.labels[ids],
            "Side": np.where(ids < run.n_source, "source", "target"),
            "Prediction": [run.labels[i] if i >= 0 else "" for i in run.best[ids]],
            "Linked counterpart": [run.labels[i] if i >= 0 else "" for i in run.partner[ids]],
            "Match": [OUTCOMES[int(o)] for o in run.outcome[ids]],
        }
    )
    if data.has_pictures:
        cells = [picture.cell(run, data, int(i)) for i in ids[:WITH_PICTURES]]
        rows.insert(0, "Picture", cells + [None] * (len(ids) - len(cells)))
    st.subheader(f"{len(ids):,} entities chosen", anchor=False)
    state = table(
        rows,
        name="selection",
        alt="The entities chosen on the figure",
        hide=("Picture",),
        column_config={"Picture": st.column_config.ImageColumn(width="small")},
        row_height=48 if data.has_pictures else None,
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = state["selection"]["rows"]
    if chosen and chosen[0] < len(ids):
        label = "Open the chosen row's match"
        url.link("matches", label, {"pair": ids[chosen[0]]}, icon=":material/compare_arrows:")
    else:
        st.caption("Tick a row to open its match.")
