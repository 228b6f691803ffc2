"""Who is near whom, in the own graph and in the other: what a map of both graphs draws.

Two graphs embedded alike still lie a little apart, so that nearly all nearest neighbours of an entity are of its own
graph, and a map of those shows two islands. CSLS takes this gap out of the ranking; here it is taken out of the map:
each entity is tied to its nearest of its own graph and, more strongly, to the first of the other.

Of many wide rows, principal components choose whom an entity is compared with in full.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import coo_matrix, csr_array
from torch import Tensor

from pmf.alignment.search.best import Found
from pmf.alignment.search.index import DIMENSIONS, principal, spread
from pmf.alignment.search.similarity import MEMORY_BYTES, block_rows, listed_products, products
from pmf.arrays import Ids, unit_rows
from pmf.progress import tell
from pmf.projection.quality import MOST_WHOLE

Rows = npt.NDArray[np.float32]

OWN, _WEIGHT = 10, 4.0
"""Nearest of the own graph, itself among them; how much more than to these the tie to the first of the other counts.

Twice the weight lays more of the pairs that rank first side by side, but keeps fewer neighbours of the own graph.
Chosen by mutual nearest pairs of DBP15K and KANJI_HANZI, without a link.
"""

LISTED = 16
"""Of the other graph whose order is known: one more than are looked for on the map."""

_SHORTLIST = 128
"""Of either graph, those with which an entity is compared in full.

For DBP15K that is a third of the time. Against all pairs, 0.4 % of the counterparts more come out within `LISTED`.
"""

_FIT = 20_000
"""Rows that the components are made from."""

_HALVINGS, _LEAST_SCALE = 64, 1e-3
"""How exactly the scale of a neighbourhood is found, and of the mean distance, what it is at least; as UMAP has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhoods:
    """What ties the shown entities `0 … n-1` together.

    Args:
        graph: `[n, n]`, how strongly UMAP holds two of them to be neighbours.
        ranks: float32 `[2, p]`, of each pair's counterpart among all of the other graph, or of many rows among the
            shortlist, by the similarity that ranks: target of the source, source of the target; ties count half,
            and whoever comes after `LISTED` has that and one.
    """

    graph: coo_matrix
    ranks: Rows


def neighbourhoods(rows: Rows, sides: tuple[Ids, Ids], pairs: Ids, *, csls_k: int, csls_rounds: int) -> Neighbourhoods:
    """The nearest of every row, in its own graph by cosine and in the other by CSLS.

    Args:
        rows: `[n, width]`, none of them zero.
        sides: rows of the source graph and of the target graph, at least `OWN` each.
        pairs: int64 `[p, 2]`, (source row, target row) of which the rank is wanted.
        csls_k: neighbours that CSLS averages over.
        csls_rounds: how many times it is applied; once at least, because it is what takes out the gap.

    Source: McInnes et al., arXiv 1802.03426, for the strength of a tie; ours: two lists an entity instead of one.
    """
    unit = torch.from_numpy(unit_rows(np.array(rows, np.float32)))
    short = unit if len(unit) <= MOST_WHOLE else unit @ principal(unit[spread(len(unit), _FIT)], DIMENSIONS)
    place = np.empty(len(rows), np.int64)
    for side in sides:
        place[side] = np.arange(len(side))
    ends = torch.from_numpy(place[pairs]).T
    alone = [_listed(unit, short, side, side, OWN if short is unit else _SHORTLIST) for side in sides]
    rankings, gold = _csls(
        [_listed(unit, short, *both, _SHORTLIST) for both in (sides, sides[::-1])],
        ends,
        torch.linalg.vecdot(*unit[torch.from_numpy(pairs).T]),
        csls_k,
        max(csls_rounds, 1),
    )
    nearest, distance = np.empty((len(rows), OWN), np.int32), np.empty((len(rows), OWN), np.float32)
    first = np.empty(len(rows), np.int32)
    for own, other, near, ranking in zip(sides, sides[::-1], alone, rankings, strict=True):
        nearest[own], distance[own] = own[near.ids[:, :OWN].numpy()], (1 - near.scores[:, :OWN]).clamp(min=0).numpy()
        first[own] = other[ranking.ids[:, 0].numpy()]
    across = csr_array((np.ones(len(rows), np.float32), (np.arange(len(rows)), first)), shape=(len(rows), len(rows)))
    graph = _ties(nearest, distance) + _WEIGHT * across.maximum(across.T)
    return Neighbourhoods(
        graph=coo_matrix(graph),
        ranks=np.stack([_rank(*one, gold) for one in zip(rankings, ends, ends.flip(0), strict=True)]),
    )


def _listed(unit: Tensor, short: Tensor, side: Ids, other: Ids, length: int) -> Found:
    """The shortlist of the other rows for each row of a side, by cosine, the best first."""
    rows, keys, short_rows, short_keys = unit[side], unit[other], short[side], short[other]
    length = min(length, len(other))
    found = []
    for part in torch.arange(len(side)).split(block_rows(len(other), MEMORY_BYTES)):
        ids = products(short_rows[part], short_keys).topk(length, dim=1).indices
        found.append(_sorted(ids, listed_products(rows[part], keys, ids)))
        tell("comparing", int(part[-1]) + 1, len(side))
    return Found(torch.cat([one.ids for one in found]), torch.cat([one.scores for one in found]))


def _csls(plain: list[Found], ends: Tensor, pairs: Tensor, k: int, rounds: int) -> tuple[list[Found], Tensor]:
    """Those listed for either side by CSLS, as `Similarities.csls` has it of all pairs, the best first; and pairs.

    Args:
        plain: by cosine, whom each row of a side has listed.
        ends: int64 `[2, p]`, places of the pairs in either side.
        pairs: their cosines, `[p]`.
        k: as there.
        rounds: as there.
    """
    scores = [one.scores for one in plain]
    for _ in range(rounds):
        means = [one.topk(min(k, one.shape[1]), dim=1).values.mean(1) for one in scores]
        scores = [
            2 * one - own[:, None] - other[listed.ids]
            for one, listed, own, other in zip(scores, plain, means, means[::-1], strict=True)
        ]
        pairs = 2 * pairs - means[0][ends[0]] - means[1][ends[1]]
    return [_sorted(one.ids, score) for one, score in zip(plain, scores, strict=True)], pairs


def _sorted(ids: Tensor, scores: Tensor) -> Found:
    best = scores.sort(dim=1, descending=True, stable=True)
    return Found(ids.gather(1, best.indices), best.values)


def _rank(ranking: Found, query: Tensor, truth: Tensor, gold: Tensor) -> Rows:
    """Of truths `[p]`, with their scores, among those listed for their queries `[p]`."""
    scores, itself = ranking.scores[query], ranking.ids[query] == truth[:, None]
    listed = scores.masked_fill(~itself, -torch.inf).amax(1)  # to the last bit: ties compare equal
    gold = torch.where(itself.any(1), listed, gold)[:, None]
    rank = 1 + (scores > gold).sum(1) + ((scores == gold) & ~itself).sum(1) / 2
    return np.asarray(rank.clamp(max=LISTED + 1), np.float32)


def _ties(nearest: npt.NDArray[np.int32], distance: Rows) -> csr_array:
    """How strongly each entity is tied to those near it, from either end: `[n, n]`, in [0, 1].

    As UMAP's own code has it, to the sixth digit, but without the seconds that its compiler takes in every process.
    """
    n, k = nearest.shape
    strength = np.where(nearest == np.arange(n)[:, None], 0, _strength(distance))
    one = csr_array((strength.ravel(), (np.arange(n).repeat(k), nearest.ravel())), shape=(n, n))
    one.eliminate_zeros()
    both: csr_array = one + one.T - one * one.T
    return both


def _strength(distance: Rows) -> Rows:
    """`exp(-(d - nearest) / scale)` of each row's distances, in [0, 1]; to the nearest that is apart, it is 1.

    The scale of a row is such that its strengths, but for the first, its own, sum to log2 k; found by halving.
    """
    beyond = distance.astype(np.float64)
    smallest = np.where(beyond > 0, beyond, np.inf).min(axis=1)
    smallest[np.isinf(smallest)] = 0
    mean = np.where(smallest > 0, beyond.mean(axis=1), beyond.mean())
    beyond = np.maximum(beyond - smallest[:, None], 0)
    low, scale, high = np.zeros(len(beyond)), np.ones(len(beyond)), np.full(len(beyond), np.inf)
    for _ in range(_HALVINGS):
        above = np.exp(-beyond[:, 1:] / scale[:, None]).sum(axis=1) > np.log2(distance.shape[1])
        low, high = np.where(above, low, scale), np.where(above, scale, high)
        scale = np.where(np.isinf(high), 2 * scale, (low + high) / 2)
    scale = np.maximum(scale, _LEAST_SCALE * mean)
    strength: Rows = np.exp(-beyond / scale[:, None]).astype(np.float32)
    return strength
