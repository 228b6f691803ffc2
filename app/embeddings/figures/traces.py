"""Entities as points of a figure, their ids in `customdata`, and lines between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from app.shared.figures import style

Ids = npt.NDArray[np.int64]
Points = npt.NDArray[np.float32]
Kind = type[go.Scattergl] | type[go.Scatter]
Look = tuple[str, str, float]
"""Colour, symbol, opacity."""

FEW = 3000
FAINT = 0.12
SCALE = ((0, "#7E57C2"), (0.5, "#D6456B"), (1, "#F9A11B"))  # from dark to light, to be seen on white and on black
BARE = {"showticklabels": False, "zeroline": False, "showgrid": False}
KNOWN: dict[str, Look] = {
    "source": (style.SOURCE, "circle", 0.55),
    "target": (style.TARGET, "diamond", 0.55),
    "right": (style.RIGHT, "circle", 0.5),
    "wrong": (style.WRONG, "x", 0.9),
    "not ranked": (style.QUIET, "circle-open", 0.3),
    "frozen": (style.TARGET, "diamond-open", 0.8),
    "missing": (style.QUIET, "circle-dot", 0.3),
    "other": (style.QUIET, "square-open", 0.5),
    "no type": (style.QUIET, "circle-open", 0.3),
    "no error": (style.QUIET, "circle-open", 0.3),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7F7F7F", "#A6761D", "#1B7F79")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "pentagon", "hexagon", "triangle-down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What is drawn of the entities.

    Args:
        groups: name → entities of one look.
        in_use: colour of the group "in use", the modality's own.
        backdrop: entities that are only hinted at.
        selected: entities that stand out, None = nobody has selected any.
        values: `[entities]`, counts that a scale of colours shows instead of the groups' own, None = none.
        values_title: what they count.
        names: `[entities]`, what is said on hover; None = nothing.
    """

    groups: dict[str, Ids]
    in_use: str
    backdrop: Ids
    selected: Ids | None = None
    values: npt.NDArray[np.int64] | None = None
    values_title: str = ""
    names: npt.NDArray[np.object_] | None = None


def traces(positions: Points, drawn: Drawn, kind: Kind = go.Scattergl, *, close: bool = False) -> list[Any]:
    """The points, those of the backdrop first, one trace a group.

    Args:
        positions: `[entities, 2]`, NaN = not shown.
        drawn: what to draw of them.
        kind: of the traces: WebGL, or SVG for a few that are to glide.
        close: whether only a small part is in view, so that there is room for larger points.
    """
    there = np.isfinite(positions).all(axis=1)
    counted = {name: ids[there[ids]] for name, ids in drawn.groups.items()}
    counted = {name: ids for name, ids in counted.items() if len(ids)}
    few = close or sum(map(len, counted.values())) < FEW
    behind = drawn.backdrop[there[drawn.backdrop]]
    made = [_backdrop(positions, behind, 5 if few else 3, kind)] if len(behind) else []
    for (name, ids), (colour, symbol, opacity) in zip(counted.items(), looks(counted, drawn.in_use), strict=True):
        marker: dict[str, Any] = {"symbol": symbol, "size": 7 if few else 3, "opacity": opacity * (1 if few else 0.7)}
        if drawn.values is None:
            marker["color"] = colour
        else:
            scaled = np.log10(1 + drawn.values[ids]).astype(np.float32)
            marker |= {"color": scaled, "coloraxis": "coloraxis", "opacity": 0.8, "size": _sizes(scaled, few=few)}
            marker["line"] = {"width": 0}  # points of many sizes would have white rims
        made.append(
            kind(
                x=positions[ids, 0],
                y=positions[ids, 1],
                customdata=ids.astype(np.int32),
                meta="entity",
                name=f"{name} ({len(ids):,})",
                mode="markers",
                marker=marker,
                showlegend=drawn.values is None,  # a point on a scale has no colour to show in a legend
                selectedpoints=None if drawn.selected is None else np.flatnonzero(np.isin(ids, drawn.selected)),
                selected_marker_opacity=1,
                unselected_marker_opacity=FAINT,
                **_hover(drawn.names, ids),
            )
        )
    return made


def looks(names: Iterable[str], in_use: str) -> list[Look]:
    """A look for each group: its own where its name has a meaning everywhere, else the next free one."""
    fixed, free = KNOWN | {"in use": (in_use, "circle", 0.6)}, zip(COLOURS, SYMBOLS, strict=True)
    return [fixed[name] if name in fixed else (*next(free), 0.75) for name in names]


def lines(positions: Points, chosen: dict[str, int]) -> list[go.Scatter]:
    """From a chosen entity to its truth and to its prediction, as far as they are shown."""
    ends = {name: positions[entity] for name, entity in chosen.items() if np.isfinite(positions[entity]).all()}
    if "chosen" not in ends:
        return []
    curves = [
        go.Scatter(
            x=[ends["chosen"][0], ends[name][0]],
            y=[ends["chosen"][1], ends[name][1]],
            name=f"to its {name}",
            mode="lines+markers",
            line={"color": style.RIGHT if name == "truth" else style.WRONG, "dash": dash, "width": 2},
            marker={"symbol": ["circle-open", symbol], "size": 12, "line": {"width": 2}},
            hoverinfo="skip",
        )
        for name, dash, symbol in (("truth", "solid", "star"), ("prediction", "dash", "cross"))
        if name in ends
    ]
    ring = {"symbol": "circle-open", "size": 18, "color": style.SOURCE, "line": {"width": 3}}
    x, y = ends["chosen"]
    here = {"x": [x], "y": [y], "name": "chosen entity", "mode": "markers", "hoverinfo": "skip"}
    return [*curves, go.Scatter(**here, marker=ring)]


def _backdrop(positions: Points, ids: Ids, size: int, kind: Kind) -> Any:
    marker = {"color": style.QUIET, "symbol": "octagon", "size": size, "opacity": FAINT}
    return kind(
        x=positions[ids, 0],
        y=positions[ids, 1],
        name=f"filtered out ({len(ids):,})",
        mode="markers",
        marker=marker,
        hoverinfo="skip",
        selected_marker_opacity=FAINT,
        unselected_marker_opacity=FAINT,
    )


def _hover(names: npt.NDArray[np.object_] | None, ids: Ids) -> dict[str, Any]:
    if names is None:
        return {"hoverinfo": "none"}
    return {"text": names[ids], "hovertemplate": "%{text}<extra></extra>"}


def _sizes(scaled: npt.NDArray[np.float32], *, few: bool) -> npt.NDArray[np.uint8]:
    smallest, growth = (4, 4) if few else (2, 2)
    return (smallest + growth * scaled).round().astype(np.uint8)


def scale(drawn: Drawn) -> dict[str, Any]:
    """Layout of a figure whose points show counts: a logarithmic scale with round numbers beside it."""
    if drawn.values is None:
        return {}
    largest = int(drawn.values.max(initial=1))
    ticks = [tick for tick in (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000) if tick <= largest]
    bar = {
        "title": {"text": drawn.values_title, "side": "right"},
        "tickvals": [float(np.log10(1 + tick)) for tick in ticks],
        "ticktext": [f"{tick:,}" for tick in ticks],
        "thickness": 12,
        "len": 0.8,
    }
    return {"coloraxis": {"colorscale": SCALE, "cmin": 0, "cmax": float(np.log10(1 + largest)), "colorbar": bar}}
