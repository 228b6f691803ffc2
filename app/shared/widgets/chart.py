"""A figure on the page, with its description, the line that says how to read it, and its export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.figures.table import traces
from app.shared.widgets.chart_export import chart_export

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["autoScale2d", "toImage"], "scrollZoom": False}


def chart(figure: Any, *, alt: str, reading: str, key: str, data: pd.DataFrame | None = None, **settings: Any) -> Any:
    """Draw a figure.

    Args:
        figure: from a folder of figures.
        alt: what it shows, for those who cannot see it.
        reading: one sentence on how to read it.
        key: of the widget, also unique on the page.
        data: what its export holds; what is drawn, where it is left out.
        settings: passed on, e.g. `on_select`.
    """
    drawn = st.plotly_chart(figure, alt=alt, key=key, config=CONFIG | settings.pop("config", {}), **settings)
    below(key, reading, lambda: traces(figure) if data is None else data)
    return drawn


def below(key: str, reading: str, data: Callable[[], pd.DataFrame]) -> None:
    """The line under a chart: how to read it, and what takes it along.

    Args:
        key: of the chart.
        reading: one sentence or two.
        data: makes the table of what it shows.
    """
    with st.container(horizontal=True, gap="small", key=f"read.{key}"):
        st.caption(f"**How to read this:** {reading}")
        chart_export(key, data)
