"""Figures of the Overview page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

SIDES = {"source": (style.SOURCE, "solid", "circle"), "target": (style.TARGET, "dash", "diamond")}


def coverage(table: pd.DataFrame) -> go.Figure:
    """Present, frozen and missing share per modality and side, one bar each.

    Args:
        table: columns of `app.shared.services.headline.coverage`.
    """
    labels = [table["side"].tolist()[::-1], table["modality"].tolist()[::-1]]
    colours = [style.MODALITY[modality] for modality in labels[1]]
    states = (
        ("in use", "", 0.9, colours),
        ("frozen", "/", 0.25, colours),
        ("missing", ".", 0.2, [style.QUIET] * len(colours)),
    )
    figure = go.Figure()
    for name, pattern, opacity, fills in states:
        figure.add_bar(
            y=[labels[1], labels[0]],
            x=table[name].tolist()[::-1],
            name=name,
            orientation="h",
            marker={
                "color": [style.tint(fill, opacity) for fill in fills],
                "line": {"color": fills, "width": 1},
                "pattern": {"shape": pattern, "fgcolor": fills, "size": 6, "solidity": 0.25},
            },
            hovertemplate="%{y}: %{x:.1%} " + name + "<extra></extra>",
        )
    height = 120 + 26 * len(table)
    style.frame(figure, "Features in use, frozen and missing", x="share of entities", height=height, barmode="stack")
    figure.update_xaxes(range=[0, 1.03], tickformat=".0%")
    return figure


def alone(table: pd.DataFrame) -> go.Figure:
    """Hits@1 of each modality alone and of all fused, a bar per direction.

    Args:
        table: columns of `app.shared.services.headline.alone`.
    """
    figure = go.Figure()
    for direction, part in list(table.groupby("direction", sort=False))[::-1]:
        forward = str(direction).startswith("source")
        colours = [style.MODALITY[name] for name in part["name"]]
        figure.add_bar(
            y=part["name"][::-1],
            x=part["hits"][::-1],
            name=str(direction).replace("_to_", " → "),
            orientation="h",
            text=[f"{value:.1%}" for value in part["hits"][::-1]],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": [style.tint(c, 0.9 if forward else 0.0) for c in colours[::-1]],
                "line": {"color": colours[::-1], "width": 1 if forward else 2},
            },
            hovertemplate="%{y}: %{x:.1%}<extra>" + str(direction).replace("_to_", " → ") + "</extra>",
        )
    height = 130 + 22 * len(table)
    style.frame(figure, "Each modality alone, and all fused", x="Hits@1", height=height, barmode="group")
    figure.update_layout(legend_traceorder="reversed")
    figure.update_xaxes(range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    return figure


def curve(table: pd.DataFrame, split: str, stage_boundary: int | None) -> go.Figure:
    """Hits@1 over the epochs in both directions.

    Args:
        table: columns of `app.shared.services.headline.curve`, of one split.
        split: its name.
        stage_boundary: first epoch of stage 2.
    """
    figure = go.Figure()
    for direction, part in table.groupby("direction", sort=False):
        start = str(direction).split("_")[0]
        colour, dash, symbol = SIDES[start]
        figure.add_scatter(
            x=part["epoch"],
            y=part["hits"],
            name=str(direction).replace("_to_", " → "),
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 6},
            hovertemplate="epoch %{x}: %{y:.1%}<extra></extra>",
        )
    style.mark_stage(figure, stage_boundary)
    style.frame(figure, f"Hits@1 on {split} links while training", x="epoch", y="Hits@1", height=300)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def sparkline(curve: Sequence[float]) -> str:
    """A curve without axes, as SVG: Plotly and Vega take longer to start than such a small picture is worth.

    Args:
        curve: at least two values.
    """
    low, high = min(curve), max(curve)
    points = " ".join(
        f"{place * 100 / (len(curve) - 1):.1f},{36 - 32 * (value - low) / (high - low or 1):.1f}"
        for place, value in enumerate(curve)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 40" preserveAspectRatio="none" width="400"'
        ' height="60">'
        f'<polyline points="{points}" fill="none" stroke="{style.SOURCE}" stroke-width="2" stroke-linejoin="round" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
