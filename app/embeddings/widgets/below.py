"""Below the map: what can be done with what was chosen on it, what lies near it in truth, and maps to be drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.embeddings.services.nearest import NEAREST
from app.embeddings.widgets import data as maps
from app.embeddings.widgets.map import Looked
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import loading, picture, url
from app.shared.widgets.background import background
from app.shared.widgets.boundary import boundary
from app.shared.widgets.downloads import downloads
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short
from app.slices.widgets.selection import selection

ATLAS = """One row an entity: who it is, what became of it, and where it lies on each map. Apple's
[Embedding Atlas](https://apple.github.io/embedding-atlas/) opens the Parquet file:

    embedding-atlas map.parquet --text label --x x_fused --y y_fused
"""


def below(run: RunView, looked: Looked) -> None:
    """What the server adds to the map."""
    maps_to_draw(run)
    if looked.ids or looked.entity is not None:
        data = loading.open_data(run)
        if looked.ids:
            with boundary():
                selection(run, data, np.unique(looked.ids))
        if looked.entity is not None:
            with boundary():
                url.link("matches", "How it was matched", {"pair": looked.entity}, icon=":material/compare_arrows:")
                nearest_table(run, data, looked.view, looked.entity)
    with st.expander("Take it along: the table, and the maps in Embedding Atlas", icon=":material/download:"):
        st.markdown(ATLAS)
        downloads(lambda: maps.table(run), name=f"map_{run.run_id}", key="embeddings.table")


def nearest_table(run: RunView, data: Dataset, view: str, entity: int) -> None:
    """The chosen entity's nearest in the embedding itself, and where the map has them."""
    name = plain(short(run.labels[entity], 60))
    st.header(f"Nearest in the {view} embedding itself", anchor=False)
    nearest = maps.nearest(run, view, entity)
    if nearest.empty:
        st.info(f"{name} has no {view} feature, so nothing is near it, and it is not on this map.")
        return
    ids = nearest["entity"].to_numpy()
    rows = pd.DataFrame(
        {
            "Entity": [short(label) for label in run.labels[ids]],
            "Side": np.where(ids < run.n_source, "source", "target"),
            "Cosine": nearest["cosine"].round(3),
            "On the map": [_place(place) for place in nearest["place"]],
            "It is": [_role(run, entity, int(other)) for other in ids],
        }
    )
    if data.has_pictures:
        rows.insert(0, "Picture", [picture.cell(run, data, int(i)) for i in ids])
    key = f"nearest.{view}.{entity}"
    near = int((nearest["place"] <= NEAREST).sum())
    st.caption(
        f"The {len(ids)} of all entities whose {view} embedding has the largest cosine to that of {name}; on the map "
        f"{near} of them are among its {NEAREST} nearest. Tick a row to go there."
    )
    table(
        rows,
        name=f"nearest_{view}",
        alt=f"The entities nearest to {short(run.labels[entity], 60)} in the {view} embedding",
        hide=("Picture",),
        column_config={"Picture": st.column_config.ImageColumn(width="small")},
        row_height=44 if data.has_pictures else None,
        placeholder="",
        on_select=lambda: _go_to(key, ids.tolist()),
        selection_mode="single-row",
        key=key,
    )


def maps_to_draw(run: RunView) -> None:
    """Offer the maps that the engine has not drawn yet, once nobody trains the run any more."""
    if run.state.name == "running":
        st.caption(":material/info: As of the last checkpoint; the maps are drawn when training ends.")
        return
    names = maps.outdated(run)
    if names:
        which = "Maps" if len(names) > 1 else "The map"
        background(
            run,
            "maps",
            label="Draw the maps" if len(names) > 1 else "Draw the map",
            why=f"{which} of {', '.join(names)}: by UMAP, which keeps neighbourhoods, measured against the embedding; "
            f"{_takes(run, len(names))}, in the background.",
        )


def _takes(run: RunView, maps: int) -> str:
    """About how long; measured on two busy cores: 10 s a map and 1.2 ms an entity."""
    seconds = maps * (10 + 0.0012 * run.n)
    return f"about {round(seconds / 60)} minutes" if seconds > 90 else "about a minute"


def _place(place: float) -> str:
    if not np.isfinite(place):
        return "not shown"
    rank = int(place)
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending} nearest"


def _role(run: RunView, entity: int, other: int) -> str:
    parts = {"its counterpart": int(run.partner[entity]), "its prediction": int(run.best[entity])}
    return ", ".join(role for role, which in parts.items() if which == other)


def _go_to(key: str, ids: list[int]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        url.put(entity=ids[rows[0]])
