"""What to look through on the Matches page; all of it in the address bar."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.direction import direction
from app.slices.services import queue as queries
from app.slices.services.queue import ORDER, SHOW, SPLITS, Filter, Ids
from app.slices.widgets.actions import slice_actions
from app.slices.widgets.picker import slice_picker


def match_filter(run: RunView) -> Ids:
    """The controls, and a way to take all that passes along; returns the queries that pass, in their order."""
    first, second = st.columns([3, 2, 2], vertical_alignment="bottom"), st.columns(4, vertical_alignment="bottom")
    tested = bool(run.reader.links["split"].eq("test").any())
    with first[0]:
        chosen = direction()
    with first[1]:
        show = url.choose(
            st.segmented_control,
            "Show",
            list(SHOW),
            "show",
            default="wrong" if tested else "all",
            format_func=SHOW.get,
            required=True,
        )
    with second[0]:
        part = slice_picker(run)
    with second[1]:
        order = url.choose(st.selectbox, "Order", list(ORDER), "order", default="margin", format_func=ORDER.get)
    with second[2]:
        split = url.choose(
            st.selectbox, "Links", list(SPLITS), "split", default="test" if tested else "all", format_func=SPLITS.get
        )
    with second[3]:
        text = url.text("Name contains", "q", type="search", placeholder="any name")
    wanted = Filter(direction=chosen, show=show, order=order, split=split, slice_name=part, text=text)
    ids = queries.queue(run, wanted)
    why = None if len(ids) else "No query passes the filters."
    with first[2], st.popover(f"Keep these {len(ids):,}", icon=":material/bookmark:", disabled=bool(why), help=why):
        st.caption("Keep them as a slice, under a name, and look at it on another page.")
        pages = ("review", "failures", "embeddings")
        slice_actions(run, entities=ids, title=queries.title(run, wanted), key="match_filter.keep", pages=pages)
    return ids
