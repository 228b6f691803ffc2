"""The errors of a direction: their causes, the slice that was chosen, and one error after the other."""

from __future__ import annotations

import streamlit as st

from app.failures.widgets import causes as failure_causes
from app.failures.widgets.card import both_reasons, failure_card
from app.failures.widgets.examples import cause_examples
from app.failures.widgets.list import error_list, order
from app.shared.services.run_view import RunView
from app.shared.widgets import loading
from app.shared.widgets.boundary import boundary
from app.shared.widgets.pair_step import pair_in_url
from app.slices.services import errors as failures
from app.slices.services import measure as slice_figures
from app.slices.services import names as slices
from app.slices.widgets.actions import slice_actions
from app.slices.widgets.panel import sentence
from app.slices.widgets.picker import slice_picker
from pmf.data.notes import counted


def show_errors(run: RunView, direction: str) -> None:
    """Causes and errors of the slice in the address, or the card of the pair in it."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        part = slice_picker(run)
    with right:
        by = order()
    table = failures.asked(run, direction, part)
    wrong = failures.errors(table)
    ids = failures.ordered(run, wrong, by)
    query, other = pair_in_url(run)
    if query is not None:
        data, beside = loading.open_data(run), failures.beside(run, query) if other is None else other
        failure_card(run, data, ids, query, beside)
        both_reasons(run, data, query, beside)
        return
    parts, cause = failures.split(run, part)
    whole = failures.asked(run, direction, slices.combine(parts))
    if failures.errors(whole).empty:
        none = "No test query of this direction is in this part."
        st.success(f"No error here: all of the {len(whole):,} test queries are right." if len(whole) else none)
        return
    if parts:
        st.markdown(sentence(slice_figures.figures(run, slices.combine(parts), direction)))
    bars, matrix = st.columns(2, gap="medium")
    with bars, boundary():
        failure_causes.causes(failures.errors(whole), parts, cause)
        failure_causes.legend(run)
    with matrix, boundary():
        failure_causes.breakdown(run, whole, parts)
    with boundary():
        cause_examples(run, loading.open_data(run), wrong)
    st.header(counted(len(wrong), "error"), anchor=False)
    if cause:
        failure_causes.about(run, cause)
    if part:
        slice_actions(
            run, slice_name=part, direction=direction, key="failures.slice", pages=("matches", "review", "embeddings")
        )
    error_list(run, ids)
