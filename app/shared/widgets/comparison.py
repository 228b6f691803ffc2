"""Attributes and neighbours of two entities, side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.shared.services.dataset import Dataset, compare_attributes
from app.shared.services.neighbours import neighbours
from app.shared.services.run_view import RunView
from app.shared.widgets.table import table
from app.shared.widgets.text import count

MARKS = {
    "equal": "= equal",
    "differs": "≠ differs",
    "named": "both have it",
    "source only": "◂ source only",
    "target only": "target only ▸",
}


def attributes(data: Dataset, source: int, target: int) -> None:
    """Attributes matched by equal name, else by a shared value."""
    rows = compare_attributes(data.attributes(source), data.attributes(target))
    if not rows:
        st.caption("Neither entity has attributes.")
        return
    shown = pd.DataFrame(
        {
            "Source attribute": [row.source_key for row in rows],
            "Source value": [row.source_value for row in rows],
            "": [MARKS[row.mark] for row in rows],
            "Target value": [row.target_value for row in rows],
            "Target attribute": [row.target_key for row in rows],
        }
    )
    if not shown[["Source value", "Target value"]].to_numpy().any():
        shown = shown.drop(columns=["Source value", "Target value"])
    table(shown, name=f"attributes_{source}_{target}", alt="Attributes of both entities, matched")
    st.caption("Matched by equal name, or else by a shared value; what differs comes first.")


def both_neighbours(run: RunView, data: Dataset, source: int, target: int) -> None:
    """Neighbours of both, those on which the graphs agree first."""
    for column, title, entity, other in zip(
        st.columns(2), ("Source", "Target"), (source, target), (target, source), strict=True
    ):
        with column:
            rows = neighbours(run, data, entity, other)
            agreed = int((rows["In both"] != "").sum())
            st.markdown(f"**{title}**: {count(len(rows), 'neighbour')}, {agreed:,} in both graphs")
            if len(rows):
                table(rows, name=f"neighbours_{entity}", alt=f"Neighbours of the {title.lower()} entity", height="auto")
    st.caption("● = this neighbour's counterpart is a neighbour of the other entity too: evidence for the match.")
