"""What to draw of a study over a number: curves over what is varied, and levels of what has no number."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app.studies.services.studies import Study
from app.studies.services.tables import ORDERS, variant

LINES = {
    "schedule": ("hits@1", "frozen"),
    "seed-share": ("hits@1",),
    "missing-images": ("hits@1", "frozen"),
    "corrupted-images": ("hits@1", "frozen", "freezing_f1"),
    "size": ("hits@1",),
    "annotator": ("hits@1", "pool_hits@1"),
}
"""Studies over a number, and what is drawn over it."""

MEASURES = {
    "hits@1": "Hits@1",
    "hits@10": "Hits@10",
    "mrr": "MRR",
    "pool_hits@1": "pool right",
    "freezing_f1": "F1 of “frozen = cannot help”",
    "frozen": "frozen share",
}
AXES = {
    "seed_ratio": "share of the links that are seeds",
    "freezing.cap": "threshold cap δ",
    "freezing.growth_rate": "growth of δ an epoch",
    "freezing.start_epoch": "first epoch that freezes",
    "missing images": "share of the pictures taken away",
    "corrupted images": "share of the pictures that show something else",
    "share of the graphs": "share of the entities kept",
    "asked": "share of the pool that is asked about",
}
SHARES = {"seed_ratio", "missing images", "corrupted images", "share of the graphs", "asked"}
"""Axes in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What a study over a number shows.

    Args:
        points: a row a point: axis (what is varied), measure, line ("" where there is but one), x, mean, sd.
        levels: a row a variant without a number: measure, line, mean; drawn as a level line.
    """

    points: pd.DataFrame
    levels: pd.DataFrame


def curves(study: Study, direction: str) -> Curves | None:
    """The curves of a study in one direction, shares and figures in [0, 1]; None where it is not over a number."""
    measures = LINES.get(study.kind)
    if measures is None:
        return None
    rows = study.summary[study.summary["direction"] == direction]
    number = pd.to_numeric(rows["value"], errors="coerce")
    sizes = number.groupby(rows["setting"]).transform("nunique")
    varied = number.notna() & (sizes > 1)
    points = [
        part.assign(x=number[part.index]) for measure in measures for part in _measured(rows[varied], measure, study)
    ]
    levels = [part for measure in measures if measure != "frozen" for part in _measured(rows[~varied], measure, study)]
    table = pd.concat(points, ignore_index=True) if points else pd.DataFrame(columns=["setting"])
    if table.empty:
        return None
    if study.kind == "annotator":
        table["line"] = table["setting"].map(lambda name: ORDERS.get(name, name))
        table["axis"] = "asked"
    else:
        table["axis"] = table["setting"]
    empty = pd.DataFrame(columns=["measure", "line", "mean"])
    flat = pd.concat(levels, ignore_index=True) if levels else empty
    if len(flat):
        flat["line"] = [variant(*key) for key in zip(flat["setting"], flat["value"], strict=True)]
    columns = ["axis", "measure", "line", "x", "mean", "sd", "seeds"]
    return Curves(
        points=table[columns].sort_values(["axis", "measure", "line", "x"], kind="stable", key=_order), levels=flat
    )


def _order(values: pd.Series) -> pd.Series:
    """Text in the order of its first appearance, numbers by size."""
    return values if values.name == "x" else pd.Series(pd.factorize(values)[0], index=values.index)


def _measured(rows: pd.DataFrame, measure: str, study: Study) -> list[pd.DataFrame]:
    """The rows' means and spreads, a part a line."""
    names = {f"frozen_{m}": m for m in study.modalities} if measure == "frozen" else {measure: ""}
    parts = []
    for name, line in names.items():
        if f"{name}_mean" not in rows or not (mean := rows[f"{name}_mean"]).notna().any():
            continue
        if measure == "frozen" and not (mean > 0).any():
            continue
        part = rows[["setting", "value", "seeds"]].assign(mean=mean, sd=rows[f"{name}_sd"])
        parts.append(part.assign(measure=MEASURES[measure], line=line))
    return parts
