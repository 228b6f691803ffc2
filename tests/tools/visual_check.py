"""Every figure of the app, a module at a time, drawn from fixed data, to be looked over by eye; for people, not for CI.

    python -m streamlit run tests/tools/visual_check.py

Each is shown as the page shows it, in the theme that the page has, and as it is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from app.shared.figures import paper
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from tests.tools import figures

STYLE = Path(__file__).parents[2] / "app" / "shared" / "widgets" / "style.html"


def draw(drawn: Any, key: str) -> None:
    """A figure on the page and on paper, a graph of ECharts, a drawing, or the sentence that stands for it."""
    if isinstance(drawn, dict):
        st.echarts_chart(drawn, height=460, renderer="svg", key=key)
    elif isinstance(drawn, str) and drawn.startswith("<svg"):
        st.image(drawn)
    elif isinstance(drawn, str):
        st.text(drawn)
    else:
        screen, printed = st.columns(2)
        with screen:
            chart(drawn, alt=key, reading="the page says it here.", key=key)
        printed.plotly_chart(drawn.update_layout(template=paper.TEMPLATE), theme=None, key=f"{key} printed")


st.set_page_config(page_title="Every figure", layout="wide")
st.html(STYLE)
modules = [name for name in figures.modules() if figures.public(name)]
module = url.choose(st.pills, "Figures of", modules, "of", default=modules[0], required=True)
for title, example in figures.examples(module).items():
    st.subheader(title, anchor=False)
    draw(example(), f"{module}.{title}")
