"""Figure of the Matches page: what each modality gave to a pair."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

_FILLS = (0.9, 0.0)
"""Opacity of the bars of the first pair and of the second, which are hollow: hatched means frozen."""


def shares(table: pd.DataFrame) -> go.Figure:
    """Bars per modality, one per pair; frozen and missing said on the axis.

    Args:
        table: columns of `app.shared.services.matches.evidence`, of one or two pairs.
    """
    figure = go.Figure()
    pairs = list(dict.fromkeys(table["pair"]))
    for pair, fill in zip(pairs, _FILLS, strict=False):
        part = table[table["pair"] == pair][::-1]
        colours = [style.MODALITY[modality] for modality in part["modality"]]
        figure.add_bar(
            y=part["modality"],
            x=part["share"],
            name=pair,
            orientation="h",
            text=[_said(share, state) for share, state in zip(part["share"], part["state"], strict=True)],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": [style.tint(colour, fill) for colour in colours],
                "line": {"color": colours, "width": 1 if fill else 2},
            },
            customdata=part["cosine"],
            hovertemplate="%{y}: gives %{x:.3f}; cosine on its own %{customdata:.3f}<extra>" + pair + "</extra>",
        )
    height = 130 + 30 * len(pairs) * len(set(table["modality"]))
    style.frame(
        figure,
        "What each modality gives to the similarity",
        x="share of the fused similarity (cosine units)",
        height=height,
    )
    low, high = min(0.0, table["share"].min()), max(0.05, table["share"].max())
    room = 0.3 * (high - low)
    figure.update_xaxes(range=[low - (room if low < 0 else 0), high + room], zeroline=True)
    figure.update_layout(barmode="group", showlegend=True, legend_traceorder="reversed")
    figure.update_yaxes(autorange=True)
    return figure


def _said(share: float, state: str) -> str:
    if state == "missing":
        return "missing"
    return f"frozen, epoch {state.split()[1]}" if state.startswith("frozen") else f"{share:.3f}"
