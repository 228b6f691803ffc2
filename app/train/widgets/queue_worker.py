"""Once each time the app starts: what was left waiting in the queue of trainings goes on."""

from __future__ import annotations

import streamlit as st

from app.shared.services import trainings as training


@st.cache_resource(show_spinner=False)
def wake() -> None:
    """See to it that what waits is worked on, without waiting for somebody to open the page of trainings."""
    training.jobs()
