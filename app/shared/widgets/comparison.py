"""Neighbours of two entities, side by side."""

from __future__ import annotations

import streamlit as st

from app.shared.services.dataset import Dataset
from app.shared.services.neighbours import neighbours
from app.shared.services.run_view import RunView
from app.shared.widgets.table import table
from pmf.data.notes import counted


def both_neighbours(run: RunView, data: Dataset, source: int, target: int) -> None:
    """Neighbours of both, those on which the graphs agree first."""
    for column, title, entity, other in zip(
        st.columns(2), ("Source", "Target"), (source, target), (target, source), strict=True
    ):
        with column:
            rows = neighbours(run, data, entity, other)
            agreed = int((rows["In both"] != "").sum())
            st.markdown(f"**{title}**: {counted(len(rows), 'neighbour')}, {agreed:,} in both graphs")
            if len(rows):
                table(rows, name=f"neighbours_{entity}", alt=f"Neighbours of the {title.lower()} entity", height="auto")
    st.caption("● = this neighbour's counterpart is a neighbour of the other entity too: evidence for the match.")
