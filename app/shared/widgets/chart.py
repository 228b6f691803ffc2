"""A figure on the page, with its description, the line that says how to read it, and its export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.widgets.chart_export import chart_export

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["autoScale2d", "toImage"], "scrollZoom": False}

Table = pd.DataFrame | Callable[[], pd.DataFrame]


def chart(figure: Any, *, alt: str, reading: str, key: str, data: Table, **settings: Any) -> Any:
    """Draw a figure.

    Args:
        figure: from a folder of figures.
        alt: what it shows, for those who cannot see it.
        reading: one sentence on how to read it.
        key: of the widget, also unique on the page.
        data: the table that it is drawn from, or what makes it; its export holds that.
        settings: passed on, e.g. `on_select`.
    """
    drawn = st.plotly_chart(figure, alt=alt, key=key, config=CONFIG | settings.pop("config", {}), **settings)
    below(key, reading, data)
    return drawn


def below(key: str, reading: str, data: Table) -> None:
    """The line under a chart: how to read it, and what takes it along.

    Args:
        key: of the chart.
        reading: one sentence or two.
        data: the table of what it shows, or what makes it.
    """
    with st.container(horizontal=True, gap="small", key=f"read.{key}"):
        st.caption(f"**How to read this:** {reading}")
        chart_export(key, data if callable(data) else lambda: data)
