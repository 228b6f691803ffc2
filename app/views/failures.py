"""Failures: why queries are wrong, in which parts of the data, and what would repair them."""

from __future__ import annotations

import streamlit as st

from app.components import failure_answer, url
from app.components.background import background
from app.components.boundary import boundary
from app.components.direction import direction
from app.components.failure_errors import show_errors
from app.components.failure_health import show_health
from app.components.report import report_button
from app.components.run_picker import head
from app.components.slice_table import slice_table
from app.components.text import plain
from app.services import matches
from app.services.run_view import RunView

TABS = {"errors": "Errors", "slices": "Slices", "health": "Health"}


def controls() -> tuple[str, str]:
    """Which part of the page, and from which graph is asked."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        tab = url.choose(
            st.segmented_control, "Show", list(TABS), "tab", default="errors", format_func=TABS.get, required=True
        )
        asked = direction()
    return tab, asked


def show(run: RunView) -> None:
    if run.predictions is None:
        st.info(plain(matches.not_yet(run, "Predictions are"), 400))
        return
    answer = st.container()
    tab, asked = controls()
    with answer:
        failure_answer.answer(run, asked)
    if tab == "slices":
        slice_table(run, asked)
    elif run.failures is None and run.reader.results() is None:
        st.info(plain(matches.not_yet(run, "Causes are"), 400))
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
        show_errors(run, asked)


run = head("Failures", "Why did the model get these wrong, and what would repair them?")
with boundary():
    show(run)
report_button(run)
