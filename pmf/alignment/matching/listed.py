"""Pairs that are listed, instead of all of two sides: hubs held back among them, and who is matched with whom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids

Floats = npt.NDArray[np.floating]


def listed_csls(source: Ids, target: Ids, score: Floats, k: int, rounds: int) -> npt.NDArray[np.float64]:
    """CSLS of listed pairs `[p]`: an entity's mean is over its k best listed pairs, over all where it has fewer.

    With lists of every pair it is `pmf.alignment.search.similarity.Similarities.csls`.
    """
    scaled = score.astype(np.float64)
    for _ in range(rounds):
        scaled = 2 * scaled - _mean_of_best(source, scaled, k) - _mean_of_best(target, scaled, k)
    return scaled


def _mean_of_best(ends: Ids, score: Floats, k: int) -> npt.NDArray[np.float64]:
    """The mean over the k best scores of each pair's entity, `[p]`."""
    order = np.lexsort((-score, ends))
    _, start, group, count = np.unique(ends[order], return_index=True, return_inverse=True, return_counts=True)
    best = np.arange(len(order)) - start[group] < k
    means = np.empty(len(order))
    means[order] = (np.bincount(group[best], score[order][best]) / np.minimum(count, k))[group]
    return means


def first_of_each(ends: Ids, score: Floats) -> Ids:
    """The place of each entity's best listed pair, entities ascending; of equal scores the one listed first."""
    order = np.lexsort((-score, ends))
    return order[np.unique(ends[order], return_index=True)[1]]


def mutual(source: Ids, target: Ids, score: Floats) -> Ids:
    """Places of the pairs that are the best of both their entities."""
    return np.intersect1d(first_of_each(source, score), first_of_each(target, score), assume_unique=True)


def greedy(source: Ids, target: Ids, score: Floats) -> Ids:
    """Places of the pairs that are taken best first, each of which removes its two entities."""
    taken, left = [], np.arange(len(score))
    while len(left):
        here = left[mutual(source[left], target[left], score[left])]
        taken.append(here)
        left = left[~np.isin(source[left], source[here]) & ~np.isin(target[left], target[here])]
    return np.sort(np.concatenate([np.zeros(0, np.int64), *taken]))
