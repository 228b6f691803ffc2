"""A chart taken along: its picture, made in the visitor's browser, and its data."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from app.shared.figures.paper import TEMPLATE
from app.shared.widgets.downloads import downloads

_HERE = Path(__file__).parent
_PICTURE = st.components.v2.component(
    "chart_picture",
    html='<button value="png">PNG</button><button value="svg">SVG</button><p role="status"></p>',
    css=(_HERE / "chart_picture.css").read_text(encoding="utf-8"),
    js=(_HERE / "chart_picture.js").read_text(encoding="utf-8"),
)


def chart_export(chart: str, data: Callable[[], pd.DataFrame]) -> None:
    """One icon; what is behind it is made when it is asked for.

    Args:
        chart: key of the chart.
        data: makes the table of what it shows.
    """
    name = re.sub(r"\W+", "_", chart, flags=re.ASCII).strip("_").lower()
    hint = "This chart as a picture or as data"
    popover = st.popover("", icon=":material/download:", type="tertiary", help=hint, key=f"take.{chart}")
    with popover, st.container(gap=None):
        st.caption("Picture, on white")
        _PICTURE(key=f"picture.{chart}", data={"chart": chart, "name": name, "template": TEMPLATE})
        st.caption("Data")
        downloads(data, name=name, key=f"take.{chart}")
