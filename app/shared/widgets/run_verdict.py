"""The verdict on a run, with its colour and its icon."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.services.verdict import verdict
from app.shared.widgets.text import plain

LOOKS = {
    "good": (st.success, ":material/check_circle:"),
    "level": (st.warning, ":material/drag_handle:"),
    "bad": (st.error, ":material/cancel:"),
    "none": (st.info, ":material/hourglass_empty:"),
}


def show_verdict(run: RunView) -> str:
    """One sentence before all figures; returns the page that says more, "" for none."""
    judged = verdict(run)
    box, icon = LOOKS[judged.kind]
    box(f"**{plain(judged.sentence, 600)}**", icon=icon)
    return judged.see
