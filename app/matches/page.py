"""Matches: one pair at a time, and why it was or was not matched."""

from __future__ import annotations

import streamlit as st

from app.matches.widgets.alignment import take_alignment
from app.matches.widgets.differences import show_differences
from app.matches.widgets.filmstrip import filmstrip
from app.matches.widgets.filter import match_filter
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView, not_yet
from app.shared.widgets import loading
from app.shared.widgets.boundary import boundary
from app.shared.widgets.comparison import both_neighbours
from app.shared.widgets.entity_card import card
from app.shared.widgets.pair_evidence import candidate_table, evidence
from app.shared.widgets.pair_reasons import reasons
from app.shared.widgets.pair_step import pair_in_url, step
from app.shared.widgets.pair_verdict import role, switch, verdict
from app.shared.widgets.run_picker import head
from app.shared.widgets.text import plain
from app.slices.services import queue as queries


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


def show_pair(run: RunView, data: Dataset, query: int, other: int) -> None:
    best, truth = int(run.best[query]), int(run.partner[query])
    beside = list(dict.fromkeys(entity for entity in (other, best, truth) if entity >= 0))
    shown = [query, *beside] if run.is_source(query) else [*beside, query]  # source is always left
    for column, entity in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            card(run, data, entity, role=role(run, query, entity), height="stretch")
    if best >= 0:
        with boundary():
            st.header("Candidates", anchor=False)
            filmstrip(run, data, query, other)
    left, right = st.columns([2, 3], gap="medium")
    with left, boundary():
        if run.reader.weight() is not None:
            evidence(run, query, other)
        elif run.predictions is not None:
            why = run.reader.facts.why_missing("embeddings are")
            st.info(plain(f"What each modality gives to the score is not known: {why}."))
    with right, boundary():
        if not data.problem:
            others = {name: entity for name, entity in (("prediction", best), ("truth", truth)) if entity >= 0}
            show_differences(data, query, others or {"prediction": other})
    if not data.problem:
        with boundary():
            reasons(run, data, *sorted((query, other)))
    if best >= 0:
        with st.expander("Candidates as a table", icon=":material/table:"), boundary():
            candidate_table(run, query)
    if not data.problem:
        st.header("Neighbours", anchor=False)
        both_neighbours(run, data, *sorted((query, other)))


run = head("Matches", "Why were these two matched, or why not?")
data = loading.open_data(run)
if data.problem:
    st.info(plain(data.problem, 400))
with boundary():
    query, other = choose_pair(run, data)
    if query is not None:
        other = default_other(run, query) if other is None else other
        if other is None:
            card(run, data, query, role="no counterpart known")
        else:
            show_pair(run, data, query, other)
