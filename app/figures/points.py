"""Figure of the Embeddings page: entities as WebGL points, their ids in `customdata`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from app.figures import style

GROUPS = {
    "source": (style.SOURCE, "circle", 0.55),
    "target": (style.TARGET, "diamond", 0.55),
    "right": (style.RIGHT, "circle", 0.5),
    "wrong": (style.WRONG, "x", 0.9),
    "not ranked": (style.QUIET, "circle-open", 0.3),
    "frozen": (style.TARGET, "diamond-open", 0.8),
    "missing": (style.QUIET, "circle-dot", 0.3),
}


def scatter(
    positions: npt.NDArray[np.float32],
    groups: dict[str, npt.NDArray[np.int64]],
    *,
    title: str,
    method: str,
    in_use: str,
    chosen: dict[str, int],
) -> go.Figure:
    """All entities, one trace a group, and lines from a chosen entity.

    Args:
        positions: `[entities, 2]`, NaN = not shown.
        groups: name → entities to draw.
        title: of the figure.
        method: "UMAP" or "PCA", named on the axes.
        in_use: colour of the group "in use", the modality's own.
        chosen: "chosen", and perhaps "truth" and "prediction" → entity.
    """
    figure = go.Figure()
    few = sum(len(ids) for ids in groups.values()) < 3000
    for name, ids in groups.items():
        if len(ids) == 0:
            continue
        colour, symbol, opacity = GROUPS.get(name, (in_use, "circle", 0.6))
        ids = ids[np.isfinite(positions[ids]).all(axis=1)]
        figure.add_scattergl(
            x=positions[ids, 0],
            y=positions[ids, 1],
            customdata=ids.astype(np.int32),
            name=f"{name} ({len(ids):,})",
            mode="markers",
            marker={
                "color": colour,
                "symbol": symbol,
                "size": 7 if few else 3,
                "opacity": opacity if few else 0.6 * opacity,
            },
            hoverinfo="none",
            selected_marker_opacity=1,
            unselected_marker_opacity=0.15,
        )
    _lines(figure, positions, chosen)
    style.frame(figure, title, x=f"{method} 1 (no unit)", y=f"{method} 2 (no unit)", height=620, dragmode="pan")
    figure.update_layout(showlegend=True, legend_itemsizing="constant", uirevision=title)
    bare = {"showticklabels": False, "zeroline": False, "showgrid": False}
    return figure.update_xaxes(bare).update_yaxes(bare)


def _lines(figure: go.Figure, positions: npt.NDArray[np.float32], chosen: dict[str, int]) -> None:
    if "chosen" not in chosen:
        return
    x, y = positions[chosen["chosen"]]
    for name, dash, symbol in (("truth", "solid", "star"), ("prediction", "dash", "cross")):
        if name in chosen:
            to_x, to_y = positions[chosen[name]]
            figure.add_scatter(
                x=[x, to_x],
                y=[y, to_y],
                name=f"to its {name}",
                mode="lines+markers",
                line={"color": style.RIGHT if name == "truth" else style.WRONG, "dash": dash, "width": 2},
                marker={"symbol": ["circle-open", symbol], "size": 12, "line": {"width": 2}},
                hoverinfo="skip",
            )
    figure.add_scatter(
        x=[x],
        y=[y],
        name="chosen entity",
        mode="markers",
        marker={"symbol": "circle-open", "size": 18, "color": style.SOURCE, "line": {"width": 3}},
        hoverinfo="skip",
    )
