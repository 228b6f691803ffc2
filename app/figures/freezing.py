"""Figures of the Freezing page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from app.figures import style


def shares(table: pd.DataFrame, stage_boundary: int | None) -> go.Figure:
    """Missing and frozen share per epoch, stacked, with the threshold; a facet per modality.

    Args:
        table: columns of `app.services.freezing.shares`.
        stage_boundary: first epoch of stage 2.
    """
    modalities = list(dict.fromkeys(table["modality"]))
    figure, places, rows = style.facets(modalities)
    for (row, column), modality in zip(places, modalities, strict=True):
        part = table[table["modality"] == modality]
        colour, first = style.MODALITY[modality], (row, column) == (1, 1)
        layers = (
            ("missing", style.tint(style.QUIET, 0.25), style.QUIET, "dot", "."),
            ("frozen", style.tint(colour, 0.18), colour, "solid", "/"),
        )
        for name, fill, line, dash, pattern in layers:
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
                showlegend=first,
                row=row,
                col=column,
            )
        _threshold(figure, part, modality, row=row, col=column, showlegend=first)
    style.mark_stage(figure, stage_boundary)
    style.frame(figure, "Share of entities frozen and missing", height=140 + 190 * rows, top=88)
    return _share_axes(figure, rows, "share of entities; δ")


def trajectory(table: pd.DataFrame, frozen: dict[str, int], stage_boundary: int | None) -> go.Figure:
    """One entity's relevance per modality against the threshold.

    Args:
        table: columns of `app.services.freezing.trajectory`.
        frozen: modality → epoch in which this entity's feature froze.
        stage_boundary: first epoch of stage 2.
    """
    modalities = list(dict.fromkeys(table["modality"]))
    figure, places, rows = style.facets(modalities, widest=3)
    for (row, column), modality in zip(places, modalities, strict=True):
        part = table[table["modality"] == modality]
        colour, first = style.MODALITY[modality], (row, column) == (1, 1)
        at = {"row": row, "col": column}
        figure.add_scatter(
            x=part["epoch"],
            y=part["relevance"],
            name="relevance α",
            mode="lines+markers",
            line={"color": colour, "dash": style.DASH[modality]},
            marker={"symbol": style.SYMBOL[modality], "size": 7},
            hovertemplate=f"epoch %{{x}}: α = %{{y:.3f}}<extra>{modality}</extra>",
            showlegend=first,
            **at,
        )
        _threshold(figure, part, modality, showlegend=first, **at)
        froze = part[part["epoch"] == frozen.get(modality, -1)]
        figure.add_scatter(
            x=froze["epoch"],
            y=froze["relevance"],
            name="froze here",
            mode="markers",
            marker={"symbol": "x-open", "size": 15, "color": colour, "line": {"width": 3}},
            hovertemplate=f"froze in epoch %{{x}}<extra>{modality}</extra>",
            showlegend=first,
            **at,
        )
    style.mark_stage(figure, stage_boundary)
    style.frame(figure, "Relevance of this entity's features", height=140 + 160 * rows, top=88)
    return _share_axes(figure, rows, "relevance α; δ", percent=False)


def quality(epochs: Sequence[int], precision: Sequence[float], recall: Sequence[float]) -> go.Figure:
    """Precision and recall of "frozen picture = picture that cannot help" after each epoch."""
    figure = go.Figure()
    for name, values, colour, dash in (
        ("precision", precision, style.SOURCE, "solid"),
        ("recall", recall, style.TARGET, "dash"),
    ):
        figure.add_scatter(
            x=list(epochs),
            y=list(values),
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate=f"epoch %{{x}}: {name} %{{y:.0%}}<extra></extra>",
        )
    style.frame(figure, "Frozen pictures against those that cannot help", x="epoch", y="precision, recall", height=260)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def _threshold(figure: go.Figure, part: pd.DataFrame, modality: str, **place: object) -> None:
    figure.add_scatter(
        x=part["epoch"],
        y=part["threshold"],
        name="threshold δ",
        mode="lines",
        line={"color": style.QUIET, "dash": "dash", "width": 2},
        hovertemplate=f"epoch %{{x}}: δ = %{{y:.3f}}<extra>{modality}</extra>",
        legendgroup="threshold",
        **place,
    )


def _share_axes(figure: go.Figure, rows: int, name: str, *, percent: bool = True) -> go.Figure:
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%" if percent else ".1f")
    figure.update_yaxes(title_text=name, col=1)
    figure.update_xaxes(title_text="epoch", row=rows)
    return figure
