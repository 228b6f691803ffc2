"""Embeddings: where every entity ended up, and which neighbours it was confused with."""

from __future__ import annotations

import streamlit as st

from app.embeddings.widgets import data as maps
from app.embeddings.widgets.below import below
from app.embeddings.widgets.map import send_pictures, send_table, show_map
from app.shared.services.run_view import RunView
from app.shared.widgets import loading, url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head
from app.slices.widgets.picker import slice_picker


@st.fragment
def one_screen(run: RunView) -> None:
    """The map, and below it what can be done with what was chosen on it."""
    with boundary():
        place, rest = st.container(), st.container()
        with rest:
            part = slice_picker(run)
        with place:
            looked = show_map(run, maps.packed(run), part, url.integer("entity", run.n))
        with rest:
            below(run, looked)


run = head("Embeddings", "What lies close together for the model, and what should?")
with boundary():
    table = maps.packed(run)
    one_screen(run)
    send_table(table)
    send_pictures(run, table, loading.open_data(run))  # of a large run that takes seconds: not before the map is there
