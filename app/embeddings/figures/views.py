"""The same entities by every embedding, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.embeddings.figures.traces import BARE, Drawn, Points, lines, scale, traces
from app.shared.figures import style

WIDEST = 3
HEIGHT = 330  # pixels a row


def small_multiples(
    positions: Mapping[str, Points], drawn: Mapping[str, Drawn], *, titles: Mapping[str, str], chosen: dict[str, int]
) -> go.Figure:
    """A small map a view, each on axes of its own; what is selected stands out in all.

    Args:
        positions: view → `[entities, 2]`, NaN = not shown.
        drawn: view → what to draw of them.
        titles: view → title of its map.
        chosen: "chosen", and perhaps "truth" and "prediction" → entity, joined by lines in each map.
    """
    columns = min(WIDEST, len(positions))
    rows = math.ceil(len(positions) / columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=[titles[view] for view in positions],
        horizontal_spacing=0.02,
        vertical_spacing=0.3 / rows**2,
    )
    seen: set[str] = set()
    for i, (view, points) in enumerate(positions.items()):
        row, column = i // columns + 1, i % columns + 1
        for trace in (*traces(points, drawn[view]), *lines(points, chosen)):
            kind = trace.name.rsplit(" (", 1)[0]  # the counts differ from map to map
            trace.update(name=kind, legendgroup=kind, showlegend=kind not in seen and trace.showlegend is not False)
            seen.add(kind)
            figure.add_trace(trace, row, column)
        figure.update_yaxes(BARE | {"scaleanchor": f"x{i + 1 if i else ''}"}, row=row, col=column)
    figure.update_xaxes(BARE)
    style.frame(figure, "Every embedding", height=90 + HEIGHT * rows, top=90, dragmode="lasso", uirevision="views")
    figure.update_layout(scale(next(iter(drawn.values()))))
    return figure.update_layout(showlegend=True, legend_itemsizing="constant").update_annotations(font_size=13)
