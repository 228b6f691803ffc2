"""Figures of the Learn page, large enough for a projector."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style

TEXT = 16
HEIGHT = 400
_HUB, _BESIDE, _TOP = 2.95, 2.4, 1.5
"""In `two_graphs`: how far from the middle the pair and its neighbours stand, and how high the pair."""


def two_graphs(
    source: tuple[str, Sequence[tuple[str, str]]],
    target: tuple[str, Sequence[tuple[str, str]]],
    known: int,
    *,
    seeds: bool,
    answer: bool,
) -> go.Figure:
    """An entity of either graph beside its neighbours, source left and target right.

    Args:
        source: its label, and label and relation of each neighbour.
        target: the same.
        known: so many first neighbours of either side are linked with each other by seeds.
        seeds: whether these links are drawn.
        answer: whether the link that is asked for is drawn as found, or as a question.
    """
    figure = go.Figure()
    rows = max(len(source[1]), len(target[1]))
    for sign, name, (label, beside), colour, symbol in (
        (-1, "source", source, style.SOURCE, "circle"),
        (1, "target", target, style.TARGET, "diamond"),
    ):
        heights = _heights(rows)[: len(beside)]
        _lines(figure, [((_HUB * sign, _TOP), (_BESIDE * sign, y)) for y in heights], "", "solid")
        figure.add_scatter(
            x=[_HUB * sign, *[_BESIDE * sign] * len(beside)],
            y=[_TOP, *heights],
            mode="markers+text",
            text=[
                f"<b>{escape(label)}</b>",
                *(f"{escape(one)} <i>({escape(relation)})</i>" for one, relation in beside),
            ],
            textposition="top right" if sign < 0 else "top left",
            textfont_size=[TEXT + 4, *[TEXT] * len(beside)],
            marker={"color": colour, "symbol": symbol, "size": [26, *[14] * len(beside)], "opacity": 1},
            name=f"{name} graph",
            hoverinfo="skip",
            cliponaxis=False,
        )
    if seeds and known:
        _lines(figure, [((-_BESIDE, y), (_BESIDE, y)) for y in _heights(rows)[:known]], "seed link", "solid")
    _asked(figure, answer=answer)
    style.frame(figure, "", height=HEIGHT + 20, top=40)
    figure.update_layout(showlegend=True, legend_font_size=TEXT, legend_y=1, dragmode=False)
    figure.update_xaxes(visible=False, range=[-3.15, 3.15], fixedrange=True)
    return figure.update_yaxes(visible=False, range=[-1.1, 1.85], fixedrange=True)


def nearest(table: pd.DataFrame, modality: str) -> go.Figure:
    """Cosines of the entities of the target graph that a modality finds most alike; the counterpart stands out.

    Args:
        table: `place, label, cosine, truth`.
        modality: its name.
    """
    table = table[::-1]
    colour = style.MODALITY[modality]
    names = [
        f"{place}. {'● ' if truth else ''}{escape(str(label))}"
        for place, label, truth in zip(table["place"], table["label"], table["truth"], strict=True)
    ]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=table["cosine"],
        orientation="h",
        text=[f"{cosine:.3f}" for cosine in table["cosine"]],
        textposition="outside",
        textfont_size=TEXT,
        cliponaxis=False,
        marker={
            "color": [style.tint(colour, 0.9 if truth else 0.3) for truth in table["truth"]],
            "line": {"color": colour, "width": 2},
        },
        hoverinfo="skip",
    )
    style.frame(figure, f"Most alike by {modality} (● = the counterpart)", height=240, top=36)
    figure.update_yaxes(tickfont_size=TEXT, fixedrange=True)
    return figure.update_xaxes(range=[min(0.0, table["cosine"].min()), 1.15], fixedrange=True, visible=False)


def ranks(table: pd.DataFrame) -> go.Figure:
    """Rank of the counterpart by each modality alone and by all together; shorter is better.

    Args:
        table: `name, rank, state`.
    """
    table = table[::-1]
    colours = [style.MODALITY[name] for name in table["name"]]
    figure = go.Figure()
    figure.add_bar(
        y=[f"<b>{name}</b>" if name == "fused" else name for name in table["name"]],
        x=table["rank"],
        orientation="h",
        text=[_rank(rank, state) for rank, state in zip(table["rank"], table["state"], strict=True)],
        textposition="outside",
        textfont_size=TEXT,
        cliponaxis=False,
        marker={
            "color": [
                style.tint(c, 0.85 if s == "in use" else 0.15) for c, s in zip(colours, table["state"], strict=True)
            ],
            "line": {"color": colours, "width": 2},
            "pattern": {"shape": ["/" if s == "frozen" else "." if s == "missing" else "" for s in table["state"]]},
        },
        hoverinfo="skip",
    )
    style.frame(figure, "Rank of the counterpart: 1 = found", height=350, top=40)
    figure.update_yaxes(tickfont_size=TEXT, fixedrange=True)
    # a bar on a logarithmic axis begins at its edge, so rank 1 keeps a length
    return figure.update_xaxes(type="log", range=[-0.3, 3.9], visible=False, fixedrange=True)


def results(paper: pd.DataFrame, own: pd.DataFrame, title: str) -> go.Figure:
    """Published Hits@1 above the run's own.

    Args:
        paper: `name, hits`, in [0, 1].
        own: the same, of the run.
        title: of the run's data.
    """
    figure = style.make_subplots(
        rows=2, cols=1, subplot_titles=["Published, DBP15K ZH-EN", f"This run, {escape(title)}"], vertical_spacing=0.14
    )
    for row, table in enumerate((paper, own), 1):
        table = table[::-1]
        colours = [style.MODALITY.get(name, style.SOURCE if name == "PMF" else style.QUIET) for name in table["name"]]
        figure.add_bar(
            y=[escape(str(name)) for name in table["name"]],
            x=table["hits"],
            orientation="h",
            text=[f"{hits:.1%}" for hits in table["hits"]],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [style.tint(c, 0.7) for c in colours], "line": {"color": colours, "width": 1}},
            hoverinfo="skip",
            row=row,
            col=1,
        )
    style.frame(figure, "", height=HEIGHT - 110, top=24, showlegend=False)
    figure.update_annotations(x=0, xanchor="left", font_size=TEXT - 1)
    figure.update_xaxes(visible=False, range=[0, 1.2], fixedrange=True)
    return figure.update_yaxes(tickfont_size=TEXT - 2, fixedrange=True)


def _heights(count: int) -> list[float]:
    """Of so many rows, from top to bottom."""
    return [1 - 2 * i / (count - 1) for i in range(count)] if count > 1 else [0.0] * count


def _lines(
    figure: go.Figure, ends: Sequence[tuple[tuple[float, float], tuple[float, float]]], name: str, dash: str
) -> None:
    figure.add_scatter(
        x=[x for (a, _), (b, _) in ends for x in (a, b, None)],
        y=[y for (_, a), (_, b) in ends for y in (a, b, None)],
        mode="lines",
        line={"color": style.RIGHT if name else style.QUIET, "width": 5 if name else 1.5, "dash": dash},
        name=name,
        showlegend=bool(name),
        hoverinfo="skip",
    )


def _asked(figure: go.Figure, *, answer: bool) -> None:
    """The link that is asked for, over everything else."""
    figure.add_scatter(
        x=[-_HUB, _HUB],
        y=[_TOP, _TOP],
        mode="lines",
        line={"color": style.RIGHT if answer else style.QUIET, "width": 5, "dash": "solid" if answer else "dash"},
        name="the same" if answer else "the same?",
        hoverinfo="skip",
    )


def _rank(rank: float, state: str) -> str:
    if state == "missing":
        return "missing"
    shown = f"{rank:,.0f}" if rank == int(rank) else f"{rank:,.1f}"
    return f"{shown}, frozen in the fusion" if state == "frozen" else shown
