"""Figures of studies: many runs that differ in one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.figures import style

MARKS = (("solid", "circle"), ("dash", "square"), ("dot", "diamond"), ("dashdot", "triangle-up"))
"""Dash and symbol of lines that are no modality's."""

COLOURS = (style.MODALITY["fused"], "#AA4499", "#2FA39A", "#B8860B")
"""Of these: what all modalities find together is grey, the others mean nothing else."""


def lines(points: pd.DataFrame, levels: pd.DataFrame, axes: Mapping[str, str], percent: frozenset[str]) -> go.Figure:
    """Means with their spread over what is varied: a row a measure and a column an axis, or side by side with one axis.

    Args:
        points: as `app.studies.services.plots.Curves` has them.
        levels: likewise; drawn where their measure is.
        axes: axis → its title.
        percent: axes that are shares.
    """
    names, measures = list(dict.fromkeys(points["axis"])), list(dict.fromkeys(points["measure"]))
    grid = [(measure, axis) for measure in measures for axis in names]
    rows, columns = (len(measures), len(names)) if len(names) > 1 else (1, len(measures))
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.08, vertical_spacing=0.16)
    named: set[str] = set()
    for number, (measure, axis) in enumerate(grid):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        part = points[(points["measure"] == measure) & (points["axis"] == axis)]
        for at, (line, marks) in enumerate(part.groupby("line", sort=False)):
            figure.add_trace(_curve(str(line), at, marks, measure, named, percent=axis in percent), **place)
        for level in _levels(levels[levels["measure"] == measure], part["x"], named):
            figure.add_trace(level, **place)
        values = sorted(part["x"].unique())
        figure.update_xaxes(title_text=escape(axes.get(axis, axis)), tickvals=values, **place)
        if axis in percent:
            figure.update_xaxes(ticktext=[f"{value:.0%}" for value in values], **place)
        if axis == "seed_ratio":
            figure.update_xaxes(type="log", **place)  # from 1 % to 30 %
        figure.update_yaxes(
            title_text=measure if number % columns == 0 or rows == 1 else "", tickformat=".1~%", **place
        )
    title = " and ".join(measures)
    style.frame(figure, title[0].upper() + title[1:], height=110 + 250 * rows, top=84)
    return figure


def _curve(line: str, number: int, rows: pd.DataFrame, measure: str, told: set[str], *, percent: bool) -> go.Scatter:
    """A line with its spread; it enters the legend once."""
    modality = line in style.DASH
    order = number % len(MARKS)
    colour = style.MODALITY[line] if modality else COLOURS[order]
    dash, symbol = (style.DASH[line], style.SYMBOL[line]) if modality else MARKS[order]
    fresh = bool(line) and line not in told
    told.add(line)
    return go.Scatter(
        x=rows["x"],
        y=rows["mean"],
        error_y={"type": "data", "array": rows["sd"].fillna(0), "width": 4, "thickness": 1.2},
        name=escape(line) or measure,
        legendgroup=line,
        showlegend=fresh,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 8},
        customdata=rows[["sd", "seeds"]],
        hovertemplate=f"%{{x:{'.0%' if percent else 'g'}}}: %{{y:.1%}} ± %{{customdata[0]:.1%}} over "
        f"%{{customdata[1]}} seeds<extra>{escape(line) or measure}</extra>",
    )


def _levels(levels: pd.DataFrame, x: pd.Series, told: set[str]) -> Iterator[go.Scatter]:
    """Lines from the first to the last mark, with their value in the legend."""
    for dash, (_, level) in zip(("longdash", "dot", "longdashdot"), levels.iterrows(), strict=False):
        name = f"{escape(level['line'])}, {level['measure']} {level['mean']:.1%}"
        yield go.Scatter(
            x=[x.min(), x.max()],
            y=[level["mean"]] * 2,
            name=name,
            legendgroup=name,
            showlegend=name not in told,
            mode="lines",
            line={"color": style.QUIET, "dash": dash, "width": 1.5},
            hovertemplate="%{y:.1%}<extra>" + name + "</extra>",
        )
        told.add(name)


def bars(table: pd.DataFrame, measure: str, published: Mapping[str, float]) -> go.Figure:
    """A bar a variant with its spread; the one the others are compared with is hollow.

    Args:
        table: columns of `app.studies.services.tables.bars`.
        measure: what the bars show.
        published: name → a published figure that is comparable.
    """
    rows = table.assign(variant=table["variant"].map(escape)).iloc[::-1]  # drawn from below
    colours = [style.MODALITY.get(str(name).split()[-1], style.QUIET) for name in rows["variant"]]
    figure = go.Figure(
        go.Bar(
            x=rows["mean"],
            y=rows["variant"],
            orientation="h",
            error_x={"type": "data", "array": rows["sd"].fillna(0), "color": "#6B7280", "width": 5, "thickness": 1.5},
            marker={
                "color": [style.tint(c, 0.0 if one else 0.75) for c, one in zip(colours, rows["first"], strict=True)],
                "line": {"color": colours, "width": [2 if one else 1 for one in rows["first"]]},
            },
            customdata=rows["seeds"],
            hovertemplate="%{y}: %{x:.1%} over %{customdata} seeds<extra></extra>",
            showlegend=False,
        )
    )
    for (_, row), high in zip(rows.iterrows(), rows["mean"] + rows["sd"].fillna(0), strict=True):
        spread = "" if pd.isna(row["sd"]) else f" ± {100 * row['sd']:.1f}"
        figure.add_annotation(
            x=high,
            y=row["variant"],
            text=f"{100 * row['mean']:.1f}{spread} %",
            xanchor="left",
            xshift=8,
            showarrow=False,
        )
    for name, value in published.items():
        figure.add_vline(x=value, line={"color": style.QUIET, "dash": "dot"}, annotation={"text": escape(name)})
    style.frame(figure, f"{measure}, a bar a variant", x=measure, height=110 + 34 * len(table), top=48)
    figure.update_xaxes(tickformat=".0%", range=[0, 1.16], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    return figure
