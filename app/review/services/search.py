"""Looking through one whole graph for an entity: by name, by type, by the value of an attribute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView

MOST = 12
LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entity that was found, and by what."""

    entity: int
    why: str


def find(run: RunView, data: Dataset, text: str, *, of_source: bool) -> list[Hit]:
    """Entities of one graph that hold a text, at most `MOST`: names first, then types, then values.

    Args:
        run: the run under review.
        data: its data set; without it there are no values to look in.
        text: what was typed; upper and lower case are the same.
        of_source: whether to look in the source graph, else in the target graph.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return []
    found: dict[int, str] = {}
    for entity in run.find(wanted, limit=run.n):
        if run.is_source(entity) == of_source and len(found) < MOST:
            found[entity] = "name"
    types = pd.Series(run.types).astype(str).str.casefold()
    for entity in np.flatnonzero(types.str.contains(wanted, regex=False)).tolist():
        if run.is_source(entity) == of_source and len(found) < MOST:
            found.setdefault(entity, f"type {run.types[entity]}"[:LONGEST])
    if data.pair is not None and len(found) < MOST:
        graph, offset = list(data.pair.sides())[not of_source]
        for place in np.flatnonzero(_folded_values(data, of_source).str.contains(wanted, regex=False)).tolist():
            if len(found) >= MOST:
                break
            entity = int(graph.attribute_triples[place, 0]) + offset
            found.setdefault(entity, str(graph.attribute_values[place])[:LONGEST])
    return [Hit(entity=entity, why=why) for entity, why in found.items()]


@lru_cache(maxsize=4)
def _folded_values(data: Dataset, of_source: bool) -> pd.Series:
    assert data.pair is not None
    graph = data.pair.source if of_source else data.pair.target
    return pd.Series(graph.attribute_values, dtype=object).astype(str).str.casefold()
