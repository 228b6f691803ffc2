"""Tables of a run made by hand from the few columns that a test is about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmf.runs import layout

_COLUMNS = {
    layout.ENTITIES: ("uri", "label", "side", "type", "degree"),
    layout.PREDICTIONS: tuple(layout.PREDICTION_COLUMNS),
    layout.FAILURES: tuple(layout.FAILURE_COLUMNS),
}
_NEUTRAL = {"direction": layout.SOURCE_TO_TARGET, "split": "test", "rank": 1.0, "similarity_rank": 1.0, "right": True}
_NEUTRAL |= {"prediction": -1, "epoch": -1, "truth": -1, "side": "source", "degree": 1}
_TEXT = ("cause", "modality", "type")


def whole(table: pd.DataFrame, name: str, modalities: tuple[str, ...]) -> pd.DataFrame:
    """The table with every column that one of its name has, the others filled with what says nothing."""
    table = table.copy()
    wanted = [column.replace("MODALITY", m) for column in _COLUMNS[name] for m in modalities]
    for column in dict.fromkeys(wanted):
        if column in table:
            continue
        if column == "causes":
            table[column] = pd.Series([np.array([], object)] * len(table), table.index, dtype=object)
        elif name == layout.PREDICTIONS and (column in ("score", "similarity") or column.startswith("share_")):
            table[column] = [np.zeros(len(one), np.float32) for one in table["candidates"]]
        else:
            table[column] = "" if column in _TEXT else _NEUTRAL.get(column, np.nan)
    return table
