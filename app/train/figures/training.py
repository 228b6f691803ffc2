"""Figures of the Train page."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

FROST = style.MODALITY["image"]


def threshold(table: pd.DataFrame, freeze_epochs: int, epochs: int) -> go.Figure:
    """The threshold over the epochs as it is set, with what it can freeze under it.

    Args:
        table: columns of `app.shared.services.training_plan.threshold_curve`.
        freeze_epochs: epochs of stage 1.
        epochs: of the whole run.
    """
    figure = go.Figure()
    for number, (name, part) in enumerate(table.groupby("modalities", sort=False)):
        colour, dash = (FROST, "solid") if name in ("image", "every modality") else (style.QUIET, "dash")
        fill = style.tint(colour, 0.12)
        figure.add_scatter(
            x=part["epoch"],
            y=part["threshold"],
            name=f"δ of {name}",
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2},
            fill="tozeroy",
            fillcolor=fill,
            fillpattern={"shape": "/", "fgcolor": colour, "bgcolor": fill, "size": 9, "solidity": 0.1},
            hoverinfo="skip",
        )
        scored = part[part["scored"]]
        figure.add_scatter(
            x=scored["epoch"],
            y=scored["threshold"],
            name="measured here",
            mode="markers",
            marker={"color": colour, "symbol": "circle", "size": 6},
            hovertemplate="epoch %{x}: δ = %{y:.3f}<extra>" + str(name) + "</extra>",
            legendgroup="measured",
            showlegend=number == 0,
        )
    if freeze_epochs < epochs:
        style.mark_stage(figure, freeze_epochs)
    style.frame(figure, "Threshold δ over the epochs", x="epoch", y="threshold δ on relevance", height=300)
    figure.update_yaxes(range=[0, 1.02])
    return whole_run(figure, epochs)


def losses(table: pd.DataFrame, stage_boundary: int | None) -> go.Figure:
    """Each part of the loss over the epochs.

    Args:
        table: columns of `app.shared.services.live_training.losses`.
        stage_boundary: first epoch of stage 2.
    """
    figure = go.Figure()
    for part, rows in table.groupby("part", sort=False):
        first, _, second = str(part).partition("–")
        figure.add_scatter(
            x=rows["epoch"],
            y=rows["loss"],
            name=str(part),
            mode="lines+markers" if second else "lines",
            marker={"symbol": style.SYMBOL.get(first, "circle"), "size": 6, "maxdisplayed": 8},
            line={
                "color": style.MODALITY.get(first, style.QUIET),
                "dash": style.DASH.get(second or first, "solid"),
                "width": 3 if part == "fused" else 2,
            },
            hovertemplate="epoch %{x}: %{y:.3f}<extra>" + str(part) + "</extra>",
        )
    style.mark_stage(figure, stage_boundary)
    top = 64 + 20 * (table["part"].nunique() // 7)
    style.frame(figure, "Parts of the loss", x="epoch", y="contrastive loss", height=300, top=top)
    figure.update_yaxes(rangemode="tozero")
    return figure


def whole_run(figure: go.Figure, epochs: int) -> go.Figure:
    """Show every epoch that a run will have, so that its curves grow to the right; zoom outlives a new drawing."""
    figure.update_xaxes(range=[-0.5, max(1, epochs) - 0.5])
    figure.update_layout(uirevision="kept")
    return figure
