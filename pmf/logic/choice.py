"""A one-to-one choice of pairs: the most probable first."""

from __future__ import annotations

import numpy as np

from pmf.arrays import Ids
from pmf.logic.facts import Floats


def greedy_one_to_one(pairs: Ids, probability: Floats, n_entities: int) -> Ids:
    """Which pairs a greedy choice takes, each entity in one at most.

    Takes again and again every pair that comes before all others of both its entities. That is what going through all
    of them one by one, the most probable first and those of equal probability as they stand, takes in the end.

    Args:
        pairs: int64 `[p, 2]`, entities.
        probability: `[p]`.
        n_entities: of both graphs.

    Returns:
        Places in `pairs`, int64, sorted.
    """
    open_ = (-probability).argsort(kind="stable")
    place = np.full(n_entities, -1)
    taken = np.zeros(n_entities, np.bool_)
    chosen = []
    while len(open_):
        left, right = pairs[open_].T
        # written from the last to the first: the first of each entity stays
        backwards = np.arange(len(open_))[::-1]
        place[left[backwards]] = backwards
        place[right[backwards]] = backwards
        first = (place[left] == np.arange(len(open_))) & (place[right] == np.arange(len(open_)))
        chosen.append(open_[first])
        taken[left[first]] = taken[right[first]] = True
        open_ = open_[~taken[left] & ~taken[right]]
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)
