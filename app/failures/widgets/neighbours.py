"""The neighbours that would speak for the truth, each a step to its own pair."""

from __future__ import annotations

import streamlit as st

from app.failures.services.neighbours import unmatched
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.text import plain
from pmf.data.notes import counted

SHOWN = 5


def unmatched_neighbours(run: RunView, data: Dataset, query: int, truth: int) -> None:
    """How many neighbours query and truth have in common, and which of them wait to be matched."""
    if data.problem or truth < 0 or "structure" not in run.modalities:
        return
    lost, common = unmatched(run, data, query, truth)
    st.markdown(
        f"The graphs give query and truth **{counted(common, 'neighbour')}** in common; the run has matched "
        f"**{common - len(lost):,}** of them right."
    )
    if lost:
        with st.container(horizontal=True):
            for entity in lost[:SHOWN]:
                pair = f"{entity}-{run.partner[entity]}"
                url.link("review", plain(run.labels[entity], 30), {"pair": pair}, icon=":material/fact_check:")
        st.caption(
            "Confirm one of them in Review and train on: then it speaks for the truth. A verdict on a test link trains "
            "only where you allow it." + (f" The first {SHOWN} of {len(lost):,}." if len(lost) > SHOWN else "")
        )
