"""What verdicts brought."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style


def gain(table: pd.DataFrame) -> go.Figure:
    """Hits@1 against the number of verdicts a run trained with, with 95 % intervals.

    Args:
        table: columns of `app.review.services.gain.gain`.
    """
    figure = go.Figure()
    looks = ((style.SOURCE, "solid", "circle"), (style.TARGET, "dash", "diamond"))
    for (direction, part), (colour, dash, symbol) in zip(table.groupby("direction", sort=False), looks, strict=False):
        figure.add_scatter(
            x=part["verdicts"],
            y=part["hits"],
            error_y={"array": part["high"] - part["hits"], "arrayminus": part["hits"] - part["low"], "thickness": 1},
            customdata=part[["run", "queries"]],
            name=str(direction),
            mode="lines+markers",
            cliponaxis=False,
            line={"color": colour, "dash": dash, "width": 2},
            marker={"color": colour, "symbol": symbol, "size": 9},
            hovertemplate="%{x:,} verdicts: Hits@1 %{y:.1%} of %{customdata[1]:,} queries<br>%{customdata[0]}"
            "<extra></extra>",
        )
    style.frame(figure, "Hits@1 against verdicts", x="verdicts that a run trained with", y="Hits@1", height=320)
    figure.update_yaxes(tickformat=".0%")
    figure.update_xaxes(rangemode="tozero")
    return figure
