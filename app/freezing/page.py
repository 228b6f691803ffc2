"""Freezing: what was frozen, when, and whether it should have been."""

from __future__ import annotations

import streamlit as st

from app.freezing.services import answer as freezing_answer
from app.freezing.services import effect as freezing_effect
from app.freezing.widgets.pairs import chosen_pairs
from app.freezing.widgets.player import Looked, packed, send_pictures, send_record, show_player
from app.freezing.widgets.tables import freezing_tables
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import Json
from app.shared.services.run_view import RunView
from app.shared.widgets import loading, url
from app.shared.widgets.background import background
from app.shared.widgets.boundary import boundary
from app.shared.widgets.run_picker import head


@st.fragment
def charts(run: RunView, data: Dataset, record: Json) -> None:
    """The charts around the cursor, and below them what the server adds where it came to rest."""
    with boundary():
        looked = show_player(run, record)
        below(run, data, looked)


def below(run: RunView, data: Dataset, looked: Looked) -> None:
    """What can be done with what is looked at, and the data."""
    frozen = run.frozen_at is not None and freezing.freezing_epochs(run, looked.modality)
    if frozen and run.failures is None and run.state.name == "finished":
        why = "What freezing did to the matches has not been worked out for this run; it takes a minute or two."
        background(run, "failures", label="Find out", why=why)
    elif frozen and not freezing_effect.known(run, looked.modality):
        st.caption("What it did to the matches is told once training has ended, where some of it is still in use.")
    if looked.entity is not None:
        url.link("matches", "How it was matched", {"pair": looked.entity}, icon=":material/compare_arrows:")
    if len(looked.pairs):
        with boundary():
            chosen_pairs(run, data, looked.pairs, looked.modality)
    with boundary():
        freezing_tables(run, data, looked)


run = head("Freezing", "Which features did the model stop listening to, when, and should it have?")
if not run.reports:
    st.info("No epoch has ended yet; the curves begin with the first.")
else:
    with boundary():
        summary = freezing_answer.summary(run)
        with st.expander(summary, icon=":material/ac_unit:") if summary else st.container():
            st.info("  \n".join(freezing_answer.answer(run)))
    with boundary():
        data = loading.open_data(run)
        record = packed(run, data)
        charts(run, data, record)
        send_record(record)
        send_pictures(run, record, data)
