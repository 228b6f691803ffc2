"""Find an entity by name; the choice lies in `?entity=`."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.text import short

TEXT, HIT = "entity_search.text", "entity_search.hit"


def entity_search(run: RunView) -> int | None:
    """The search field and its hits; returns the chosen entity."""
    chosen = url.integer("entity", run.n)
    text = st.text_input(
        "Find an entity",
        key=TEXT,
        type="search",
        placeholder="part of its name",
        on_change=_take_first,
        args=(run,),
    )
    hits = run.find(text) if text else []
    if text and not hits:
        st.caption("No entity's name contains this text.")
    elif hits:
        st.session_state[HIT] = chosen if chosen in hits else None
        st.selectbox(
            f"{len(hits)}{' or more' if len(hits) == 50 else ''} found",
            hits,
            index=None,
            key=HIT,
            format_func=lambda entity: name(run, entity),
            on_change=lambda: url.put(entity=st.session_state[HIT]),
        )
    return chosen


def name(run: RunView, entity: int) -> str:
    """Label and side, as plain text."""
    return f"{short(run.labels[entity], 80)} ({'source' if run.is_source(entity) else 'target'})"


def _take_first(run: RunView) -> None:
    hits = run.find(st.session_state[TEXT], limit=1)
    if hits:
        url.put(entity=hits[0])
