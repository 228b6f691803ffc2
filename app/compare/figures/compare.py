"""Figures of the Compare page: runs are told apart by letter and dash first, by colour second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

# none of these means a side, a modality or an outcome, and all show on light and dark
RUN = {"A": "#7D8CA3", "B": "#AA4499", "C": "#2FA39A", "D": "#B8860B", "E": "#CC6677"}
DASH = {"A": "solid", "B": "dash", "C": "dot", "D": "dashdot", "E": "longdash"}
SYMBOL = {"A": "circle", "B": "square", "C": "diamond", "D": "triangle-up", "E": "cross"}
FLOW = {"right": style.RIGHT, "broken": style.WRONG, "fixed": style.SOURCE, "wrong": style.QUIET}
"""Colour of each kind of flow."""

Key = tuple[int, str]

_OUTCOME = {"right": "● right", "wrong": "✕ wrong"}
_BECAME = {"right": "● still right", "broken": "✕ broken", "fixed": "● fixed", "wrong": "✕ still wrong"}
_LEAST_ROOM = 0.07
TALL, FLAT, GAP = 200, 110, 34
"""Pixels of a plot of Hits@1, of any other, and between them."""


def curves(table: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """What the runs measured, a plot a quantity, one above the other on one axis of epochs, under one cursor.

    Args:
        table: columns of `app.compare.services.curves.curves`.
        titles: letter → name of each run.
    """
    panels = list(dict.fromkeys(table["panel"]))
    tall = [TALL if panel.startswith("Hits@1") else FLAT for panel in panels]
    figure, top = go.Figure(), 1.0
    room = sum(tall) + GAP * (len(panels) - 1)
    frozen = table["value"][table["panel"].str.endswith("frozen")].max()
    for place, (panel, height) in enumerate(zip(panels, tall, strict=True), 1):
        axis, loss = f"y{place if place > 1 else ''}", "loss" in panel
        for run, part in table[table["panel"] == panel].groupby("run"):
            figure.add_scatter(
                x=part["epoch"],
                y=part["value"],
                yaxis=axis,
                **_line(str(run), titles),
                showlegend=False,
                mode="lines+markers" if len(part) < 20 else "lines",
                hovertemplate=f"{run} %{{y:{'.3f' if loss else '.1%'}}} {panel}<extra></extra>",
            )
        drawn: dict[str, Any] = {"domain": [max(0.0, top - height / room), top], "rangemode": "tozero", "anchor": "x"}
        if panel.startswith("Hits@1"):
            drawn |= {"range": [0, 1.02]}  # on one scale, whatever the links
        elif panel.endswith("frozen"):
            drawn |= {"range": [0, 1.05 * max(frozen, 0.05)]}  # or a trifle would look like a flood
        figure.update_layout({f"yaxis{axis[1:]}": drawn | {"tickformat": "" if loss else ".1~%", "nticks": 4}})
        name = {"text": panel, "x": 0, "y": top, "xref": "paper", "yref": "paper", "xanchor": "left"}
        figure.add_annotation(name, yanchor="bottom", showarrow=False, font_size=13)
        top -= (height + GAP) / room
    for run in sorted(set(table["run"])):  # one entry a run, whichever panels it has
        figure.add_scatter(x=[None], y=[None], **_line(run, titles), mode="lines")
    style.frame(figure, "While they trained", height=150 + room, top=96)
    figure.update_layout(hovermode="x unified", hoversubplots="axis")
    return figure.update_xaxes(
        title_text="epoch", anchor=axis, showspikes=True, spikemode="across", spikethickness=1, spikedash="solid"
    )


def _line(run: str, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": f"{run} {escape(titles[run])}",
        "legendgroup": run,
        "line": {"color": RUN[run], "dash": DASH[run], "width": 2},
        "marker": {"symbol": SYMBOL[run], "size": 6},
    }


def differences(table: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """How far each run lies from the first, with its interval, in points of Hits@1 and of MRR.

    Args:
        table: rows of `app.compare.services.runs.differences` but for the first.
        titles: letter → name of each run.
    """
    figure = go.Figure()
    labels = [f"{run} {escape(titles[run])}" for run in table.index]
    for name, title, symbol in (("hits@1", "Hits@1", "circle"), ("mrr", "MRR", "diamond-open")):
        middle, low, high = (100 * table[f"difference_{name}{end}"] for end in ("", "_low", "_high"))
        figure.add_scatter(
            x=middle,
            y=[labels, [title] * len(labels)],
            name=title,
            mode="markers+text",
            text=[f"{value:+.1f}" for value in middle],
            textposition="top center",
            cliponaxis=False,
            marker={"symbol": symbol, "size": 11, "color": [RUN[run] for run in table.index]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high - middle,
                "arrayminus": middle - low,
                "color": style.QUIET,
                "width": 6,
            },
            customdata=np.stack([low, high], axis=1),
            hovertemplate="%{x:+.1f} points, 95 % between %{customdata[0]:+.1f} and %{customdata[1]:+.1f}"
            "<extra>" + title + "</extra>",
            showlegend=False,
        )
    figure.add_vline(x=0, line={"color": style.QUIET, "width": 1, "dash": "dash"})
    title = f"Against A {escape(titles['A'])}"
    style.frame(figure, title, x="points gained (left of 0: lost)", height=130 + 90 * len(table), top=48)
    figure.update_yaxes(autorange="reversed", range=[-0.7, 2 * len(table) - 0.3])
    return figure


def flows(hits: npt.NDArray[np.bool_], titles: Sequence[str]) -> go.Figure:
    """Which queries stay right or wrong from run to run, as bands between them.

    Args:
        found: bool `[r, q]`, whether each run found each query's counterpart.
        titles: of the runs, in their order.
    """
    nodes, links = _bands(hits)
    place = {key: i for i, key in enumerate(nodes)}
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                **{name: [node[name] for node in nodes.values()] for name in ("label", "color", "x", "y")},
                "pad": 24,
                "thickness": 14,
                "line": {"width": 0},
                "hovertemplate": "%{label} queries<extra></extra>",
            },
            link={
                "source": [place[origin] for origin, _, _, _ in links],
                "target": [place[goal] for _, goal, _, _ in links],
                "value": [size for _, _, size, _ in links],
                "color": [style.tint(colour, 0.35) for _, _, _, colour in links],
                "hovertemplate": "%{value:,.0f} queries<extra></extra>",
            },
            textfont={"size": 13},
        )
    )
    for number, (letter, title) in enumerate(zip(RUN, titles, strict=False)):
        anchor = "left" if number == 0 else "right" if number == len(titles) - 1 else "center"
        figure.add_annotation(
            text=f"<b>{letter}</b> {escape(title)}",
            x=number / (len(titles) - 1),
            y=1.02,
            xref="paper",
            yref="paper",
            xanchor=anchor,
            yanchor="bottom",
            showarrow=False,
        )
    return style.frame(figure, "Test queries from run to run", height=380, top=84)


def _bands(right: npt.NDArray[np.bool_]) -> tuple[dict[Key, dict[str, Any]], list[tuple[Key, Key, int, str]]]:
    """Nodes by (column, kind), where columns of outcomes and of what became of them alternate, and links between."""
    nodes: dict[Key, dict[str, Any]] = {}
    links = []
    columns = 2 * len(right) - 1
    for run, hits in enumerate(right):
        _stack(nodes, 2 * run, columns, {"right": int(hits.sum()), "wrong": int((~hits).sum())}, _OUTCOME)
    for run, (was, now) in enumerate(pairwise(right)):
        masks = {"right": was & now, "broken": was & ~now, "fixed": ~was & now, "wrong": ~was & ~now}
        sizes = {kind: int(mask.sum()) for kind, mask in masks.items() if mask.any()}
        _stack(nodes, 2 * run + 1, columns, sizes, _BECAME)
        for kind, size in sizes.items():
            origin = "right" if kind in ("right", "broken") else "wrong"
            goal = "right" if kind in ("right", "fixed") else "wrong"
            links.append(((2 * run, origin), (2 * run + 1, kind), size, FLOW[kind]))
            links.append(((2 * run + 1, kind), (2 * run + 2, goal), size, FLOW[kind]))
    return nodes, links


def _stack(
    nodes: dict[Key, dict[str, Any]], column: int, columns: int, sizes: Mapping[str, int], words: Mapping[str, str]
) -> None:
    """Put nodes on top of each other, each with room for its label."""
    total = sum(sizes.values())
    room = {kind: max(size / total, _LEAST_ROOM) for kind, size in sizes.items() if size}
    top = 0.0
    for kind, high in room.items():
        middle = (top + high / 2) / sum(room.values())
        top += high
        nodes[column, kind] = {
            "label": f"{words[kind]} {sizes[kind]:,}",
            "color": FLOW[kind],
            "x": min(0.999, max(0.001, column / (columns - 1))),  # on the very border plotly would place it itself
            "y": min(0.999, middle),
        }
