"""Overview: how good a run is, and where to look next."""

from __future__ import annotations

import streamlit as st

from app.overview.widgets import charts as overview_charts
from app.overview.widgets.headline import published_figures, tiles
from app.overview.widgets.run_actions import run_actions
from app.overview.widgets.run_list import list_runs
from app.overview.widgets.welcome import welcome
from app.report.widgets.report import report_button
from app.shared.services import catalog, headline, published
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head
from app.shared.widgets.run_verdict import show_verdict
from app.shared.widgets.text import plain
from app.slices.widgets.table import worse_slices
from pmf.runs import layout

SHOWN = 3


def show_headline(run: RunView) -> None:
    see = show_verdict(run)
    if figures := headline.headline(run):
        tiles(figures)
    with st.container(horizontal=True, vertical_alignment="center"):
        if see:
            url.link(see, f"Why: see {see.capitalize()}", {}, icon=":material/arrow_forward:")
        report_button(run)
        url.link("learn", "How PMF works", {}, icon=":material/school:")


def show_failures(run: RunView) -> None:
    st.header("Where to look next", anchor=False)
    if run.predictions is None:
        st.caption("Failures are sorted once the run has written its predictions.")
        return
    search = worse_slices(run, layout.SOURCE_TO_TARGET)
    if not search.found:
        slices = "The only slice fails no" if search.looked == 1 else f"None of the {search.looked:,} slices fails"
        st.caption(f"{slices} more often than the rest.")
    for part in search.found[:SHOWN]:
        with st.container(border=True):
            st.markdown(f"**{plain(part.title)}**: {part.wrong / part.size:.1%} wrong")
            st.caption(
                f"{part.wrong:,} of {part.size:,} test queries are wrong, source → target; of the others "
                f"{part.rest_wrong:.1%}."
            )
            url.link("matches", "Look at them", {"slice": part.name}, icon=":material/arrow_forward:")
    if len(search.found) > SHOWN:
        url.link("failures", f"All {len(search.found):,} slices", {"tab": "slices"}, icon=":material/list:")


def show(run: RunView) -> None:
    with boundary():
        welcome()
    with boundary():
        show_headline(run)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        for draw in (overview_charts.alone, overview_charts.coverage, overview_charts.curve):
            with boundary():
                draw(run)
    with right:
        with boundary():
            show_failures(run)
        st.header("Beside published figures", anchor=False)
        published_figures(published.published(run))
    with boundary():
        table = headline.stages(run)
        if not table.empty:
            st.header("What stage 2 added", anchor=False)
            forms = {"Hits@1": "%.1f %%", "Hits@10": "%.1f %%", "MRR": "%.3f", "Mean rank": "%.1f"}
            st.dataframe(
                table.assign(**{name: 100 * table[name] for name in ("Hits@1", "Hits@10")}),
                hide_index=True,
                alt="Metrics after stage 1 and at the end, per direction",
                column_config={name: st.column_config.NumberColumn(format=form) for name, form in forms.items()},
            )
            st.caption("Test links, candidates and decoding as above.")


chosen: RunView | None = None
with boundary():  # a run that cannot be read leaves the list of all runs where it is
    chosen = head("Overview", "How good is this run, and where does it fail?")
if chosen is not None:
    show(chosen)
st.header("Runs", anchor=False)
folder = catalog.run_folders().get(url.get("run") or "")
if folder is not None:
    with boundary():
        run_actions(catalog.card_of(folder))
with boundary():
    list_runs(folder.name if folder else "")
