"""What a training came to, and what to do next, once it has finished."""

from __future__ import annotations

import streamlit as st

from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.run_verdict import show_verdict


def result(run: RunView) -> None:
    """The verdict on the run, and the pages that go on from it, the most useful first."""
    show_verdict(run)
    doors = {
        "failures": ("See why it fails", ":material/troubleshoot:"),
        "review": ("Confirm pairs", ":material/fact_check:"),
        "compare": ("Compare runs", ":material/difference:"),
        "matches": ("Take the alignment", ":material/compare_arrows:"),
    }
    if run.predictions is None or not (run.outcome >= 0).any():
        doors.pop("failures")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Next:**", width="content")
        for page, (label, icon) in doors.items():
            url.link(page, label, {"run": run.run_id}, icon=icon)
