"""Compare: what one run finds that another does not, and studies of many runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.compare.services.runs import MOST, other_figures
from app.compare.services.settings import unlike
from app.compare.services.story import because
from app.compare.widgets import course as compare_course
from app.compare.widgets import differences as compare_differences
from app.compare.widgets import flows as compare_flows
from app.compare.widgets.many import many_runs
from app.compare.widgets.picker import compare_picker, titles
from app.compare.widgets.result import compared
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.direction import direction
from app.shared.widgets.text import plain
from app.studies.widgets.view import pick_study, study_view

SHOW = {"runs": "Runs", "studies": "Studies"}


def show_queries(runs: Sequence[RunView], way: str, called: dict[str, str]) -> None:
    both, rows = compared(runs, way)
    if not len(both.queries):
        st.info("No query was ranked as a test link by all of these runs, so there is nothing to compare.")
        return
    reasons = {
        letter: because(runs[0], run, both, place, way)
        for place, (letter, run) in enumerate(zip(rows.index, runs, strict=True))
        if place
    }
    compare_differences.answers(rows, both, called, other_figures(runs, rows, way), reasons)
    if sentences := unlike(runs):
        caveat = " ".join([*sentences, "This may explain part of the difference."])
        st.warning(plain(caveat, 800), icon=":material/balance:")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        compare_differences.charted(rows, called)
    with right:
        compare_flows.drawing(both, called)
    compare_differences.figures_table(rows, called)
    compare_flows.chosen_flow(runs, both, way)


def show_runs() -> None:
    runs = compare_picker()
    if len(runs) < 2:
        st.info("Choose two runs or more on the same data; the others are compared with the first.")
        return
    way = direction()
    if len(runs) > MOST:
        with boundary():
            many_runs(runs, way)
        return
    called = titles(runs)
    with boundary():
        show_queries(runs, way, called)
    with boundary():
        compare_course.course(runs, way, called)
    with boundary():
        compare_course.settings(runs, called)


def show_studies() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        folder = pick_study()
    with right:
        way = direction()
    if folder is not None:
        with boundary():
            study_view(folder, way)


left, right = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
left.title("Compare", anchor=False)
left.caption("What does one run find that another misses, and why?")
with right:
    show = url.choose(
        st.segmented_control, "Compare", list(SHOW), "show", default="runs", format_func=SHOW.get, required=True
    )
if show == "runs":
    show_runs()
else:
    show_studies()
