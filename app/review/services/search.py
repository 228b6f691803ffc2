"""Looking through one whole graph for an entity: by name, by type, by the value of an attribute."""

from __future__ import annotations

from collections.abc import Iterator
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
    never = set() if data.pair is None else set(data.pair.context.tolist())  # structure only, such as blank nodes
    hits: dict[int, str] = {}
    for entity, why in _holding(run, data, wanted, of_source=of_source):
        if len(hits) == MOST:
            break
        if run.is_source(entity) == of_source and entity not in never:
            hits.setdefault(entity, why[:LONGEST])
    return [Hit(entity=entity, why=why) for entity, why in hits.items()]


def _holding(run: RunView, data: Dataset, wanted: str, *, of_source: bool) -> Iterator[tuple[int, str]]:
    """Entities that hold a text, and where: in names first, then in types, then in values."""
    yield from ((entity, "name") for entity in run.find(wanted, limit=run.n))
    types = pd.Series(run.types).astype(str).str.casefold()
    for entity in np.flatnonzero(types.str.contains(wanted, regex=False)).tolist():
        yield entity, f"type {run.types[entity]}"
    if data.pair is not None:
        graph, offset = list(data.pair.sides())[not of_source]
        for place in np.flatnonzero(_folded_values(data, of_source).str.contains(wanted, regex=False)).tolist():
            yield int(graph.attribute_triples[place, 0]) + offset, str(graph.attribute_values[place])


@lru_cache(maxsize=4)
def _folded_values(data: Dataset, of_source: bool) -> pd.Series:
    assert data.pair is not None
    graph = data.pair.source if of_source else data.pair.target
    return pd.Series(graph.attribute_values, dtype=object).astype(str).str.casefold()
