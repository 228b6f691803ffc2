"""What to look through on the Matches page, and where one is in it; all of it in the address bar."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.matches.services import matches
from app.matches.services.matches import ORDER, SHOW, SPLITS, Filter, Ids
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.direction import direction
from app.slices.widgets.actions import slice_actions
from app.slices.widgets.picker import slice_picker


def match_filter(run: RunView) -> Ids:
    """The controls, and a way to take all that passes along; returns the queries that pass, in their order."""
    first, second = st.columns([3, 2, 2], vertical_alignment="bottom"), st.columns(4, vertical_alignment="bottom")
    with first[0]:
        asked = direction()
    with first[1]:
        show = url.choose(
            st.segmented_control, "Show", list(SHOW), "show", default="wrong", format_func=SHOW.get, required=True
        )
    with second[0]:
        part = slice_picker(run)
    with second[1]:
        order = url.choose(st.selectbox, "Order", list(ORDER), "order", default="margin", format_func=ORDER.get)
    with second[2]:
        split = url.choose(st.selectbox, "Links", list(SPLITS), "split", default="test", format_func=SPLITS.get)
    with second[3]:
        text = url.text("Name holds", "q", type="search", placeholder="any name")
    wanted = Filter(direction=asked, show=show, order=order, split=split, slice_name=part, text=text)
    ids = matches.queue(run, wanted)
    with first[2], st.popover(f"Take these {len(ids):,} along", icon=":material/bookmark:", disabled=not len(ids)):
        st.caption("Keep them as a slice, under a name, and look at it on another page.")
        pages = ("review", "failures", "embeddings")
        slice_actions(run, entities=ids, title=matches.title(run, wanted), key="match_filter.keep", pages=pages)
    return ids


def pair_in_url(run: RunView) -> tuple[int | None, int | None]:
    """`?pair=query` or `?pair=query-candidate`; None for what is not there or makes no sense."""
    parts = (url.get("pair") or "").split("-")
    ids = [int(p) if p.isascii() and p.isdigit() and int(p) < run.n else None for p in parts]
    query, other = ids[0], ids[1] if len(ids) == 2 else None
    if query is None or (other is not None and run.is_source(query) == run.is_source(other)):
        return query, None
    return query, other


def step(ids: Sequence[int], query: int) -> None:
    """Previous and next within the filtered queries, and the place in them."""
    places = {int(entity): i for i, entity in enumerate(ids)}
    at = places.get(query)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, move, shortcut, icon in (
            ("Previous", -1, "Left", ":material/chevron_left:"),
            ("Next", 1, "Right", ":material/chevron_right:"),
        ):
            to = 0 if at is None else at + move
            st.button(
                label,
                icon=icon,
                shortcut=shortcut,
                disabled=not 0 <= to < len(ids),
                on_click=lambda to=to: url.put(pair=int(ids[to])),
                key=f"match_filter.{label}",
            )
        st.markdown(f"**{at + 1:,}** of {len(ids):,}" if at is not None else f"outside the {len(ids):,} filtered")
