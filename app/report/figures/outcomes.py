"""A run's map on paper: where it is right and where it is wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from app.shared.figures import style

LOOKS = {
    "not ranked": (style.QUIET, "circle", 4, 0.25),
    "outside the slice": (style.QUIET, "circle-open", 4, 0.35),
    "right": (style.RIGHT, "circle", 6, 0.6),
    "wrong": (style.WRONG, "x", 7, 0.9),
}
"""Colour, symbol, size and opacity, what lies at the back first."""


def outcomes(points: npt.NDArray[np.float32], groups: npt.NDArray[np.object_]) -> go.Figure:
    """Entities as points, drawn as SVG, which prints.

    Args:
        points: `[p, 2]`, NaN = not shown.
        groups: `[p]`, of `LOOKS`.
    """
    figure = go.Figure()
    for name, (colour, symbol, size, opacity) in LOOKS.items():
        own = points[groups == name]
        if len(own):
            figure.add_scatter(
                x=own[:, 0],
                y=own[:, 1],
                mode="markers",
                name=f"{name} ({len(own):,})",
                marker={"color": colour, "symbol": symbol, "size": size, "opacity": opacity},
                hoverinfo="skip",
            )
    style.frame(figure, "Map of the fused embedding", height=520)
    bare = {"showticklabels": False, "zeroline": False, "showgrid": False}
    return figure.update_xaxes(bare).update_yaxes(bare | {"scaleanchor": "x"}).update_layout(showlegend=True)
