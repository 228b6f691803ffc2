"""Colours, dashes and marks of everything drawn, each with one meaning, and the frame around every figure.

Text and grid take their colours from the page's theme, light or dark; data never does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pmf.modalities import RECORDED

SOURCE, TARGET = "#0072B2", "#D55E00"
RIGHT, WRONG, QUIET = "#009E73", "#D55E00", "#9AA0A6"
MODALITY = {name: modality.colour for name, modality in RECORDED.items()} | {"fused": "#8A93A0"}
DASH = {name: modality.dash for name, modality in RECORDED.items()}
SYMBOL = {name: modality.symbol for name, modality in RECORDED.items()}


def tint(colour: str, opacity: float) -> str:
    """A palette colour, partly transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def frame(
    figure: go.Figure, title: str, *, x: str = "", y: str = "", height: int = 340, top: int = 64, **layout: Any
) -> go.Figure:
    """Give a figure its title, axis names and margins."""
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "y": 0.98, "yanchor": "top", "font": {"size": 16}},
        height=height,
        margin={"l": 8, "r": 8, "t": top, "b": 8},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "yref": "container",
            "y": 1 - 36 / height,
            "yanchor": "top",
        },
        **layout,
    )
    figure.update_layout(legend_title_text="", legend_traceorder="normal")
    if x:
        figure.update_xaxes(title_text=x)
    if y:
        figure.update_yaxes(title_text=y)
    return figure


def facets(names: Iterable[str], widest: int = 4) -> tuple[go.Figure, list[tuple[int, int]], int]:
    """An empty figure with a small plot per name on shared axes, the place of each, and its number of rows."""
    titles = list(names)
    rows = -(-len(titles) // widest)
    columns = -(-len(titles) // rows)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=titles,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.22 if rows > 1 else 0,
    )
    figure.update_xaxes(showticklabels=True)
    figure.update_annotations(font_size=13)
    return figure, [(i // columns + 1, i % columns + 1) for i in range(len(titles))], rows


def mark_stage(figure: go.Figure, epoch: int | None) -> None:
    """A vertical line where stage 2 begins, named in the last facet or plot."""
    if epoch is not None:
        figure.add_vline(x=epoch - 0.5, line={"color": QUIET, "width": 1, "dash": "dash"})
