"""What a figure shows, as a table."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

PANEL, SERIES = "panel", "series"


def traces(figure: go.Figure) -> pd.DataFrame:
    """One row a drawn value, trace after trace; what is only written on the figure is left out.

    Returns:
        Columns `panel` (the small plot it is in, where there are several) and `series` (name of the trace), then the
        coordinates, each named after its axis (one without a title `x`, `y`, `z`, or `category` where it holds words),
        and `customdata` under the name that the trace's `meta` gives it.
    """
    panels = _panels(figure)
    drawn = [trace for trace in figure.data if getattr(trace, "mode", None) != "text"]
    parts = [_rows(figure, trace, panels) for trace in drawn]
    parts = [part for part in parts if not part.empty]
    if not parts:
        return pd.DataFrame(columns=[SERIES])
    table = pd.concat(parts, ignore_index=True).dropna(axis="columns", how="all")
    table = table.dropna(how="all", subset=[name for name in table if name not in (PANEL, SERIES)])  # of the legend
    mixed = [name for name in table if pd.api.types.infer_dtype(table[name], skipna=True).startswith("mixed")]
    table = table.astype(dict.fromkeys(mixed, "str")).infer_objects().reset_index(drop=True)
    words = {name: table[name].map(_plain) for name in table if not pd.api.types.is_numeric_dtype(table[name])}
    return table.assign(**words).rename(columns=_plain)


def _plain(text: object) -> object:
    """Words without the line breaks and the bold type that they have on the figure."""
    return re.sub(r"</?[bi]>", "", text.replace("<br>", " ")) if isinstance(text, str) else text


def _rows(figure: go.Figure, trace: Any, panels: dict[str, str]) -> pd.DataFrame:
    if trace.type == "sankey":
        return _flows(trace)
    columns: dict[str, Any] = {PANEL: panels.get(trace.xaxis or "x")} if panels else {}
    columns[SERIES] = trace.name or trace.type
    values = _grid(trace) if getattr(trace, "z", None) is not None else {a: getattr(trace, a, None) for a in "xy"}
    for letter, given in values.items():
        if given is not None and len(given):
            name = _title(figure, trace, letter, given)
            name = f"{name} ({letter})" if name in columns else name
            columns |= _coordinate(name, given) | _interval(name, given, getattr(trace, f"error_{letter}", None))
    if trace.meta and trace.customdata is not None:
        columns[str(trace.meta)] = trace.customdata
    if not any(np.ndim(value) for value in columns.values()):  # bands have no axes
        return pd.DataFrame()
    return pd.DataFrame({name: pd.Series(value) if np.ndim(value) else value for name, value in columns.items()})


def _flows(trace: Any) -> pd.DataFrame:
    """The bands between the nodes of a flow."""
    names, link = np.array(trace.node.label, dtype=object), trace.link
    ends = {"from": names[list(link.source)], "to": names[list(link.target)]}
    return pd.DataFrame({SERIES: trace.name or trace.type, **ends, "value": list(link.value)})


def _coordinate(name: str, values: Any) -> dict[str, Any]:
    """Values under their axis; of categories within categories (an axis of two rows) one column a level."""
    if np.ndim(values[0]) == 0:
        return {name: values}
    return {f"{name} {level}": row for level, row in enumerate(values, 1)}


def _interval(name: str, values: Any, error: Any) -> dict[str, Any]:
    """Where the whiskers of a value end."""
    if error is None or error.array is None:
        return {}
    below = error.array if error.arrayminus is None else error.arrayminus
    return {f"{name} low": np.subtract(values, below), f"{name} high": np.add(values, error.array)}


def _grid(trace: Any) -> dict[str, Any]:
    """The cells of a heat map, row by row."""
    z = np.asarray(trace.z)
    x = trace.x if trace.x is not None else np.arange(z.shape[1])
    y = trace.y if trace.y is not None else np.arange(z.shape[0])
    return {"x": list(x) * z.shape[0], "y": [value for value in y for _ in range(z.shape[1])], "z": z.ravel()}


def _title(figure: go.Figure, trace: Any, letter: str, values: Any) -> str:
    """What an axis is called; of small plots that share a row or a column only the outer axes have a name."""
    if letter == "z":
        bar = getattr(trace, "colorbar", None)
        return str((bar and bar.title.text) or "z")
    own = figure.layout[(getattr(trace, f"{letter}axis", None) or letter).replace(letter, f"{letter}axis", 1)]
    if own.title.text:
        return str(own.title.text)
    axes = [a for a in (figure.select_xaxes() if letter == "x" else figure.select_yaxes()) if a.title.text]
    for beside in ([a for a in axes if a.domain == own.domain], axes):
        if len(names := {a.title.text for a in beside}) == 1:
            return str(names.pop())
    return "category" if isinstance(np.ravel(values)[0], str) else letter


def _panels(figure: go.Figure) -> dict[str, str]:
    """Reference of a horizontal axis → title of its small plot, where there are several."""
    axes = list(dict.fromkeys(trace.xaxis or "x" for trace in figure.data if hasattr(trace, "xaxis")))
    if len(axes) < 2:
        return {}
    axes.sort(key=lambda axis: int(axis[1:] or 1))
    titles = [note.text for note in figure.layout.annotations if note.xref == note.yref == "paper"]
    return {axis: title or axis for axis, title in zip_longest(axes, titles[: len(axes)])}
