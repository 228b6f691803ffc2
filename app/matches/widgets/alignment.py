"""Download of the whole alignment, in the form that the next tool reads."""

from __future__ import annotations

import streamlit as st

from app.alignment.services.proposing import why_not
from app.matches.services.alignment import FORMS, alignment
from app.shared.services.run_view import RunView
from app.shared.widgets.text import short


def take_alignment(run: RunView) -> None:
    """A popover with the forms and the download, which is made when somebody wants it."""
    with st.popover("Download the alignment", icon=":material/download:"):
        if reason := why_not(run):
            st.caption(short(reason, 300))
            return
        st.caption("Every pair that this run finds beside the links it was given, with its probability.")
        form = st.selectbox("Form", list(FORMS), format_func=FORMS.get, key="take_alignment.form")
        shared = st.checkbox("Entities may share a counterpart", key="take_alignment.shared")
        st.download_button(
            "Save",
            lambda: alignment(run, form, one_to_one=not shared),
            f"alignment.{form}",
            type="primary",
            icon=":material/download:",
            key="take_alignment.save",
            on_click="ignore",
        )
