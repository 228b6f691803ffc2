"""Embeddings: where every entity ended up, and which neighbours it was confused with."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.components import loading, url
from app.components.boundary import boundary
from app.components.chart import chart
from app.components.entity_card import card
from app.components.entity_search import entity_search
from app.components.run_picker import head
from app.components.selection import choose_clicked, clicked, selected_table
from app.figures import points as figures
from app.figures.style import MODALITY
from app.services import points
from app.services.dataset import Dataset
from app.services.freezing import OUTCOMES
from app.services.run_view import RunView

READINGS = {
    "graph": "circles are source entities, diamonds target entities; where both mix, the graphs are aligned.",
    "outcome": "● = its counterpart came first, ✕ = it did not, small rings = seeds and unlinked, never ranked.",
    "frozen": "hollow diamonds = frozen, filled circles = in use, faint dots = missing.",
}


def show_controls(run: RunView) -> tuple[str, str]:
    with st.container(horizontal=True):
        view = url.choose(st.segmented_control, "Embedding", points.views(run), "view", default="fused", required=True)
        colour = url.choose(
            st.segmented_control,
            "Colour by",
            list(points.COLOURS),
            "colour",
            default="outcome" if run.predictions is not None else "graph",
            format_func=points.COLOURS.get,
            required=True,
        )
    return view, colour


def show_points(run: RunView, view: str, colour: str, chosen: dict[str, int]) -> list[int]:
    positions, method = loading.positions(run, view)
    if method == "PCA":
        st.caption(f":material/info: {points.why_components(run)}")
    shown = points.sample(np.flatnonzero(np.isfinite(positions).all(axis=1)), tuple(chosen.values()))
    groups = {name: np.intersect1d(ids, shown) for name, ids in points.groups(run, colour, view).items()}
    figure = figures.scatter(
        positions,
        groups,
        title=f"{len(shown):,} of {run.n:,} entities by their {view} embedding",
        method=method,
        in_use=MODALITY[view],
        chosen=chosen,
    )
    key = f"points.{run.run_id}.{view}.{colour}"
    state = chart(
        figure,
        alt=f"Scatter plot of {len(shown)} entities by their {view} embedding, coloured by {points.COLOURS[colour]}",
        reading=READINGS[colour] + " Close = alike to the model; only nearness means anything. Click a point, or take "
        "lasso or box from the toolbar to choose several.",
        key=key,
        on_select=lambda: choose_clicked(key),
        config={"scrollZoom": True, "displayModeBar": True},
    )
    return clicked(state)


def show_chosen(run: RunView, data: Dataset, entity: int) -> None:
    card(run, data, entity, role=OUTCOMES[int(run.outcome[entity])])
    url.link("matches", "How it was matched", {"pair": entity}, icon=":material/compare_arrows:")
    prediction = int(run.best[entity])
    if prediction >= 0 and prediction != run.partner[entity]:
        card(run, data, prediction, role="✕ its prediction")
    if run.partner[entity] >= 0:
        card(run, data, int(run.partner[entity]), role="its true counterpart")


run = head("Embeddings", "What lies close together for the model, and what should?")
data = loading.open_data(run)
ids: list[int] | None = None
left, right = st.columns([5, 3], gap="medium")
with right:
    entity = entity_search(run)
with left, boundary():
    view, colour = show_controls(run)
    ids = show_points(run, view, colour, points.chosen(run, entity))
with right, boundary():
    if entity is None and ids is not None:
        st.info("Click a point or search for an entity to see its picture, its counterpart and its prediction.")
    elif entity is not None:
        show_chosen(run, data, entity)
with boundary():
    if ids and len(ids) > 1:
        selected_table(run, data, ids)
