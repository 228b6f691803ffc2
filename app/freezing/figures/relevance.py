"""Figures of relevance itself: how it is spread over the epochs, and the two sides of linked pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.figures import style
from app.shared.figures.freezing import mark_epoch

BIN = 0.02
STATES = {
    "in use": ("circle", 0.75, ""),
    "one side frozen": ("circle-open", 0.8, "/"),
    "both frozen": ("diamond-open", 0.8, "x"),
}
"""State of a pair → its symbol, opacity and pattern; all have the colour of their modality."""


def spread(
    epochs: npt.NDArray[np.int64],
    share: npt.NDArray[np.float64],
    threshold: npt.NDArray[np.float64],
    now: pd.DataFrame,
    *,
    modality: str,
    epoch: int,
    measured: int | None,
    height: int = 480,
) -> go.Figure:
    """Relevance of a modality over the epochs as a heat strip, and of one epoch as bars beside it.

    Args:
        epochs: `[e]` in which it was measured.
        share: `[e, bins]` share of features in each of equal bins from 0 to 1.
        threshold: `[e]` δ, NaN where it froze nothing.
        now: columns of `app.freezing.services.relevance.histogram`.
        modality: whose relevance it is.
        epoch: marked with a line.
        measured: the last measurement up to it, None before the first.
        height: in pixels.
    """
    figure = make_subplots(1, 2, shared_yaxes=True, column_widths=[0.74, 0.26], horizontal_spacing=0.03)
    colour = style.MODALITY[modality]
    _strip(figure, epochs, share, threshold, colour)
    for state, pattern in (("in use", ""), ("frozen", "/")):
        _bars(figure, now["relevance"], now[state], state, colour, pattern, row=1, col=2)
    mark_epoch(figure, epoch)
    figure.layout.shapes = figure.layout.shapes[:1]  # not across the bars, whose axis counts features
    _limit(figure, epochs, threshold, measured)
    style.frame(figure, f"Relevance of {modality}", height=height, top=88, barmode="stack", bargap=0)
    figure.update_yaxes(range=[0, 1.02])
    figure.update_yaxes(title_text="relevance α; δ", col=1)
    figure.update_xaxes(title_text="epoch", col=1)
    at = f"features, epoch {measured}" if measured is not None else "not measured yet"
    return figure.update_xaxes(title_text=at, col=2, nticks=4)


def _strip(
    figure: go.Figure,
    epochs: npt.NDArray[np.int64],
    share: npt.NDArray[np.float64],
    threshold: npt.NDArray[np.float64],
    colour: str,
) -> None:
    """The heat strip, and the threshold across it."""
    figure.add_heatmap(
        x=epochs,
        y=(np.arange(share.shape[1]) + 0.5) / share.shape[1],
        z=share.T,
        zmin=0,
        zmax=float(np.quantile(share, 0.995)) if share.size else 1,
        colorscale=[[0, style.tint(colour, 0)], [0.5, style.tint(colour, 0.6)], [1, colour]],
        showscale=False,
        hovertemplate="epoch %{x}: %{z:.1%} of them at α ≈ %{y:.2f}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=epochs,
        y=threshold,
        name="threshold δ",
        mode="lines+markers",
        line={"color": style.QUIET, "dash": "dash", "width": 2},
        marker={"symbol": "circle", "size": 6},
        hovertemplate="epoch %{x}: δ = %{y:.3f}<extra></extra>",
        row=1,
        col=1,
    )


def _limit(
    figure: go.Figure, epochs: npt.NDArray[np.int64], threshold: npt.NDArray[np.float64], measured: int | None
) -> None:
    """The threshold of one measurement across the bars beside the heat strip."""
    limit = threshold[epochs == measured] if measured is not None else []
    if len(limit) and np.isfinite(limit[0]):
        figure.add_hline(y=float(limit[0]), line={"color": style.QUIET, "dash": "dash", "width": 2}, row=1, col=2)


def pairs(
    table: pd.DataFrame,
    threshold: float | None,
    *,
    modality: str,
    measured: int,
    names: Sequence[str] | None = None,
) -> go.Figure:
    """Linked pairs by the relevance of their source and of their target feature, with the spread of each.

    Args:
        table: columns of `app.freezing.services.relevance.linked_pairs`; its index is the points' `customdata`.
        threshold: δ of that measurement, None where it froze nothing.
        modality: whose relevance it is.
        measured: epoch of the measurement.
        names: of the pairs, shown on hover.
    """
    figure = make_subplots(
        2,
        2,
        shared_xaxes=True,
        shared_yaxes=True,
        column_widths=[0.84, 0.16],
        row_heights=[0.16, 0.84],
        horizontal_spacing=0.02,
        vertical_spacing=0.02,
    )
    colour = style.MODALITY[modality]
    edges = np.arange(0, 1 + BIN / 2, BIN)
    for state, (_, _, pattern) in STATES.items():
        chosen = (table["state"] == state).to_numpy()
        if not chosen.any():
            continue
        part = table[chosen]
        text = None if names is None else np.array(names, object)[chosen]
        _points(figure, part, state, colour, text, few=len(table) < 3000)
        for side, at in (("source", {"row": 1, "col": 1}), ("target", {"row": 2, "col": 2})):
            counts = np.histogram(part[f"relevance_{side}"], edges)[0]
            upright = side == "source"
            _bars(figure, edges[:-1] + BIN / 2, counts, state, colour, pattern, upright=upright, legend=False, **at)
    least = float(table[["relevance_source", "relevance_target"]].min().min()) if len(table) else 0
    return _pair_frame(figure, max(0.0, np.floor(least * 20) / 20 - 0.02), threshold, modality, measured)


def _points(
    figure: go.Figure, part: pd.DataFrame, state: str, colour: str, text: npt.NDArray[np.object_] | None, *, few: bool
) -> None:
    """The pairs of one state, as WebGL points."""
    symbol, opacity, _ = STATES[state]
    figure.add_scattergl(
        x=part["relevance_source"],
        y=part["relevance_target"],
        customdata=part.index.to_numpy(np.int32),
        text=text,
        name=f"{state} ({len(part):,})",
        mode="markers",
        marker={
            "color": colour,
            "symbol": symbol,
            "size": 7 if few else 4,
            "opacity": opacity if few else 0.5 * opacity,
        },
        hovertemplate=("" if text is None else "%{text}<br>") + "source α %{x:.3f}, target α %{y:.3f}"
        f"<extra>{state}</extra>",
        unselected_marker_opacity=0.1,
        row=2,
        col=1,
    )


def _pair_frame(figure: go.Figure, least: float, threshold: float | None, modality: str, measured: int) -> go.Figure:
    """Threshold, line of equal relevance, axes and title."""
    figure.add_shape(
        type="line",
        x0=least,
        y0=least,
        x1=1,
        y1=1,
        line={"color": style.QUIET, "dash": "dot", "width": 1},
        row=2,
        col=1,
    )
    if threshold is not None:
        line = {"color": style.QUIET, "dash": "dash", "width": 2}
        figure.add_vline(x=threshold, line=line, col=1)
        figure.add_hline(y=threshold, line=line, row=2)
    delta = "" if threshold is None else f"; δ = {threshold:.3f}"
    style.frame(
        figure,
        f"Relevance of {modality}, both sides, epoch {measured}",
        height=520,
        top=72,
        barmode="stack",
        bargap=0,
        dragmode="lasso",
        legend_itemsizing="constant",
    )
    inside = {"range": [least, 1.02]}
    figure.update_xaxes(inside, col=1).update_yaxes(inside, row=2)
    figure.update_xaxes(title_text=f"relevance α of the source entity{delta}", row=2, col=1)
    figure.update_yaxes(title_text="relevance α of the target entity", row=2, col=1)
    figure.update_yaxes(title_text="", showticklabels=False, showgrid=False, row=1, col=1)
    return figure.update_xaxes(title_text="", showticklabels=False, showgrid=False, row=2, col=2)


def _bars(
    figure: go.Figure,
    middles: Sequence[float],
    counts: Sequence[int],
    state: str,
    colour: str,
    pattern: str,
    *,
    upright: bool = False,
    legend: bool = True,
    **at: int,
) -> None:
    """A histogram, lying on its side unless `upright`; hatched where frozen."""
    frozen = state != "in use"
    figure.add_bar(
        x=middles if upright else counts,
        y=counts if upright else middles,
        orientation="v" if upright else "h",
        width=BIN,
        name=state,
        showlegend=legend,
        marker={
            "color": style.tint(colour, 0.15 if frozen else 0.7),
            "line": {"width": 0},
            "pattern": {"shape": pattern, "fgcolor": colour, "size": 5, "solidity": 0.3},
        },
        hovertemplate=("%{x:.2f}: %{y:,}" if upright else "%{y:.2f}: %{x:,}") + f"<extra>{state}</extra>",
        **at,
    )
