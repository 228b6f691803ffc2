"""A figure on the page, with its description and the line that says how to read it."""

from __future__ import annotations

from typing import Any

import streamlit as st

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["autoScale2d"], "scrollZoom": False}


def chart(figure: Any, *, alt: str, reading: str, key: str, **settings: Any) -> Any:
    """Draw a figure.

    Args:
        figure: from `app.figures`.
        alt: what it shows, for those who cannot see it.
        reading: one sentence on how to read it.
        key: of the widget, also unique on the page.
        settings: passed on, e.g. `on_select`.
    """
    drawn = st.plotly_chart(figure, alt=alt, key=key, config=CONFIG | settings.pop("config", {}), **settings)
    st.caption(f"**How to read this:** {reading}")
    return drawn
