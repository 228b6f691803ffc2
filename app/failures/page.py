"""Failures: why queries are wrong, in which parts of the data, and what would repair them."""

from __future__ import annotations

import streamlit as st

from app.failures.widgets import answer as failure_answer
from app.failures.widgets.errors import show_errors
from app.failures.widgets.health import show_health
from app.report.widgets.report import report_button
from app.shared.services.run_view import RunView, not_yet
from app.shared.widgets import url
from app.shared.widgets.background import background
from app.shared.widgets.boundary import boundary
from app.shared.widgets.direction import direction
from app.shared.widgets.run_picker import head
from app.shared.widgets.text import plain
from app.slices.widgets.table import slice_table
from pmf.runs import layout

TABS = {"errors": "Errors", "slices": "Slices", "health": "Health"}


def controls() -> tuple[str, str]:
    """Which part of the page, and from which graph is asked."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        tab = url.choose(
            st.segmented_control, "Show", list(TABS), "tab", default="errors", format_func=TABS.get, required=True
        )
        chosen = direction()
    return tab, chosen


def show(run: RunView) -> None:
    if run.predictions is None:
        st.info(plain(not_yet(run, "Predictions are"), 400))
        return
    answer = st.container()
    tab, chosen = controls()
    with answer:
        failure_answer.answer(run, chosen)
    if tab == "slices":
        slice_table(run, chosen)
    elif run.failures is None and run.reader.results() is None:
        st.info(plain(not_yet(run, "Causes are"), 400))
    elif run.failures is None:
        background(
            run,
            "failures",
            label="Find the causes",
            why="Every wrong query gets a cause once all have been ranked without each modality: about a minute.",
        )
    elif tab == "health":
        show_health(run)
    else:
        show_errors(run, chosen)


run = head("Failures", "Why did the model get these wrong, and what would repair them?")
with boundary():
    show(run)
report_button(run, url.get("slice") or "", url.get("direction") or layout.SOURCE_TO_TARGET)
