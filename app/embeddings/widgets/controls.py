"""What of the embeddings is shown, and how; all of it in the address bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app.embeddings.services import colour as points_colour
from app.embeddings.services import filter as points_filter
from app.embeddings.services import placement as points
from app.embeddings.services.filter import PointFilter
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.entity_search import entity_search
from app.shared.widgets.text import short
from app.slices.widgets.picker import slice_picker

SHOWS = {"one": "One map", "each": "Every embedding", "epochs": "Over the epochs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown.

    Args:
        show: a key of `SHOWS`.
        view: "fused" or a modality.
        colour: a key of `points_colour.COLOURS`.
        wanted: which entities are looked at.
    """

    show: str
    view: str
    colour: str
    wanted: PointFilter


def points_controls(run: RunView) -> tuple[Shown, int | None]:
    """The two rows of controls; returns what is shown, and the chosen entity."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show = url.choose(
            st.segmented_control, "Show", list(SHOWS), "show", default="one", format_func=SHOWS.get, required=True
        )
        view = "fused"
        if show == "one":
            view = url.choose(
                st.segmented_control, "Embedding", points.views(run), "view", default="fused", required=True
            )
    left, right = st.columns(2)  # the hits of a search come under it and move nothing else
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        colours = points_colour.colours(run)
        default = "outcome" if "outcome" in colours else "graph"
        colour = url.choose(
            st.selectbox, "Colour by", list(colours), "colour", default=default, format_func=colours.get
        )
        wanted = _filter(run, view)
    with right:
        entity = entity_search(run)
    return Shown(show=show, view=view, colour=colour, wanted=wanted), entity


def _filter(run: RunView, view: str) -> PointFilter:
    names = ("slice", *_choices(run, view))
    active = sum(bool(url.get(name)) for name in names)
    label = f"Filters ({active})" if active else "Filters"
    with st.popover(label, icon=":material/filter_alt:", key="points.filters", width="stretch"):
        part = slice_picker(run)
        chosen = {
            name: url.choose(st.selectbox, title, list(options), name, default="", format_func=options.get)
            for name, (title, options) in _choices(run, view).items()
        }
    return PointFilter(part=part, **chosen)


def _choices(run: RunView, view: str) -> Mapping[str, tuple[str, dict[str, str]]]:
    """Query parameter → title and options of the filters that this run can have."""
    of = "Any modality's state" if view == "fused" else f"State of its {view}"
    choices = {
        "side": ("Graph", points_filter.SIDES),
        "split": ("Link", points_filter.SPLITS),
        "match": ("Match", points_filter.OUTCOMES),
        "state": (of, points_filter.STATES),
    }
    if types := points_filter.types(run):
        choices["type"] = ("Type", {"": "Any type"} | {name: short(name, 60) for name in types})
    return choices
