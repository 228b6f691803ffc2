"""A one-to-one choice of pairs: the most probable first."""

from __future__ import annotations

import numpy as np

from pmf.arrays import Ids
from pmf.logic.facts import Floats

_SWEEPS = 10


def greedy_one_to_one(pairs: Ids, probability: Floats, n_entities: int) -> Ids:
    """Which pairs a greedy choice takes, each entity in one at most.

    Going through the pairs one by one, the most probable first and those of equal probability as they stand. To save
    time, some sweeps first take every pair that comes before all others of both its entities: it is taken anyway.

    Args:
        pairs: int64 `[p, 2]`, entities.
        probability: `[p]`.
        n_entities: of both graphs.

    Returns:
        Places in `pairs`, int64, sorted.
    """
    open_ = (-probability).argsort(kind="stable")
    taken = np.zeros(n_entities, np.bool_)
    chosen = []
    for _ in range(_SWEEPS):
        first = _before_all_others(pairs[open_], n_entities)
        chosen.append(open_[first])
        taken[pairs[open_[first]]] = True
        left, right = pairs[open_].T
        open_ = open_[~(taken[left] | taken[right])]
    settled, rest = set(np.flatnonzero(taken).tolist()), []
    for place, (left, right) in zip(open_.tolist(), pairs[open_].tolist(), strict=True):
        if left not in settled and right not in settled:
            settled |= {left, right}
            rest.append(place)
    return np.sort(np.concatenate([*chosen, np.array(rest, np.int64)]))


def _before_all_others(pairs: Ids, n_entities: int) -> Ids:
    """Places of the pairs, which stand in order, that are the first of both their entities."""
    order = np.arange(len(pairs))
    first = np.full(n_entities, -1)
    for side in pairs.T:
        first[side[::-1]] = order[::-1]  # written from the last to the first: the first stays
    left, right = pairs.T
    chosen: Ids = np.flatnonzero((first[left] == order) & (first[right] == order))
    return chosen
