"""The map in the browser: hover, lasso, filters, search and the film are answered there, whatever the server does.

    table.js     the columns of a run, sent once, and where points lie
    filters.js   what passes the cross-filters, and counts
    address.js   what is looked at, in the address
    pictures.js  pictures, asked for in small lots
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
from typing import Any

import numpy as np
import streamlit as st

from app.embeddings.services.placement import views
from app.embeddings.widgets import data as maps
from app.shared.services import pictures
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import Json, numbers
from app.shared.services.run_view import RunView
from app.shared.widgets.browser import component, plotly_address
from app.slices.services import names as slices

SCRIPTS = (
    "pictures",
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
PICTURE, LOT = 144, 60  # pixels of a picture, and so many at once

_mount = component("embeddings_map", Path(__file__).parent, SCRIPTS, css="map.css", plotly=True)


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
    looked = _state(MAP, "looked")
    data = {
        "kind": "map",
        "table": table["table"],
        "plotly": plotly_address(),
        "part": numbers(np.packbits(slices.members(run, part)), "u1") if part else None,
        "partName": part,
        "entity": entity,
        "n": looked.get("n", 0),
    }
    with st.container(key=f"{MAP}-place"):
        _mount(key=MAP, data=data, on_looked_change=_keep_address)
    view = looked.get("view")
    return Looked(entity=entity, ids=_ids(looked.get("ids"), run.n), view=view if view in views(run) else "fused")


def send_table(table: Json) -> None:
    """What the map is drawn from; the browser keeps it."""
    with st.container(key="unseen.map.table"):
        _mount(key=TABLE, data={"kind": "table", **table})


@st.fragment
def send_pictures(run: RunView, table: Json, data: Dataset) -> None:
    """The pictures that the browser asks for; nothing else of the page is drawn anew with them."""
    wanted = _state(PICTURES, "wanted")
    ids = _ids(wanted.get("ids"), run.n)[:LOT]
    sent: dict[str, Any] = {
        "kind": "pictures",
        "table": table["table"],
        "n": wanted.get("n", 0),
        "has": maps.with_picture(run, data),
        "why": "data folder gone" if data.problem else "",
        "pictures": {i: pictures.small(path, PICTURE) for i in ids if (path := data.picture(i))},
    }
    with st.container(key="unseen.map.pictures"):
        _mount(key=PICTURES, data=sent, on_wanted_change=lambda: None)


def _keep_address() -> None:
    """Note what the browser has put into the address: a server that does not know of it would take it out again."""
    before = {name: st.query_params.get_all(name) for name in st.query_params}
    sent = _state(MAP, "looked").get("address")
    ours = {
        name: [str(value) for value in values]
        for name, values in (sent if isinstance(sent, dict) else {}).items()
        if name in ADDRESS and isinstance(values, list)
    }
    after = {name: values for name, values in before.items() if name not in ours} | ours  # in the browser's order
    if (after := {name: values for name, values in after.items() if values}) != before:
        st.query_params.from_dict(after)


def _state(key: str, name: str) -> Json:
    """What a browser sent, if it is of the kind that ours sends."""
    sent = (st.session_state.get(key) or {}).get(name)
    return dict(sent) if isinstance(sent, dict) else {}


def _ids(sent: Any, n: int) -> list[int]:
    """Entities that a browser named."""
    listed = sent if isinstance(sent, list) else []
    return [i for i in listed if isinstance(i, int) and not isinstance(i, bool) and 0 <= i < n]
