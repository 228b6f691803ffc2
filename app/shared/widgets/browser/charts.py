"""Every chart of Plotly and ECharts by keyboard."""

from __future__ import annotations

import streamlit as st

from app.shared.widgets.browser import HERE, component

_KEYS = component("charts", HERE, ("charts",), shared=("cursor",))


def charts_by_keyboard() -> None:
    """Lead the keys through all charts that are on the page, or will be; once, at its end: it moves what is below."""
    with st.container(key="unseen.charts"):  # takes no room
        _KEYS(key="charts_by_keyboard")
