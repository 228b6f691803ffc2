"""A study's figures in tables: by variant, and by degree and type of what was asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.studies.services.studies import Study

_NAMES = {
    ("freezing.enabled", "false"): "nothing frozen",
    ("preset", "as it is"): "schedule as it is",
    ("verdicts", "0"): "as long without verdicts",
    ("verdicts", "none yet"): "before the verdicts",
}


ORDERS = {"margin": "least margin first", "random": "in random order"}
"""In which a simulated annotator is asked."""


def bars(study: Study, direction: str, measure: str) -> pd.DataFrame:
    """A row a variant, in the study's order: variant, mean, sd, seeds, difference (points), p (corrected), first."""
    rows = study.summary[study.summary["direction"] == direction]
    table = pd.DataFrame(
        {
            "variant": [variant(*key) for key in zip(rows["setting"], rows["value"], strict=True)],
            "mean": rows[f"{measure}_mean"],
            "sd": rows[f"{measure}_sd"],
            "seeds": rows["seeds"],
            "first": rows["against"].eq("") if "against" in rows else np.arange(len(rows)) == 0,
        }
    )
    return table.reset_index(drop=True)


def variant(setting: str, value: str) -> str:
    """What a variant is called on screen."""
    if (setting, value) in _NAMES:
        return _NAMES[setting, value]
    if setting in ("modalities", "preset"):
        return value
    if setting in ORDERS:
        return f"{ORDERS[setting]}, {float(value):.0%}"
    return f"{setting}, {value}" if setting in ("oracle", "no freezing") else f"{setting} = {value}"


def table(study: Study, direction: str) -> pd.DataFrame:
    """Every figure of one direction, percent and points: a row a variant."""
    rows = study.summary[study.summary["direction"] == direction].reset_index(drop=True)
    shown = pd.DataFrame({"Variant": [variant(*key) for key in zip(rows["setting"], rows["value"], strict=True)]})
    shown["Seeds"] = rows["seeds"]
    _add(shown, rows, {"hits@1": "Hits@1", "mrr": "MRR", "pool_hits@1": "Pool right"})
    _add(shown, rows, {"doubt_precision": "Doubts that are right", "doubt_recall": "Wrong seeds doubted"})
    if "difference_hits@1" in rows:
        shown["Against"] = [_against(value) for value in rows["against"]]
        shown["Δ Hits@1"] = 100 * rows["difference_hits@1"]
        for name, title in (("queries", "p (queries)"), ("pool", "p (pool)"), ("seeds", "p (seeds)")):
            if f"p_{name}_holm" in rows and rows[f"p_{name}_holm"].notna().any():
                shown[title] = rows[f"p_{name}_holm"]
    _add(shown, rows, {"freezing_f1": "Freezing F1", **{f"frozen_{m}": f"{m} frozen" for m in study.modalities}})
    return shown


def _add(shown: pd.DataFrame, rows: pd.DataFrame, columns: dict[str, str]) -> None:
    """Mean and spread in percent, of what is not zero throughout."""
    for name, title in columns.items():
        if f"{name}_mean" in rows and rows[f"{name}_mean"].fillna(0).any():
            shown[f"{title} %"] = 100 * rows[f"{name}_mean"]
            shown[f"± {title}"] = 100 * rows[f"{name}_sd"]


def _against(value: object) -> str:
    setting, _, rest = str(value).partition(" = ")
    return variant(setting, rest) if rest else ""


def groups(study: Study, direction: str, by: str) -> pd.DataFrame:
    """Hits@1 in percent by degree or type of the query, mean over the seeds: a row a variant, a column a group."""
    if study.groups is None:
        return pd.DataFrame()
    part = study.groups[(study.groups["direction"] == direction) & (study.groups["by"] == by)]
    if part["group"].nunique() < 2:
        return pd.DataFrame()
    named = part.assign(variant=[variant(*key) for key in zip(part["setting"], part["value"], strict=True)])
    size = named.groupby("group", sort=False)["queries"].mean()
    order = sorted(size.index, key=_low) if by == "degree" else list(size.sort_values(ascending=False).index)
    wide = named.pivot_table(index="variant", columns="group", values="hits@1", aggfunc="mean", sort=False)
    wide = 100 * wide[order]
    wide.columns = [f"{group} ({size[group]:,.0f})" for group in order]
    return wide.reset_index(names="Variant")


def _low(group: str) -> int:
    return int(group.rstrip("+").split("-")[0])
