"""Which pair is looked at, and the way to the next one; in the address bar."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import url


def pair_in_url(run: RunView) -> tuple[int | None, int | None]:
    """`?pair=query` or `?pair=query-candidate`; None for what is not there or makes no sense."""
    ids = [url.number(part, run.n) for part in (url.get("pair") or "").split("-")]
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
            more = 0 <= to < len(ids)
            st.button(
                label,
                icon=icon,
                shortcut=shortcut,
                disabled=not more,
                help=None if more else f"No pair comes {'before' if move < 0 else 'after'} this one.",
                on_click=lambda to=to: url.put(pair=int(ids[to])),
                key=f"pair_step.{label}",
            )
        st.markdown(f"**{at + 1:,}** of {len(ids):,}" if at is not None else f"outside the {len(ids):,} filtered")
