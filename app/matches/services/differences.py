"""The attributes of an entity beside those of its prediction and its counterpart, key by key, compared by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from app.shared.services.dataset import AttributeRow, Dataset, compare_attributes
from pmf.alignment.explanation.values import value_pairs

SIGNS = {"equal": "=", "alike": "≈", "differs": "≠", "named": "both have it", "absent": "–"}
SPEAKS = ("truth", "prediction", "neither", "both", "")
"""What a key speaks for, the decisive first: a value that only one of the two shares with the entity asked for."""


def differences(data: Dataset, query: int, others: Mapping[str, int]) -> pd.DataFrame:
    """Every key of an entity with the values of others, the most telling first.

    Args:
        data: of the run.
        query: the entity asked for.
        others: "prediction" and "truth", or one of them → entity of the other graph.

    Returns:
        Columns `Key, Asked for`, one for each of `others`, and `Speaks for` (of `SPEAKS`); a cell begins with its sign,
        and names the other graph's key where that is another one. Values are alike that share words, letters or size,
        whatever their keys are called (`pmf.alignment.explanation.values`).
    """
    own = data.attributes(query)
    alike = {name: _alike(data, query, entity) for name, entity in others.items()}
    pairs = {name: compare_attributes(own, data.attributes(entity)) for name, entity in others.items()}
    by_key = {name: {row.source_key: row for row in rows if row.source_key} for name, rows in pairs.items()}
    source_values = {row.source_key: row.source_value for rows in by_key.values() for row in rows.values()}
    rows = []
    for key, value in source_values.items():
        rows_of = {name: by_key[name].get(key, AttributeRow(mark="absent")) for name in others}
        rows_of = {name: _by_likeness(row, alike[name].get(key)) for name, row in rows_of.items()}
        marks = {name: "absent" if row.mark == "source only" else row.mark for name, row in rows_of.items()}
        cells = {name.capitalize(): _cell(key, marks[name], row) for name, row in rows_of.items()}
        rows.append({"Key": key, "Asked for": value} | cells | {"Speaks for": _speaks(marks)})
    rows.sort(key=lambda row: SPEAKS.index(row["Speaks for"]))
    return pd.DataFrame(rows, columns=["Key", "Asked for", *(name.capitalize() for name in others), "Speaks for"])


def _alike(data: Dataset, query: int, other: int) -> dict[str, tuple[str, str]]:
    """The query's keys → key and value of the other entity that are most like theirs."""
    if data.pair is None:
        return {}
    pairs = value_pairs(data.pair, *sorted((query, other)))
    sides = [((p.source_key, p.source_value), (p.target_key, p.target_value)) for p in reversed(pairs)]
    return {own[0]: theirs for own, theirs in (sides if query < other else [side[::-1] for side in sides])}


def _by_likeness(row: AttributeRow, like: tuple[str, str] | None) -> AttributeRow:
    """The row with the value that is like the query's, where no equal one is there."""
    if like is None or row.mark in ("equal", "named") or (row.mark == "differs" and row.target_key != like[0]):
        return row
    return replace(row, mark="alike", target_key=like[0], target_value=like[1])


def _cell(key: str, mark: str, row: AttributeRow) -> str:
    other = f" ({row.target_key})" if row.target_key and row.target_key != key else ""
    return f"{SIGNS[mark]} {row.target_value}{other}".strip()


def _speaks(marks: Mapping[str, str]) -> str:
    best = "equal" if "equal" in marks.values() else "alike"
    nearest = [name for name, mark in marks.items() if mark == best]
    if len(nearest) == len(marks):
        return "both" if len(marks) > 1 else nearest[0]
    return nearest[0] if nearest else "neither" if "differs" in marks.values() else ""
