"""Who is near whom, in the own graph and in the other: what a map of both graphs draws.

Two graphs embedded alike still lie a little apart, so that nearly all nearest neighbours of an entity are of its own
graph, and a map of those shows two islands. CSLS takes this gap out of the ranking; here it is taken out of the map:
each entity is tied to its nearest of its own graph and, as strongly, to its nearest of the other.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import coo_matrix

from pmf.alignment.search.similarity import Ranking, Similarities
from pmf.arrays import Ids, unit_rows

Rows = npt.NDArray[np.float32]

OWN = 15
"""Nearest of the own graph, itself among them: as many as UMAP takes."""

ACROSS = 5
"""Nearest of the other graph: a counterpart is one entity, more only blur it."""

_ABOVE_ZERO = 1e-3
"""Distance to the best of the other graph: to UMAP, 0 is the entity itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhoods:
    """What ties the shown entities `0 … n-1` together.

    Args:
        graph: `[n, n]`, how strongly UMAP holds two of them to be neighbours, in [0, 1].
        ranks: float32 `[2, p]`, of each pair's counterpart among all of the other graph, by the similarity that
            ranks: target of the source, source of the target; ties count half.
    """

    graph: coo_matrix
    ranks: Rows


def neighbourhoods(
    rows: Rows, sides: tuple[Ids, Ids], pairs: Ids, *, csls_k: int, csls_rounds: int, seed: int
) -> Neighbourhoods:
    """The nearest of every row, in its own graph by cosine and in the other by CSLS.

    Args:
        rows: `[n, width]`, none of them zero.
        sides: rows of the source graph and of the target graph, at least `OWN` each.
        pairs: int64 `[p, 2]`, (source row, target row) of which the rank is wanted.
        csls_k: neighbours that CSLS averages over.
        csls_rounds: how many times it is applied; once at least, because it is what takes out the gap.
        seed: of UMAP's own randomness.

    Source: McInnes et al., arXiv 1802.03426, for the strength of a tie; ours: two lists an entity instead of one.
    """
    unit = unit_rows(np.array(rows, np.float32))
    source, target = (torch.from_numpy(unit[side]) for side in sides)
    place = np.empty(len(rows), np.int64)
    for side in sides:
        place[side] = np.arange(len(side))
    rankings = (
        Similarities(source, target).csls(csls_k, max(csls_rounds, 1)).rank(torch.from_numpy(place[pairs]), ACROSS)
    )
    alone = [Similarities(one, one).rank(torch.zeros(0, 2, dtype=torch.int64), OWN)[0] for one in (source, target)]
    nearest, distance = np.empty((len(rows), OWN), np.int32), np.empty((len(rows), OWN), np.float32)
    there, gap = np.empty((len(rows), 1 + ACROSS), np.int32), np.zeros((len(rows), 1 + ACROSS), np.float32)
    there[:, 0] = np.arange(len(rows))  # UMAP takes an entity itself to stand first, at distance 0
    for own, other, near, across in zip(sides, sides[::-1], alone, rankings, strict=True):
        nearest[own], distance[own] = own[near.candidates.numpy()], (1 - near.scores).clamp(min=0).numpy()
        there[own, 1:] = other[across.candidates.numpy()]
        gap[own, 1:] = (across.scores[:, :1] - across.scores + _ABOVE_ZERO).numpy()
    graph = _ties(nearest, distance, seed) + _ties(there, gap, seed)
    return Neighbourhoods(graph=graph.tocoo(), ranks=np.stack([_rank(one) for one in rankings]))


def _rank(ranking: Ranking) -> Rows:
    rank: Rows = (1 + ranking.greater + ranking.equal / 2).float().numpy()
    return rank


def _ties(nearest: npt.NDArray[np.int32], distance: Rows, seed: int) -> coo_matrix:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optional parts
        from umap.umap_ import fuzzy_simplicial_set
    n, k = nearest.shape
    nothing, random = np.zeros((n, 1), np.float32), np.random.RandomState(seed)
    ties: coo_matrix
    ties, *_ = fuzzy_simplicial_set(nothing, k, random, "euclidean", knn_indices=nearest, knn_dists=distance)
    return ties
