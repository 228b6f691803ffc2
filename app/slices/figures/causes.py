"""Figures of the errors of a run: how many by which cause, and how one of them came about."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.figures import style

NO_MODALITY = "no single modality"
_LINE = 12


def causes(table: pd.DataFrame, chosen: str = "", *, total: int | None = None) -> go.Figure:
    """Errors per cause, a part per modality that the cause is about; `customdata` is the cause.

    Args:
        table: columns of `app.slices.services.errors.causes`.
        chosen: the cause to set apart, "" for none.
        total: errors that the shares are of, where the table does not have all of them.
    """
    titles = table.drop_duplicates("cause").set_index("cause")["title"][::-1]
    totals = table.groupby("cause")["errors"].sum()[titles.index]
    figure = go.Figure()
    for modality, part in table.groupby("modality", sort=False):
        colour = style.MODALITY.get(str(modality), style.QUIET)
        name = str(modality) or NO_MODALITY
        figure.add_bar(
            y=part["title"],
            x=part["errors"],
            name=name,
            orientation="h",
            text=[name if modality and chosen in ("", cause) else "" for cause in part["cause"]],
            textposition="inside",
            textangle=0,
            insidetextanchor="middle",
            insidetextfont_color="black",
            customdata=part["cause"],
            marker={
                "color": [style.tint(colour, 0.9 if chosen in ("", cause) else 0.15) for cause in part["cause"]],
                "line": {"color": colour, "width": 1},
            },
            hovertemplate="%{y}: %{x:,} errors<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        y=titles,
        x=totals,
        mode="text",
        text=[f"  {errors:,} · {errors / (total or totals.sum()):.0%}" for errors in totals],
        textposition="middle right",
        customdata=titles.index,
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    style.frame(figure, "Errors by primary cause", x="errors", height=130 + 34 * len(titles), barmode="stack")
    figure.update_layout(uniformtext={"minsize": 11, "mode": "hide"}, showlegend=bool(table["modality"].any()))
    figure.update_xaxes(range=[0, 1.35 * totals.max()])
    return figure.update_yaxes(categoryorder="array", categoryarray=list(titles), ticklabelstandoff=6)


def breakdown(table: pd.DataFrame, causes: Sequence[str], title: str) -> go.Figure:
    """Errors per cause (row) and group (column) as squares; `customdata` is group and cause.

    Args:
        table: columns of `app.slices.services.errors.breakdown`.
        causes: their titles, from top to bottom.
        title: of the figure.
    """
    groups = {group: _wrapped(name) for group, name in zip(table["group"], table["group_title"], strict=True)}
    share = table["errors"] / table["asked"]
    figure = go.Figure(
        go.Scatter(
            x=[groups[group] for group in table["group"]],
            y=table["cause_title"],
            mode="markers+text",
            text=[f"{errors:,}" for errors in table["errors"]],
            customdata=list(zip(table["group"], table["cause"], share, strict=True)),
            marker={
                "symbol": "square",
                "size": 12 + 22 * np.sqrt(share / share.max()),
                "color": style.tint(style.WRONG, 0.3),
                "line": {"color": style.WRONG, "width": 1},
            },
            hovertemplate="%{y}<br>%{x}: %{text} errors, %{customdata[2]:.1%} of the queries asked<extra></extra>",
        )
    )
    style.frame(figure, title, height=130 + 34 * len(causes), top=96)
    figure.update_xaxes(side="top", tickangle=0, categoryorder="array", categoryarray=list(groups.values()))
    figure.update_xaxes(range=[-0.6, len(groups) - 0.4])
    return figure.update_yaxes(categoryorder="array", categoryarray=list(causes)[::-1], range=[-0.7, len(causes) - 0.3])


def weights(table: pd.DataFrame) -> go.Figure:
    """Factors on what each modality gives to the similarities of a query: 1 as it is, and what the truth needs to win.

    Args:
        table: columns of `app.slices.services.repair.weights`.
    """
    part = table[::-1]
    colours = [style.MODALITY[modality] for modality in part["modality"]]
    figure = go.Figure()
    for name, fill in (("now", 0.0), ("needed", 0.9)):
        figure.add_bar(
            y=part["modality"],
            x=part[name],
            name=name,
            orientation="h",
            text=[f"{value:.2f}" for value in part[name]],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": [style.tint(colour, fill) for colour in colours],
                "line": {"color": colours, "width": 1 if fill else 2},
            },
            hovertemplate="%{y}: %{x:.3f}<extra>" + name + "</extra>",
        )
    height = 120 + 46 * len(part)
    style.frame(figure, "Smallest change for the truth to win", x="factor on the modality's share", height=height)
    figure.update_xaxes(range=[0, 1.2 * max(1.0, float(table[["now", "needed"]].to_numpy().max()))])
    return figure.update_layout(barmode="group", legend_traceorder="reversed")


def path(table: pd.DataFrame, frozen: Mapping[str, int]) -> go.Figure:
    """Rank of the truth, and both similarities, over the kept epochs.

    Args:
        table: columns of `pmf.failures.path.path`.
        frozen: words such as "image of the truth" → epoch in which that froze; the epochs are marked.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12, row_heights=[0.5, 0.5])
    figure.add_scatter(
        x=table["epoch"],
        y=table["rank"],
        name="rank of the truth",
        mode="lines+markers+text",
        text=[f"{rank:,.10g}" for rank in table["rank"]],
        textposition="top center",
        cliponaxis=False,
        line={"color": style.MODALITY["fused"], "width": 2},
        marker={"symbol": ["circle" if rank <= 1 else "x" for rank in table["rank"]], "size": 9},
        hovertemplate="epoch %{x}: rank %{y:,}<extra></extra>",
        row=1,
        col=1,
    )
    for name, words, colour, dash, symbol in (
        ("truth", "the truth", style.RIGHT, "solid", "circle"),
        ("rival", "its best rival then", style.WRONG, "dash", "x"),
    ):
        figure.add_scatter(
            x=table["epoch"],
            y=table[f"similarity_{name}"],
            name=f"similarity to {words}",
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"epoch %{{x}}: %{{y:.3f}} to {words}<extra></extra>",
            row=2,
            col=1,
        )
    for epoch in sorted(set(frozen.values())):
        figure.add_vline(x=epoch, line={"color": style.MODALITY["image"], "width": 2, "dash": "dot"})
        label = {"text": f"❄ {epoch}", "showarrow": False, "font": {"size": 11}}
        figure.add_annotation(x=epoch, y=1, yref="paper", yanchor="bottom", **label)
    style.frame(figure, "The truth over the epochs", height=420, top=88)
    figure.update_xaxes(title_text="epoch", row=2)
    lowest = max(2.0, float(table["rank"].max()))
    ticks = [step * 10**power for power in range(6) for step in (1, 2, 5) if step * 10**power <= lowest]
    bounds = [1.1 * math.log10(lowest), -0.15 * math.log10(lowest)]
    figure.update_yaxes(title_text="rank (log)", type="log", tickvals=ticks, range=bounds, row=1)
    return figure.update_yaxes(title_text="fused similarity", row=2)


def _wrapped(text: str) -> str:
    return "<br>".join(textwrap.wrap(text, _LINE))
