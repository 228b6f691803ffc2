"""Beside and under the maps: the chosen entity, its nearest in the embedding, and the maps that are to be drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.embeddings.services import colour as points_colour
from app.embeddings.services import filter as points_filter
from app.embeddings.services import placement as points
from app.embeddings.services.nearest import NEAREST
from app.embeddings.widgets import data as points_data
from app.embeddings.widgets.controls import Shown
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import OUTCOMES, RunView
from app.shared.widgets import picture, url
from app.shared.widgets.background import background
from app.shared.widgets.entity_card import card
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short


def chosen_entity(run: RunView, data: Dataset, entity: int) -> None:
    """The chosen entity's card, and those of what the lines lead to."""
    card(run, data, entity, role=OUTCOMES[int(run.outcome[entity])])
    url.link("matches", "How it was matched", {"pair": entity}, icon=":material/compare_arrows:")
    ends = points.chosen(run, entity)
    if "prediction" in ends:
        card(run, data, ends["prediction"], role="✕ its prediction")
    if "truth" in ends:
        card(run, data, ends["truth"], role="its true counterpart")


def nearest_table(run: RunView, data: Dataset, view: str, entity: int) -> None:
    """The chosen entity's nearest in the embedding itself, and where the map has them."""
    name = plain(short(run.labels[entity], 60))
    st.header(f"Nearest in the {view} embedding itself", anchor=False)
    nearest = points_data.nearest(run, view, entity)
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


def groups_table(run: RunView, shown: Shown) -> None:
    """What became of each group of the colouring, among the entities that pass the filters."""
    passing = points_filter.mask(run, shown.wanted, shown.view)
    groups = points_data.colouring(run, shown.colour, shown.view).groups
    rows = points_colour.by_group(run, {short(name, 60): ids[passing[ids]] for name, ids in groups.items()})
    if len(rows) < 2 or not rows["Ranked"].any() or shown.colour == "outcome":
        return
    with st.expander(f"How each was matched, by {points_colour.COLOURS[shown.colour].lower()}"):
        st.caption("Right = its counterpart came first, of the entities whose counterpart was asked for.")
        share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
        table(
            rows,
            name="groups",
            alt=f"Entities and share matched rightly, by {points_colour.COLOURS[shown.colour].lower()}",
            column_config={"Right": share},
        )


def maps_to_draw(run: RunView) -> None:
    """Offer the maps that the engine has not drawn yet, once nobody trains the run any more."""
    if run.state.name == "running":
        st.caption(":material/info: As of the last checkpoint; the maps are drawn when training ends.")
        return
    names = points_data.outdated(run)
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
