"""From which graph the queries come, in the address bar."""

from __future__ import annotations

import streamlit as st

from app.shared.services.headline import DIRECTIONS
from app.shared.widgets import url


def direction() -> str:
    """The direction that is looked at, a name of `DIRECTIONS`."""
    return url.choose(
        st.segmented_control,
        "Direction",
        list(DIRECTIONS),
        "direction",
        default=next(iter(DIRECTIONS)),
        format_func=DIRECTIONS.get,
        required=True,
    )
