"""Overview: how good a run is, and where to look next."""

from __future__ import annotations

import streamlit as st

from app.overview.widgets import charts as overview_charts
from app.overview.widgets.headline import published_figures, tiles
from app.overview.widgets.run_actions import run_actions
from app.overview.widgets.run_list import list_runs
from app.report.widgets.report import report_button
from app.shared.services import catalog, headline, published
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head
from app.shared.widgets.text import plain
from app.slices.services import names as slices


def show_headline(run: RunView) -> None:
    found = headline.headline(run)
    if found is None:
        st.info("No evaluation yet: figures appear after the first one.")
    else:
        tiles(found)


def show_failures(run: RunView) -> None:
    st.subheader("Where to look next", anchor=False)
    if run.predictions is None:
        st.caption("Failures are sorted once the run has written its predictions.")
        return
    found = slices.largest_failures(run)
    if not found:
        st.caption("No part of the test links fails more often than the rest.")
    for part in found:
        with st.container(border=True):
            st.markdown(f"**{plain(part.title)}** · Hits@1 {part.hits_at_1:.1%}")
            st.caption(
                f"{part.wrong:,} of {part.size:,} test queries wrong, {part.excess:,.0f} more than a part of this "
                "size would have by chance (source → target)"
            )
            url.link("matches", "Look at them", {"slice": part.name}, icon=":material/arrow_forward:")


run = head("Overview", "How good is this run, and where does it fail?")
with boundary():
    show_headline(run)
    report_button(run)
left, right = st.columns([3, 2], gap="medium")
with left:
    for draw in (overview_charts.alone, overview_charts.coverage, overview_charts.curve):
        with boundary():
            draw(run)
with right:
    with boundary():
        show_failures(run)
    st.subheader("Beside published figures", anchor=False)
    published_figures(published.published(run))
with boundary():
    table = headline.stages(run)
    if not table.empty:
        st.subheader("What stage 2 added", anchor=False)
        forms = {"Hits@1": "%.1f %%", "Hits@10": "%.1f %%", "MRR": "%.3f", "Mean rank": "%.1f"}
        st.dataframe(
            table.assign(**{name: 100 * table[name] for name in ("Hits@1", "Hits@10")}),
            hide_index=True,
            alt="Metrics after stage 1 and at the end, per direction",
            column_config={name: st.column_config.NumberColumn(format=form) for name, form in forms.items()},
        )
        st.caption("Test links, candidates and decoding as above.")
st.subheader("Runs", anchor=False)
with boundary():
    run_actions(catalog.card_of(run.reader.folder))
with boundary():
    list_runs(run.run_id)
