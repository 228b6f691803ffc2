"""Embeddings: where every entity ended up, and which neighbours it was confused with."""

from __future__ import annotations

import streamlit as st

from app.embeddings.widgets.controls import points_controls
from app.embeddings.widgets.map import every_view, one_map, over_the_epochs
from app.embeddings.widgets.side import chosen_entity, groups_table, maps_to_draw, nearest_table
from app.shared.widgets import loading
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head
from app.slices.widgets.selection import selected, selection

FIGURES = {"one": one_map, "each": every_view, "epochs": over_the_epochs}

run = head("Embeddings", "What lies close together for the model, and what should?")
shown, entity = points_controls(run)
if shown.show == "each":  # small maps take the whole width
    left, middle = st.container(), st.container()
    right, below = st.columns([3, 5], gap="medium")
else:
    left, right = st.columns([5, 3], gap="medium")
    middle, below = st.container(), st.container()
with left, boundary():
    FIGURES[shown.show](run, shown, entity)
with left, boundary():
    maps_to_draw(run)
    groups_table(run, shown)
ids = selected(run)
if entity is None:
    right.info("Click a point or search for an entity to see its picture, its counterpart and its prediction.")
if entity is not None or ids is not None:
    data = loading.open_data(run)  # of a large run that takes seconds: not before the map is drawn
    if entity is not None:
        with right, boundary():
            chosen_entity(run, data, entity)
    if ids is not None:
        with middle, boundary():
            selection(run, data, ids)
    if entity is not None:
        with below, boundary():
            nearest_table(run, data, shown.view, entity)
