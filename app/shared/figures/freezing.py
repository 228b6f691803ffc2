"""What is frozen and missing over the epochs, against the threshold."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style


def shares(
    table: pd.DataFrame,
    stage_boundary: int | None,
    *,
    widest: int = 4,
    height: int | None = None,
) -> go.Figure:
    """Missing and frozen share per epoch, stacked, with the threshold; a facet per modality.

    Args:
        table: columns of `app.shared.services.freezing_record.shares`.
        stage_boundary: first epoch of stage 2.
        widest: facets in a row, at most.
        height: in pixels; None = as many as the rows need.
    """
    modalities = list(dict.fromkeys(table["modality"]))
    figure, places, rows = style.facets(modalities, widest)
    for (row, column), modality in zip(places, modalities, strict=True):
        part = table[table["modality"] == modality]
        first = (row, column) == (1, 1)
        _layers(figure, part, modality, showlegend=first, row=row, col=column)
        _threshold(figure, part, modality, row=row, col=column, showlegend=first)
    style.mark_stage(figure, stage_boundary)
    style.frame(figure, "Share of entities frozen and missing", height=height or 140 + 170 * rows, top=88)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(title_text="share of entities; δ", col=1)
    figure.update_xaxes(title_text="epoch", row=rows)
    return figure


def _layers(figure: go.Figure, part: pd.DataFrame, modality: str, **place: object) -> None:
    """The missing and, upon them, the frozen."""
    colour = style.MODALITY[modality]
    for name, fill, line, dash, pattern in (
        ("missing", style.tint(style.QUIET, 0.25), style.QUIET, "dot", "."),
        ("frozen", style.tint(colour, 0.18), colour, "solid", "/"),
    ):
        figure.add_scatter(
            x=part["epoch"],
            y=part[name],
            stackgroup="share",
            mode="lines",
            name=name,
            line={"color": line, "dash": dash, "width": 2},
            fillcolor=fill,
            fillpattern={"shape": pattern, "fgcolor": line, "bgcolor": fill, "size": 7, "solidity": 0.15},
            hovertemplate=f"epoch %{{x}}: %{{y:.1%}} {name}<extra>{modality}</extra>",
            legendgroup=name,
            **place,
        )


def _threshold(figure: go.Figure, part: pd.DataFrame, modality: str, **place: object) -> None:
    figure.add_scatter(
        x=part["epoch"],
        y=part["threshold"],
        name="threshold δ",
        mode="lines+markers",
        line={"color": style.QUIET, "dash": "dash", "width": 2},
        marker={"symbol": "circle", "size": 4},
        hovertemplate=f"epoch %{{x}}: δ = %{{y:.3f}}<extra>{modality}</extra>",
        legendgroup="threshold",
        **place,
    )
