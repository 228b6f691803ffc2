"""Entities by how many relation triples they have, in the same buckets everywhere."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from pmf.arrays import Ids

DEGREES = (0, 1, 3, 6, 11, 26)
"""Least degree of each bucket; the last has no end."""


def degree_bucket(degree: Ids) -> pd.Series:
    """Names of the buckets of degrees `[q]`, ordered: "0", "1-2", …, "26+"."""
    ends = [f"-{end - 1}" if end - 1 > start else "" for start, end in pairwise(DEGREES)]
    names = [f"{start}{end}" for start, end in zip(DEGREES, [*ends, "+"], strict=True)]
    place = np.searchsorted(np.array(DEGREES), degree, side="right") - 1
    return pd.Series(pd.Categorical.from_codes(place, dtype=pd.CategoricalDtype(names, ordered=True)))
