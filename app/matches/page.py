"""Matches: one pair at a time, and why it was or was not matched; and which relations agree."""

from __future__ import annotations

import streamlit as st

from app.matches.widgets.alignment import take_alignment
from app.matches.widgets.filter import match_filter
from app.matches.widgets.pair import show_pair
from app.matches.widgets.relations import relations
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView, not_yet
from app.shared.widgets import loading, url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.entity_card import card
from app.shared.widgets.pair_step import pair_in_url, step
from app.shared.widgets.pair_verdict import switch, verdict
from app.shared.widgets.run_picker import head
from app.shared.widgets.text import plain
from app.slices.services import queue as queries

TABS = {"pairs": "Pairs", "relations": "Relations"}


def choose_pair(run: RunView, data: Dataset) -> tuple[int | None, int | None]:
    """The pair in the address, else the first of the filtered queries."""
    query, other = pair_in_url(run)
    if run.predictions is None:
        st.info(plain(not_yet(run, "Predictions are")))
        return query, other
    ids = match_filter(run)
    take_alignment(run)
    if query is None and len(ids) == 0:
        st.info("No match passes these filters; widen one of them.")
        return None, None
    query = queries.opening(run, data, ids) if query is None else query
    other = default_other(run, query) if other is None else other
    steps, words, buttons = st.columns([6, 8, 3], vertical_alignment="center")
    with steps:
        step(ids, query)
    with words:
        verdict(run, query)
    with buttons:
        switch(run, query, other)
    return query, other


def default_other(run: RunView, query: int) -> int | None:
    """What a query is shown beside: its prediction, else its linked counterpart."""
    other = int(run.best[query]) if run.best[query] >= 0 else int(run.partner[query])
    return other if other >= 0 else None


def show_pairs(run: RunView, data: Dataset) -> None:
    query, other = choose_pair(run, data)
    if query is None:
        return
    other = default_other(run, query) if other is None else other
    if other is None:
        card(run, data, query, role="no counterpart known")
    else:
        show_pair(run, data, query, other)


run = head("Matches", "Why were these two matched, or why not?")
data = loading.open_data(run)
if data.problem:
    st.info(plain(data.problem, 400))
    tab = "pairs"
else:
    settings = {"format_func": TABS.get, "required": True, "label_visibility": "collapsed"}
    tab = url.choose(st.segmented_control, "Look at", list(TABS), "tab", default="pairs", **settings)
with boundary():
    {"pairs": show_pairs, "relations": relations}[tab](run, data)
