"""The same entities on one map, epoch after epoch: a slider and play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.embeddings.figures.traces import BARE, Drawn, Points, lines, scale, traces
from app.shared.figures import style

HEIGHT = 640
GLIDE_MS, STAY_MS = 700, 400


def course(
    positions: Points, epochs: Sequence[int], drawn: Drawn, *, title: str, method: str, chosen: dict[str, int], at: int
) -> go.Figure:
    """Points that move with the epochs on axes that do not; a chosen entity leaves a trail.

    Args:
        positions: `[epochs, entities, 2]`, NaN = not shown.
        epochs: of the first axis.
        drawn: what to draw of the entities.
        title: of the figure.
        method: "UMAP" or "PCA", named on the axes.
        chosen: "chosen", and perhaps "truth" and "prediction" → entity.
        at: place of the epoch to begin with.
    """
    figure = go.Figure(_at(positions, drawn, chosen, at))
    figure.frames = [
        go.Frame(name=str(epoch), data=[_moved(trace) for trace in _at(positions, drawn, chosen, place)])
        for place, epoch in enumerate(epochs)
    ]
    low, high = np.nanmin(positions, axis=(0, 1)), np.nanmax(positions, axis=(0, 1))
    room = 0.04 * (high - low)
    style.frame(figure, title, x=f"{method} 1 (no unit)", y=f"{method} 2 (no unit)", height=HEIGHT, dragmode="pan")
    figure.update_xaxes(BARE, range=[float(low[0] - room[0]), float(high[0] + room[0])])
    figure.update_yaxes(BARE, range=[float(low[1] - room[1]), float(high[1] + room[1])])
    figure.update_layout(scale(drawn), showlegend=True, legend_itemsizing="constant", uirevision="course")
    return figure.update_layout(margin_b=90, updatemenus=[_buttons()], sliders=[_slider(epochs, at)])


def _at(positions: Points, drawn: Drawn, chosen: dict[str, int], place: int) -> list[Any]:
    """The traces of one epoch; SVG, because WebGL does not glide."""
    here = positions[place]
    return [*traces(here, drawn, go.Scatter), *_trail(positions, chosen, place), *lines(here, chosen)]


def _trail(positions: Points, chosen: dict[str, int], place: int) -> list[go.Scatter]:
    """Where a chosen entity has come from; of equal length in every epoch, so that it glides too."""
    entity = chosen.get("chosen")
    if entity is None or not np.isfinite(positions[:, entity]).all():
        return []
    way = positions[np.minimum(np.arange(len(positions)), place), entity]
    look = {"color": style.SOURCE, "width": 2, "dash": "dot"}
    return [go.Scatter(x=way[:, 0], y=way[:, 1], name="its path", mode="lines", line=look, hoverinfo="skip")]


def _moved(trace: Any) -> dict[str, Any]:
    return {"type": trace.type, "x": trace.x, "y": trace.y}


def _animation(*, stay: int) -> dict[str, Any]:
    return {
        "frame": {"duration": GLIDE_MS + stay, "redraw": False},
        "transition": {"duration": GLIDE_MS, "easing": "cubic-in-out"},
        "fromcurrent": True,
        "mode": "immediate",
    }


def _buttons() -> dict[str, Any]:
    stop = {**_animation(stay=0), "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 30, "r": 10},
        "buttons": [
            {"label": "▶ Play", "method": "animate", "args": [None, _animation(stay=STAY_MS)]},
            {"label": "❚❚ Pause", "method": "animate", "args": [[None], stop]},
        ],
    }


def _slider(epochs: Sequence[int], at: int) -> dict[str, Any]:
    steps = [{"label": str(epoch), "method": "animate", "args": [[str(epoch)], _animation(stay=0)]} for epoch in epochs]
    return {
        "active": at,
        "currentvalue": {"prefix": "epoch ", "xanchor": "right"},
        "x": 0.3,
        "len": 0.7,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 10},
        "steps": steps,
    }
