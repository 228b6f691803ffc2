"""One slice: how good the run is on it, where to go from here, its queries to download, and notes."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets.downloads import downloads
from app.shared.widgets.text import plain, short
from app.slices.services import measure as slice_figures
from app.slices.services import names as slices
from app.slices.services.measure import SliceFigures
from app.slices.widgets.actions import slice_actions
from app.slices.widgets.notes import slice_notes
from app.slices.widgets.picker import offered
from pmf.data.notes import counted


def slice_panel(run: RunView, name: str, direction: str, *, key: str) -> None:
    """Draw it.

    Args:
        run: a run with predictions.
        name: of the slice, "" for everything.
        direction: from which graph is asked.
        key: of the widgets, unique on the page.
    """
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="large")
        with left:
            head = st.container()
            options = {"": "nothing else", **offered(run)}
            chosen = st.selectbox(
                "Combine with",
                [other for other in options if other != name or not other],
                format_func=lambda other: short(options[other], 80),
                key=f"{key}.and",
            )
            name = slices.combine(part for part in (name, chosen) if part)
            with head:
                st.markdown(f"**{plain(slices.title(run, name) if name else slice_figures.EVERYTHING, 200)}**")
                st.markdown(sentence(slice_figures.figures(run, name, direction)))
            slice_actions(run, slice_name=name, direction=direction, key=f"{key}.actions")
            st.caption("Download its test queries with truth, prediction and rank:")
            downloads(
                lambda: slice_figures.queries(run, name, direction),
                name=f"slice_queries_{run.run_id}_{direction}",
                key=f"{key}.queries",
            )
        with right:
            if name:
                slice_notes(run, name, key=f"{key}.notes")


def sentence(figures: SliceFigures) -> str:
    """Size, errors, Hits@1 and MRR with their intervals, in one sentence."""
    if not figures.size:
        return "No test query of this direction is in it."
    (low, high), (least, most) = figures.hits_interval, figures.mrr_interval
    queries = counted(figures.size, "test query").replace("querys", "queries")
    return (
        f"{figures.wrong:,} of {queries} wrong · Hits@1 {figures.hits_at_1:.1%} ({low:.1%} to {high:.1%}) · "
        f"MRR {figures.mrr:.3f} ({least:.3f} to {most:.3f})"
    )
