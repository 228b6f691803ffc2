"""The map in the browser: hover, lasso, filters, search and the film are answered there, whatever the server does.

    table.js     the columns of a run, sent once, and where points lie
    filters.js   what passes the cross-filters, and counts
    address.js   zoom and corners, in the address
    plot.js      the points, drawn by Plotly
    overlay.js   rings, lines, names: what follows the hand
    film.js      through the epochs
    pane.js      beside the map: entities, the selection, the filters
    bar.js       above it: search, which map, tools
    hands.js     pointer and keys
    look.js      what is looked at
    pointing.js  who is under the pointer
    travel.js    how the map moves
    map.js       what is chosen and filtered, and what follows from it
    mount.js     where the server's messages arrive

It is mounted three times: with the table, with pictures, and as the map itself, so that each is sent only when new.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from app.embeddings.services.placement import views
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import Json, numbers
from app.shared.services.run_view import RunView
from app.shared.widgets.browser import component, pictures, plotly_address
from app.shared.widgets.browser.sent import entity_ids, keep_address, sent_state
from app.slices.services import names as slices

SHARED = ("plotly", "address", "telling", "pictures", "tables")
SCRIPTS = (
    "table",
    "filters",
    "address",
    "plot",
    "overlay",
    "film",
    "pane",
    "bar",
    "hands",
    "look",
    "pointing",
    "travel",
    "map",
    "mount",
)
MAP, TABLE, PICTURES = "embeddings-map", "embeddings-table", "embeddings-pictures"
ADDRESS = {"show", "view", "colour", "entity", "zoom", "lasso", "box", "epoch", "density"} | {
    *("graph", "match", "type", "degree", "link", "cause", "frozen", "cluster"),
}
"""Query parameters of the map: what is looked at, and its filters."""

_mount = component("embeddings_map", Path(__file__).parent, SCRIPTS, css="map.css", shared=SHARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was chosen on the map last: an entity, several that were drawn around, and on which map."""

    entity: int | None
    ids: list[int]
    view: str


def show_map(run: RunView, table: Json, part: str, entity: int | None) -> Looked:
    """The map; returns what was chosen on it.

    Args:
        run: the run.
        table: from `packed`, which `send_table` sends.
        part: name of a slice that narrows it, "" for none.
        entity: in the address.
    """
    looked = sent_state(MAP, "looked")
    data = {
        "kind": "map",
        "table": table["table"],
        "plotly": plotly_address(),
        "entities": run.n,
        "part": numbers(np.packbits(slices.members(run, part)), "u1") if part else None,
        "partName": part,
        "entity": entity,
        "n": looked.get("n", 0),
    }
    with st.container(key=f"{MAP}-place"):
        _mount(key=MAP, data=data, on_looked_change=lambda: keep_address(MAP, ADDRESS))
    view = looked.get("view")
    return Looked(entity=entity, ids=entity_ids(looked.get("ids"), run.n), view=view if view in views(run) else "fused")


def send_table(table: Json) -> None:
    """What the map is drawn from; the browser keeps it."""
    with st.container(key="unseen.map.table"):
        _mount(key=TABLE, data={"kind": "table", **table})


@st.fragment
def send_pictures(run: RunView, table: Json, data: Dataset) -> None:
    """The pictures that the browser asks for; nothing else of the page is drawn anew with them."""
    pictures.send_pictures(_mount, PICTURES, run, data, table["table"])
