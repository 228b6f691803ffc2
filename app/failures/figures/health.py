"""Figures of a run's health: what its modalities weigh and agree on, its probabilities, and what freezing cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

DIRECTIONS = {
    "source_to_target": (style.SOURCE, "solid", "circle"),
    "target_to_source": (style.TARGET, "dash", "diamond"),
}
AGREE = {"both": (0.9, ""), "one": (0.3, "x"), "neither": (0.0, "")}
"""Opacity and pattern of a bar."""


def balance(table: pd.DataFrame) -> go.Figure:
    """Share of the fused embedding per modality over the epochs.

    Args:
        table: `pmf.failures.health.Health.balance`.
    """
    figure = go.Figure()
    for modality in table.columns:
        figure.add_scatter(
            x=table.index,
            y=table[modality],
            name=str(modality),
            mode="lines",
            line={"color": style.MODALITY[modality], "dash": style.DASH[modality], "width": 2},
            hovertemplate="epoch %{x}: %{y:.1%}<extra>" + str(modality) + "</extra>",
        )
    style.frame(figure, "Modality balance over time", x="epoch", y="share of the fused embedding", height=320)
    return figure.update_yaxes(tickformat=".0%", rangemode="tozero")


def voice(table: pd.DataFrame) -> go.Figure:
    """What each modality gives to the similarity to the prediction, where that is right and where it is wrong.

    Args:
        table: `pmf.failures.health.Health.voice`.
    """
    part = table[::-1]
    colours = [style.MODALITY[modality] for modality in part.index]
    figure = go.Figure()
    for name, fill in (("wrong", 0.0), ("right", 0.9)):
        figure.add_bar(
            y=part.index,
            x=part[name],
            name=f"prediction {name}",
            orientation="h",
            marker={
                "color": [style.tint(colour, fill) for colour in colours],
                "line": {"color": colours, "width": 1 if fill else 2},
            },
            hovertemplate="%{y}: %{x:.3f}<extra>prediction " + name + "</extra>",
        )
    title, x = "Modality shares of the prediction", "mean share of its similarity (cosine units)"
    style.frame(figure, title, x=x, height=120 + 50 * len(part), barmode="group")
    return figure.update_layout(legend_traceorder="reversed")


def agreement(table: pd.DataFrame) -> go.Figure:
    """For each pair of modalities: how often both, one or neither of them ranks the truth first by itself.

    Args:
        table: columns `pair, both, one, neither, queries, correlation`, shares in [0, 1].
    """
    part = table[::-1]
    colour = style.MODALITY["fused"]
    figure = go.Figure()
    for name, (fill, pattern) in AGREE.items():
        figure.add_bar(
            y=part["pair"],
            x=part[name],
            name=name,
            orientation="h",
            customdata=part[["queries", "correlation"]],
            marker={
                "color": style.tint(colour, fill),
                "line": {"color": colour, "width": 1 if fill else 2},
                "pattern": {"shape": pattern, "fgcolor": colour, "size": 6, "solidity": 0.25},
            },
            hovertemplate="%{y}: %{x:.1%} " + name + " of %{customdata[0]:,} queries; rank correlation "
            "%{customdata[1]:.2f}<extra></extra>",
        )
    height = 120 + 30 * len(part)
    style.frame(figure, "Agreement of modalities", x="share of queries", height=height, barmode="stack")
    return figure.update_xaxes(range=[0, 1.02], tickformat=".0%")


def calibration(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> go.Figure:
    """How often what is said with a probability comes true.

    Args:
        curves: direction → points with `probability`, `observed` and `n`.
    """
    figure = go.Figure()
    quiet = {"color": style.QUIET, "dash": "dot", "width": 1}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="perfectly calibrated", line=quiet, hoverinfo="skip")
    for direction, points in curves.items():
        colour, dash, symbol = DIRECTIONS[direction]
        figure.add_scatter(
            x=[point["probability"] for point in points],
            y=[point["observed"] for point in points],
            customdata=[point["n"] for point in points],
            name=direction.replace("_to_", " → "),
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
            hovertemplate="predicted %{x:.0%}, right %{y:.0%} of %{customdata:,}<extra></extra>",
        )
    style.frame(figure, "Calibration", x="predicted probability of being right", y="share that is right", height=320)
    ticks = {"tickformat": ".0%", "range": [0, 1.02]}
    return figure.update_xaxes(**ticks).update_yaxes(**ticks)


def harm(table: pd.DataFrame) -> go.Figure:
    """Points of Hits@1 that each modality's freezing cost, with intervals; hollow where it may be nothing.

    Args:
        table: columns `group, modality, cost, low, high, certain, links`, costs in points.
    """
    part = table[::-1]
    colours = [style.MODALITY[modality] for modality in part["modality"]]
    symbols = [
        style.SYMBOL[modality] + ("" if certain else "-open")
        for modality, certain in zip(part["modality"], part["certain"], strict=True)
    ]
    figure = go.Figure()
    figure.add_scatter(
        y=part["group"],
        x=part["cost"],
        mode="markers",
        error_x={"array": part["high"] - part["cost"], "arrayminus": part["cost"] - part["low"], "color": style.QUIET},
        marker={"color": colours, "symbol": symbols, "size": 11, "line": {"width": 2, "color": colours}},
        customdata=part[["low", "high", "links"]],
        hovertemplate="%{y}: %{x:.1f} points (%{customdata[0]:.1f} to %{customdata[1]:.1f}), %{customdata[2]:,} links"
        "<extra></extra>",
        showlegend=False,
    )
    figure.add_vline(x=0, line={"color": style.QUIET, "width": 1})
    x = "points of Hits@1 that it cost (right of 0) or gained (left)"
    return style.frame(figure, "What freezing cost", x=x, height=110 + 30 * len(part), top=40)
