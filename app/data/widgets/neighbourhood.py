"""What lies around an entity, drawn and listed; a chosen neighbour becomes the entity shown."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.data.figures import neighbourhood as figures
from app.data.services.neighbourhood import Edge, Neighbourhood, neighbourhood
from app.shared.services.data_view import DataView
from app.shared.widgets import url
from app.shared.widgets.chart import below
from app.shared.widgets.table import table
from app.shared.widgets.text import short
from pmf.data.notes import counted

HOPS = {1: "1 step", 2: "2 steps"}
HEIGHT = 460


def neighbours(view: DataView, entity: int) -> None:
    """The graph and what it leaves out, beside every relation triple as a table."""
    if not view.data.neighbours(entity):
        st.info("This entity has no neighbours: no relation triple leads from it or to it.")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        hops = url.choose(
            st.segmented_control, "Around it", list(HOPS), "hops", default=1, format_func=HOPS.get, required=True
        )
        around = neighbourhood(view, entity, hops)
        key = f"neighbourhood.{entity}.{hops}"
        _draw(view, around, int(view.partner[entity]), key)
        left_out = f" {around.left_out:,} less connected entities are left out." if around.left_out else ""
        below(
            key,
            "● source, ◆ target; arrows are relations, named when you point at them; the dashed line leads to the "
            f"known counterpart. Click an entity to go there.{left_out}",
            lambda: _edges(view, around),
        )
    with right:
        _list(view, entity)


def _draw(view: DataView, around: Neighbourhood, partner: int, key: str) -> None:
    places = {entity: place for place, entity in enumerate(around.entities)}
    nodes = [_node(view, entity, hop) for entity, hop in zip(around.entities, around.hops, strict=True)]
    edges = [Edge(head=places[e.head], tail=places[e.tail], relation=short(e.relation)) for e in around.edges]
    ids = [*around.entities, *([partner] if partner >= 0 else [])]
    st.echarts_chart(
        figures.neighbourhood(nodes, edges, _node(view, partner, 1) if partner >= 0 else None),
        height=HEIGHT,
        renderer="svg",
        key=key,
        alt=f"Graph of {len(nodes)} entities around {short(view.pair.labels[around.entities[0]])}",
        on_select=lambda: _go(key, ids),
    )


def _node(view: DataView, entity: int, hop: int) -> dict[str, object]:
    side = "source" if view.is_source(entity) else "target"
    about = f"{side}, {counted(int(view.entities['degree'].iloc[entity]), 'relation triple')}"
    return {"label": short(view.pair.labels[entity], 60), "side": side, "hop": hop, "about": about}


def _edges(view: DataView, around: Neighbourhood) -> pd.DataFrame:
    """What the arrows say."""
    labels = view.pair.labels
    rows = [(labels[edge.head], edge.relation, labels[edge.tail]) for edge in around.edges]
    return pd.DataFrame(rows, columns=["head", "relation", "tail"])


def _go(key: str, ids: list[int]) -> None:
    for group in st.session_state[key]["selection"]["selected"]:
        if group["data_type"] == "node" and group["data_indices"]:
            url.put(entity=ids[group["data_indices"][0]])


def _list(view: DataView, entity: int) -> None:
    neighbours = view.data.neighbours(entity)
    labels = view.pair.labels
    rows = pd.DataFrame(
        {
            "Relation": [f"{'→' if n.forward else '←'} {short(n.relation)}" for n in neighbours],
            "Neighbour": [short(labels[n.entity]) for n in neighbours],
            "Its known counterpart": [
                short(labels[view.partner[n.entity]]) if view.partner[n.entity] >= 0 else "" for n in neighbours
            ],
        }
    )
    key = f"neighbours.{entity}"

    def go() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen and chosen[0] < len(neighbours):
            url.put(entity=neighbours[chosen[0]].entity)

    table(
        rows,
        name=f"neighbours_{entity}",
        alt="Every relation triple of the entity",
        height="auto" if len(rows) < 12 else HEIGHT,
        on_select=go,
        selection_mode="single-row",
        key=key,
    )
