"""How figures look on paper: dark ink on white, whatever the theme of the page."""

from __future__ import annotations

import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.io import write_images
from plotly.offline import get_plotlyjs

INK, GRID = "#1B2733", "#DDE3E9"
_AXIS = {
    "gridcolor": GRID,
    "zerolinecolor": GRID,
    "linecolor": GRID,
    "tickcolor": GRID,
    "automargin": True,
    "tickfont": {"size": 12},
}

TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": "Helvetica, Arial, sans-serif", "size": 12, "color": INK},
        "title": {"font": {"size": 16, "weight": 600}, "pad": {"l": 4}},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "margin": {"l": 0, "r": 0, "pad": 8},
        "legend": {"font": {"size": 12}, "valign": "top"},
        "xaxis": _AXIS | {"showgrid": False, "zeroline": False, "title": {"font": {"size": 14}, "standoff": 20}},
        "yaxis": _AXIS | {"title": {"font": {"size": 14}, "standoff": 24}},
        "hoverlabel": {"bgcolor": "#FFFFFF", "bordercolor": GRID, "font": {"color": INK}},
        "colorscale": {"sequential": "Blues", "sequentialminus": "Blues", "diverging": "RdBu"},
    },
    "data": {"scatter": [{"type": "scatter", "marker": {"line": {"width": 0}}}]},
}
"""Of Plotly; measures as Streamlit's own template has them, so that a picture is laid out as the page is."""


def as_html(figure: go.Figure, name: str, height: int | None = None) -> str:
    """A figure that can be pointed at, for a page that holds `script()` once.

    Args:
        figure: it stays as it is.
        name: id of its element.
        height: in pixels; None = its own.
    """
    printed = go.Figure(figure).update_layout(template=TEMPLATE, height=height or figure.layout.height)
    settings = {"displayModeBar": False, "responsive": True}
    return str(printed.to_html(full_html=False, include_plotlyjs=False, div_id=name, config=settings))


def as_svg(figures: dict[str, go.Figure], width: int = 800) -> dict[str, bytes]:
    """Figures as pictures, by name; none where no renderer is installed (`pip install kaleido`, and a Chrome).

    Args:
        figures: they stay as they are.
        width: of each, in pixels.
    """
    if find_spec("kaleido") is None:
        return {}
    printed = [go.Figure(figure).update_layout(template=TEMPLATE) for figure in figures.values()]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{place}.svg" for place in range(len(printed))]
        try:
            write_images(fig=printed, file=files, width=width)
        except Exception as error:  # the renderer has one of its own for each way in which a browser does not start
            warnings.warn(f"figures are left out, because they cannot be drawn: {error}", stacklevel=2)
            return {}
        return {name: file.read_bytes() for name, file in zip(figures, files, strict=True)}


def script() -> str:
    """Plotly itself, to be put into a page."""
    return str(get_plotlyjs())
