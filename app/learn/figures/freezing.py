"""Figures of the Learn page about freezing: pictures under a threshold, and a training played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
import plotly.graph_objects as go

from app.learn.figures.steps import HEIGHT, TEXT
from app.shared.figures import style

ROWS = 5
"""Pictures above each other in `strip`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A picture of `strip`.

    Args:
        image: its address.
        about: what to say on hover.
        relevance: α in [0, 1].
        frozen: whether it is.
        helpless: whether it cannot help.
        chosen: whether it is the one that is spoken of.
    """

    image: str
    about: str
    relevance: float
    frozen: bool
    helpless: bool
    chosen: bool = False


def strip(tiles: Sequence[Tile], threshold: float) -> go.Figure:
    """Pictures in order of relevance, column by column, with the threshold between frozen ones and others."""
    figure = go.Figure()
    places = [(i // ROWS, ROWS - 1 - i % ROWS) for i in range(len(tiles))]
    frame = {"xref": "x", "yref": "y", "sizex": 0.9, "sizey": 0.9, "xanchor": "center", "yanchor": "middle"}
    figure.update_layout(
        images=[
            frame | {"source": tile.image, "x": x, "y": y, "layer": "below"}
            for tile, (x, y) in zip(tiles, places, strict=True)
        ]
    )
    figure.add_scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="markers",
        marker={"size": 40, "symbol": "square", "opacity": 0},
        customdata=[[escape(t.about), t.relevance, "frozen" if t.frozen else "in use"] for t in tiles],
        hovertemplate="%{customdata[0]}: α = %{customdata[1]:.2f}, %{customdata[2]}<extra></extra>",
        showlegend=False,
    )
    _mark(figure, tiles, places)
    _boundary(figure, sum(tile.frozen for tile in tiles), threshold)
    columns = range(0, -(-len(tiles) // ROWS), 2)
    style.frame(figure, "", height=HEIGHT, top=52)
    figure.update_layout(showlegend=True, legend_font_size=TEXT - 1, legend_y=1, dragmode=False)
    figure.update_xaxes(
        tickvals=list(columns),
        ticktext=[f"{tiles[ROWS * c].relevance:.2f}" for c in columns],
        title_text="relevance α at the top of a column",
        range=[-0.6, -(-len(tiles) // ROWS) - 0.4],
        tickfont_size=TEXT - 2,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return figure.update_yaxes(visible=False, range=[-0.6, ROWS - 0.4], fixedrange=True)


def timeline(shares: pd.DataFrame, hits: pd.DataFrame, epoch: int, epochs: int) -> go.Figure:
    """What has frozen and what is found, up to an epoch.

    Args:
        shares: columns of `app.shared.services.freezing_record.shares`.
        hits: columns of `app.shared.services.headline.curve`, of one split and direction.
        epoch: the last one that is drawn.
        epochs: of the whole run.
    """
    figure = go.Figure()
    for modality, rows in shares[shares["epoch"] <= epoch].groupby("modality", sort=False):
        figure.add_scatter(
            x=rows["epoch"],
            y=rows["frozen"],
            name=f"{modality} frozen",
            mode="lines",
            line={"color": style.MODALITY[str(modality)], "dash": style.DASH[str(modality)], "width": 4},
            hovertemplate="epoch %{x}: %{y:.0%}<extra>" + f"{modality} frozen</extra>",
        )
    part = hits[hits["epoch"] <= epoch]
    figure.add_scatter(
        x=part["epoch"],
        y=part["hits"],
        name="Hits@1",
        mode="lines+markers",
        line={"color": style.MODALITY["fused"], "width": 2},
        marker={"symbol": "star", "size": 13},
        hovertemplate="epoch %{x}: %{y:.0%}<extra>Hits@1, validation links</extra>",
    )
    figure.add_vline(x=epoch, line={"color": style.QUIET, "width": 2, "dash": "dot"})
    style.frame(figure, "", x="epoch", y="share frozen; Hits@1", height=HEIGHT - 20, top=52)
    figure.update_layout(showlegend=True, legend_font_size=TEXT - 2, legend_y=1, uirevision="kept", dragmode=False)
    figure.update_yaxes(range=[-0.02, 1.05], tickformat=".0%", fixedrange=True, tickfont_size=TEXT)
    return figure.update_xaxes(range=[-0.5, epochs - 0.5], fixedrange=True, tickfont_size=TEXT)


def _mark(figure: go.Figure, tiles: Sequence[Tile], places: Sequence[tuple[int, int]]) -> None:
    """Marks in the corner of what cannot help, and a frame around the one that is spoken of."""
    corner, edge = 0.36, {"color": "white", "width": 1.5}
    for name, chosen, shift, marker in (
        (
            "cannot help, frozen",
            [t.helpless and t.frozen for t in tiles],
            corner,
            {"symbol": "circle", "size": 12, "color": style.RIGHT, "line": edge},
        ),
        (
            "cannot help, in use",
            [t.helpless and not t.frozen for t in tiles],
            corner,
            {"symbol": "x", "size": 12, "color": style.WRONG, "line": edge},
        ),
        (
            "in the formula",
            [t.chosen for t in tiles],
            0.0,
            {"symbol": "square-open", "size": 46, "color": style.SOURCE, "line": {"width": 4}},
        ),
    ):
        part = [place for place, is_ in zip(places, chosen, strict=True) if is_]
        figure.add_scatter(
            x=[x + shift for x, _ in part],
            y=[y + shift for _, y in part],
            mode="markers",
            name=name,
            marker=marker,
            hoverinfo="skip",
        )


def _boundary(figure: go.Figure, frozen: int, threshold: float) -> None:
    """A stepped line after the first so many tiles."""
    column, row = divmod(frozen, ROWS)
    left, right, at = column - 0.5, column + 0.5, ROWS - 0.5 - row
    figure.add_scatter(
        x=[right, right, left, left],
        y=[ROWS - 0.5, at, at, -0.5],
        mode="lines",
        line={"color": style.MODALITY["image"], "width": 5},
        name=f"δ = {threshold:.2f}, frozen left",
        hoverinfo="skip",
    )
