"""All entities by one embedding."""

from __future__ import annotations

import plotly.graph_objects as go

from app.embeddings.figures.traces import BARE, Drawn, Points, lines, scale, traces
from app.shared.figures import style

HEIGHT = 640


def scatter(
    positions: Points,
    drawn: Drawn,
    *,
    title: str,
    method: str,
    chosen: dict[str, int],
    window: tuple[Points, Points] | None = None,
    grey: bool = False,
) -> go.Figure:
    """All entities, one trace a group, and lines from a chosen entity.

    Args:
        positions: `[entities, 2]`, NaN = not shown.
        drawn: what to draw of them.
        title: of the figure.
        method: "UMAP" or "PCA", named on the axes.
        chosen: "chosen", and perhaps "truth" and "prediction" → entity.
        window: lower and upper corner of what is in view at first, None = everything.
        grey: whether near and far mean next to nothing, so that no colour may suggest that they do.
    """
    figure = go.Figure(traces(positions, drawn, close=window is not None))
    if grey:
        figure.update_traces(marker_color=style.QUIET, marker_opacity=0.3)
    figure.add_traces(lines(positions, chosen))
    style.frame(figure, title, x=f"{method} 1 (no unit)", y=f"{method} 2 (no unit)", height=HEIGHT, dragmode="pan")
    figure.update_layout(showlegend=True, legend_itemsizing="constant", uirevision=f"{method} {window}")
    figure.update_xaxes(BARE).update_yaxes(BARE | {"scaleanchor": "x"})
    figure.update_layout(scale(drawn))
    if window is not None:
        figure.update_xaxes(range=[float(corner[0]) for corner in window])
        figure.update_yaxes(range=[float(corner[1]) for corner in window])
    return figure
