"""What is usual among true pairs: which attributes and types differ in spite of a link, by the training links alone.

A population that lies far apart in half of them is counted differently in the two graphs, and rules no match out.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache

import numpy as np

from app.review.services.compare import Usual, differences
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView

MOST = 500  # training links whose attributes are compared: enough to tell a tenth from a half


@lru_cache(maxsize=8)
def usual_attributes(run: RunView, data: Dataset) -> Usual:
    """For each two attributes that were paired, in how many of how many training links they lie far apart."""
    apart: Counter[tuple[str, str]] = Counter()
    links: Counter[tuple[str, str]] = Counter()
    seeds = _seeds(run)
    for source in seeds[:: math.ceil(len(seeds) / MOST) or 1].tolist():
        for one in differences(data.attributes(source), data.attributes(int(run.partner[source]))):
            if one.kind in ("number", "date"):
                links[one.row.source_key, one.row.target_key] += 1
                apart[one.row.source_key, one.row.target_key] += one.far
    return {keys: (apart[keys], links[keys]) for keys in links}


@lru_cache(maxsize=8)
def usual_types(run: RunView) -> dict[str, tuple[int, int]]:
    """For each type, in how many of how many training links of an entity of it the other has another type."""
    apart: Counter[str] = Counter()
    links: Counter[str] = Counter()
    seeds = _seeds(run)
    for a, b in zip(run.types[seeds].tolist(), run.types[run.partner[seeds]].tolist(), strict=True):
        if a and b:
            links.update({a, b})
            apart.update({a, b} if a != b else ())
    return {name: (apart[name], links[name]) for name in links}


def _seeds(run: RunView) -> np.ndarray:
    """Source entities of training links, `[l]`."""
    return np.flatnonzero((run.split[: run.n_source] == "seed") & (run.partner[: run.n_source] >= 0))
