"""One pair: the two beside the truth, other candidates, and what speaks for it and against it."""

from __future__ import annotations

import streamlit as st

from app.matches.widgets.differences import show_differences
from app.matches.widgets.filmstrip import filmstrip
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets.boundary import boundary
from app.shared.widgets.comparison import both_neighbours
from app.shared.widgets.entity_card import card
from app.shared.widgets.pair_evidence import candidate_table, evidence
from app.shared.widgets.pair_reasons import reasons
from app.shared.widgets.pair_verdict import role
from app.shared.widgets.text import plain


def show_pair(run: RunView, data: Dataset, query: int, other: int) -> None:
    """The cards, the candidates, the evidence, the reasons and the neighbours of a pair."""
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
