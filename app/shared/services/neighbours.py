"""The neighbours of two entities, and which of them the two graphs agree on."""

from __future__ import annotations

import pandas as pd

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView

COLUMNS = ["In both", "Relation", "Neighbour", "Its counterpart", "Known by"]


def neighbours(run: RunView, data: Dataset, entity: int, other: int | None) -> pd.DataFrame:
    """The neighbours of `entity`, those whose counterpart is a neighbour of `other` first.

    Returns:
        Columns `COLUMNS`; a counterpart is the linked one, else the predicted one.
    """
    beside = {n.entity for n in data.neighbours(other)} if other is not None else set()
    rows = []
    for n in data.neighbours(entity):
        counterpart, known = _counterpart(run, n.entity)
        rows.append(
            {
                "In both": "●" if counterpart in beside else "",
                "Relation": f"{'→' if n.forward else '←'} {n.relation}",
                "Neighbour": run.labels[n.entity],
                "Its counterpart": run.labels[counterpart] if counterpart >= 0 else "",
                "Known by": known,
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values("In both", ascending=False, kind="stable", ignore_index=True)


def _counterpart(run: RunView, entity: int) -> tuple[int, str]:
    if run.partner[entity] >= 0:
        return int(run.partner[entity]), f"{run.split[entity]} link"
    best = int(run.best[entity])
    return best, "prediction" if best >= 0 else ""
