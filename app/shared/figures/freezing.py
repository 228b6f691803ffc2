"""Figures of the Freezing page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from app.shared.figures import style


def shares(
    table: pd.DataFrame,
    stage_boundary: int | None,
    *,
    epoch: int | None = None,
    widest: int = 4,
    height: int | None = None,
) -> go.Figure:
    """Missing and frozen share per epoch, stacked, with the threshold; a facet per modality.

    Args:
        table: columns of `app.shared.services.freezing_record.shares`.
        stage_boundary: first epoch of stage 2.
        epoch: marked with a line.
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
    mark_epoch(figure, epoch)
    style.frame(figure, "Share of entities frozen and missing", height=height or 140 + 170 * rows, top=88)
    return _share_axes(figure, rows, "share of entities; δ")


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


def trajectory(
    paths: Mapping[str, pd.DataFrame],
    frozen: Mapping[str, Mapping[str, int]],
    stage_boundary: int | None,
    *,
    epoch: int | None = None,
) -> go.Figure:
    """Relevance of an entity's features against the threshold; a facet per modality.

    Args:
        paths: who, the entity first and then perhaps its counterpart → columns of `freezing_record.trajectory`.
        frozen: who → modality → epoch in which that feature froze.
        stage_boundary: first epoch of stage 2.
        epoch: marked with a line.
    """
    modalities = list(dict.fromkeys(m for path in paths.values() for m in path["modality"]))
    figure, places, rows = style.facets(modalities, widest=3)
    for (row, column), modality in zip(places, modalities, strict=True):
        at = {"row": row, "col": column}
        for place, (who, path) in enumerate(paths.items()):
            part = path[path["modality"] == modality]
            _path(figure, part, modality, who, frozen[who].get(modality, -1), aside=place > 0, **at)
        first = max((path[path["modality"] == modality] for path in paths.values()), key=len)
        _threshold(figure, first, modality, showlegend=False, **at)
    _legend(figure, [*paths, "froze here", "threshold δ"])
    style.mark_stage(figure, stage_boundary)
    mark_epoch(figure, epoch)
    style.frame(figure, "Relevance of this entity's features", height=140 + 160 * rows, top=88)
    return _share_axes(figure, rows, "relevance α; δ", percent=False)


def _path(
    figure: go.Figure, part: pd.DataFrame, modality: str, who: str, frozen: int, *, aside: bool, **at: int
) -> None:
    """One feature's relevance, the counterpart's fainter, and the cross where it froze."""
    colour = style.MODALITY[modality]
    symbol = style.SYMBOL[modality]
    figure.add_scatter(
        x=part["epoch"],
        y=part["relevance"],
        name=who,
        mode="lines+markers",
        opacity=0.6 if aside else 1,
        line={"color": colour, "dash": "dot" if aside else "solid", "width": 1.5 if aside else 2.5},
        marker={"symbol": f"{symbol}-open" if aside else symbol, "size": 6},
        hovertemplate=f"epoch %{{x}}: α = %{{y:.3f}}<extra>{modality}, {who}</extra>",
        showlegend=False,
        **at,
    )
    froze = part[part["epoch"] == frozen]
    figure.add_scatter(
        x=froze["epoch"],
        y=froze["relevance"],
        name="froze here",
        mode="markers",
        marker={"symbol": "x-open", "size": 14, "color": colour, "line": {"width": 3}},
        hovertemplate=f"froze in epoch %{{x}}<extra>{modality}, {who}</extra>",
        showlegend=False,
        **at,
    )


def _legend(figure: go.Figure, names: Sequence[str]) -> None:
    """Every name once, from the first trace that has something to show."""
    for name in names:
        shown = [trace for trace in figure.data if trace.name == name and len(trace.x)]
        if shown:
            shown[0].showlegend = True


def quality(table: pd.DataFrame, *, epoch: int | None = None) -> go.Figure:
    """Precision and recall of "frozen picture = picture that cannot help" after each epoch.

    Args:
        table: columns `epoch, precision, recall, base`; base is the precision of freezing blindly.
        epoch: marked with a line.
    """
    figure = go.Figure()
    for name, title, colour, dash in (
        ("precision", "precision", style.SOURCE, "solid"),
        ("recall", "recall", style.TARGET, "dash"),
        ("base", "precision of freezing blindly", style.QUIET, "dot"),
    ):
        figure.add_scatter(
            x=table["epoch"],
            y=table[name],
            name=title,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate=f"epoch %{{x}}: {title} %{{y:.0%}}<extra></extra>",
        )
    mark_epoch(figure, epoch)
    style.frame(figure, "Frozen pictures against those that cannot help", x="epoch", y="precision, recall", height=280)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def effects(table: pd.DataFrame, modality: str, *, epochs: int, epoch: int, height: int = 280) -> go.Figure:
    """Features by the epoch they froze in: how many would have helped (up), how many would have hurt (down).

    Args:
        table: columns of `app.freezing.services.effect.by_epoch`.
        modality: what froze.
        epochs: of the whole run.
        epoch: marked with a line.
        height: in pixels.
    """
    figure = go.Figure()
    for name, sign, colour, pattern in (
        ("would have helped", 1, style.RIGHT, ""),
        ("would have hurt", -1, style.WRONG, "x"),
    ):
        figure.add_bar(
            x=table["epoch"],
            y=sign * table[name],
            customdata=table[name],
            width=0.8,
            name=f"{'▲' if sign > 0 else '▼'} {name}",
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "fgcolor": "white", "bgcolor": colour, "size": 6, "solidity": 0.25},
            },
            hovertemplate=f"epoch %{{x}}: %{{customdata:,}} {name}<extra>{modality}</extra>",
        )
    mark_epoch(figure, epoch)
    figure.update_shapes(layer="below")
    style.frame(
        figure,
        f"Test queries by the epoch their {modality} froze in",
        x="epoch",
        y="queries",
        height=height,
        barmode="relative",
    )
    figure.update_xaxes(range=[-0.5, epochs - 0.5])
    most = int(table[["would have helped", "would have hurt"]].max().max()) or 1
    return figure.update_yaxes(tickformat=",d", dtick=1 if most < 5 else None)


def mark_epoch(figure: go.Figure, epoch: int | None) -> None:
    """A vertical line at the chosen epoch, in every small plot that shows something; faster than `add_vline`."""
    if epoch is None:
        return
    line = {"type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1}
    look = {"line": {"color": style.MODALITY["fused"], "width": 2}}
    places = dict.fromkeys((trace.xaxis or "x", trace.yaxis or "y") for trace in figure.data)
    figure.layout.shapes += tuple(line | look | {"xref": x, "yref": f"{y} domain"} for x, y in places)


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


def _share_axes(figure: go.Figure, rows: int, name: str, *, percent: bool = True) -> go.Figure:
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%" if percent else ".1f")
    figure.update_yaxes(title_text=name, col=1)
    figure.update_xaxes(title_text="epoch", row=rows)
    return figure
