"""Figures of the Data page's report."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

_SIDES = {"source": (style.SOURCE, 0.9), "target": (style.TARGET, 0.0)}
"""Colour and opacity."""


def _marker(side: str) -> dict[str, object]:
    """Filled for the source, hollow for the target."""
    colour, fill = _SIDES[side]
    return {"color": style.tint(colour, fill), "line": {"color": colour, "width": 1 if fill else 2}}


def coverage(table: pd.DataFrame) -> go.Figure:
    """Share of entities that have each modality, a bar per graph.

    Args:
        table: columns of `app.shared.services.data_report.coverage`.
    """
    figure = go.Figure()
    for side in ("target", "source"):  # drawn from below
        part = table[table["side"] == side][::-1]
        figure.add_bar(
            y=part["modality"],
            x=part["share"],
            name=side,
            orientation="h",
            text=[f"{share:.0%}" if share in (0, 1) else f"{share:.1%}" for share in part["share"]],
            textposition="outside",
            cliponaxis=False,
            marker=_marker(side),
            customdata=part[["count", "entities"]],
            hovertemplate="%{y}: %{customdata[0]:,} of %{customdata[1]:,} entities<extra>" + side + "</extra>",
        )
    height = 110 + 44 * table["modality"].nunique()
    style.frame(figure, "Who has what", x="share of entities", height=height, barmode="group")
    figure.update_layout(legend_traceorder="reversed")
    figure.update_xaxes(range=[0, 1.15], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure


def distribution(table: pd.DataFrame, title: str, what: str) -> go.Figure:
    """How many entities have how much of something, a bar per graph in each bin.

    Args:
        table: columns of `app.shared.services.data_report.distribution`.
        title: of the figure.
        what: name of the horizontal axis.
    """
    figure = go.Figure()
    for side in ("source", "target"):
        part = table[table["side"] == side]
        figure.add_bar(
            x=part["bin"],
            y=part["share"],
            name=side,
            marker=_marker(side),
            customdata=part["entities"],
            hovertemplate="%{x}: %{customdata:,} entities, %{y:.1%}<extra>" + side + "</extra>",
        )
    style.frame(figure, title, x=what, y="share of entities", height=300, barmode="group")
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure
