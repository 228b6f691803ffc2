"""What the tables of a run folder must hold, for it may come from anybody; `layout` tells what the columns mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.bounded.tables import read_frame
from pmf.errors import DataFormatError
from pmf.runs import layout
from pmf.runs.checks import ACCEPTED_STATES, SCOPES, SPLITS

Column = Callable[[pd.Series], str]
"""Says what a column should hold where it holds something else; "" where it is right."""

LONGEST_TEXT = 100_000  # characters of a cell
_MOST_ROWS = 4  # of a table for each entity, and of the course for each epoch


@dataclass(frozen=True, slots=True)
class Size:
    """What bounds the ids in a run's tables.

    Args:
        n_source: entities of the source graph, the first.
        n_entities: of both graphs.
        epochs: of the run.
        modalities: of the run.
    """

    n_source: int
    n_entities: int
    epochs: int
    modalities: tuple[str, ...]


def read_table(path: Path, size: Size, columns: list[str] | None = None, filters: Any = None) -> pd.DataFrame:
    """One of the tables of a run, every column of it checked.

    Args:
        path: the file, named as in `layout`.
        size: of the run.
        columns: those to read, None for all.
        filters: rows to read, as in `pmf.bounded.tables.read_frame`.

    Raises:
        DataFormatError: it can't be read, lacks a column, or one holds something else.
    """
    wanted = {
        name.replace("MODALITY", modality): column
        for name, column in _tables(size)[path.name].items()
        for modality in size.modalities
    }
    checked = wanted | {
        name.replace("MODALITY", modality): _number(0)
        for name in (layout.REPAIR_COLUMNS if path.name == layout.FAILURES else ())
        for modality in size.modalities
    }
    rows = _MOST_ROWS * size.n_entities * (size.epochs if path.name == layout.COURSE else 1)
    table = read_frame(path, columns, filters, most_rows=rows)
    if missing := [name for name in (columns or wanted) if name not in table]:
        raise DataFormatError(path, expected=f"a column {missing[0]}", got="none")
    for name in set(checked) & set(table.columns):
        if expected := checked[name](table[name]):
            raise DataFormatError(path, expected=f"{expected} in column {name}", got="something else")
    lists = [name for name in _ALIKE if name in table] + [
        name for name in wanted if name.startswith("share_") and name in table
    ]
    if path.name == layout.PREDICTIONS and len({tuple(table[name].map(len)) for name in lists}) > 1:
        raise DataFormatError(path, expected="lists of one length in each row", got="others")
    return table


_ALIKE = ("candidates", "score", "similarity")  # lists of one length in each row of the predictions, as the shares are


def _tables(size: Size) -> Mapping[str, Mapping[str, Column]]:
    """Table → column → what it must hold."""
    n, direction = size.n_entities, _text(*layout.DIRECTIONS)
    entity, maybe = _whole(0, n), _whole(-1, n)
    rank, rank_or_none = _number(0, none=False), _number(0)
    ranks = dict.fromkeys(("alone_MODALITY", "without_MODALITY", "thawed_MODALITY"), rank_or_none)
    return {
        layout.ENTITIES: {
            "uri": _text(),
            "label": _text(),
            "side": _text("source", "target"),
            "type": _text(),
            "degree": _whole(0),
        },
        layout.LINKS: {"source": _whole(0, size.n_source), "target": _whole(size.n_source, n), "split": _text(*SPLITS)},
        layout.PREDICTIONS: {
            "direction": direction,
            "query": entity,
            "split": _text(*SPLITS, "unlinked"),
            "truth": maybe,
            "rank": rank_or_none,
            "truth_similarity": _number(),
            "candidates": _each(entity),
            **dict.fromkeys(("score", "similarity", "share_MODALITY"), _each(_number(none=False))),
        },
        layout.HELD_BACK: {
            **dict.fromkeys(("similarity", "csls", "margin", "claim", "mutual"), _number(none=False)),
            "right": _truth,
            "counterpart": _truth,
        },
        layout.COURSE: {
            "epoch": _whole(0, size.epochs),
            "direction": direction,
            "query": entity,
            "truth": entity,
            "candidates": _whole(0),
            "rank": rank,
            "similarity_truth": _number(),
            "rival": entity,
            "similarity_rival": _number(),
        },
        layout.COUNTERFACTUALS: {
            "direction": direction,
            "query": entity,
            "truth": entity,
            "scope": _text(*SCOPES),
            "rank": rank,
            **ranks,
        },
        layout.ACCEPTED: {
            **dict.fromkeys(("pair", "source", "target", "what"), _text()),
            "given": _text(*SPLITS, "verdict"),
            "state": _text(*ACCEPTED_STATES),
        },
        layout.FAILURES: {
            "direction": direction,
            "query": entity,
            "truth": entity,
            "prediction": maybe,
            "rank": rank,
            "right": _truth,
            "cause": _text(),
            "modality": _text(*size.modalities, ""),
            "causes": _each(_text()),
            "epoch": _whole(-1, size.epochs),
            "gain": rank_or_none,
            "similarity_rank": rank,
            **ranks,
        },
    }


def _whole(lowest: int, below: float = 2**62) -> Column:
    def check(values: pd.Series) -> str:
        fits = values.dtype.kind in "iu" and (not len(values) or (values.min() >= lowest and values.max() < below))
        return "" if fits else f"whole numbers from {lowest} to below {below:,}"

    return check


def _number(lowest: float = -math.inf, *, none: bool = True) -> Column:
    """Finite numbers; with `none`, NaN where there is none."""

    def check(values: pd.Series) -> str:
        array: npt.NDArray[Any] = values.to_numpy()
        if array.dtype.kind not in "iuf":
            return "numbers"
        fits = not np.isinf(array).any() and (none or not np.isnan(array).any()) and not (array < lowest).any()
        return "" if fits else f"finite numbers{'' if lowest == -math.inf else f' from {lowest}'}"

    return check


def _text(*allowed: str) -> Column:
    def check(values: pd.Series) -> str:
        if values.isna().any() or not pd.api.types.is_string_dtype(values):
            return "text in every row"
        if allowed:
            return "" if values.isin(allowed).all() else " or ".join(allowed)
        longest = values.str.len().max() if len(values) else 0
        return "" if longest <= LONGEST_TEXT else f"texts of {LONGEST_TEXT:,} characters at most"

    return check


def _truth(values: pd.Series) -> str:
    return "" if values.dtype.kind == "b" else "true or false"


def _each(inner: Column) -> Column:
    """Lists of values that another check lets pass."""

    def check(values: pd.Series) -> str:
        if not all(isinstance(one, np.ndarray) and one.ndim == 1 for one in values):
            return "a list in every row"
        together = np.concatenate(list(values)) if len(values) else np.empty(0)
        if not len(together):
            return ""
        series = pd.Series(together, dtype="str") if together.dtype == object else pd.Series(together)
        return inner(series)

    return check
