"""A data set that cannot be read: which file, which line, what was expected and what was there."""

from __future__ import annotations

import streamlit as st

from app.shared.widgets.text import plain
from pmf.errors import DataFormatError


def data_problem(error: DataFormatError) -> None:
    """One message in plain words."""
    line = f", line {error.line:,}" if error.line else ""
    st.error(
        f"**{plain(error.path.name)}{line}** cannot be used.  \n"
        f"**Expected:** {plain(error.expected, 600)}  \n**Found:** {plain(error.got, 400)}",
        icon=":material/error:",
    )
    st.caption(
        f"In {plain(error.path, 400)}. Nothing was loaded: mend it and read it again, or choose another data set."
    )
