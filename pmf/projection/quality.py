"""How far a map can be trusted: what it shows near although it is not, and what is near but drawn apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids

NEIGHBOURS = 15
SAMPLE = 1000  # of each graph
_BLOCK = 250  # queries compared with all rows at once

MOST_WHOLE = 10_000
"""Entities on a map, above which each is compared in full with a shortlist alone: on DBP15K, Hits@k is then 0.4 points
too high, because somebody who stands before the counterpart may be missing there."""

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A map against the embedding it shows, within each graph; nearest are those of the largest cosine.

    Args:
        neighbours: k, how many nearest are compared.
        points: entities in the sample that was measured.
        trustworthiness: in [0, 1], less for each near in the map that is far in the embedding; within the sample.
        continuity: in [0, 1], less for each near in the embedding that is far in the map; within the sample.
        shared: share of an entity's k nearest in the map that are among its k nearest in the embedding; mean of
            the sample, nearest among all of the same graph.

    Source:
        Venna and Kaski, Neural Networks 19 (2006), trustworthiness and continuity.
    """

    neighbours: int
    points: int
    trustworthiness: float
    continuity: float
    shared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparts:
    """Whether a map shows the alignment: of test links, both directions, every entity of the other graph a candidate.

    Args:
        neighbours: k.
        pairs: how many links have both entities on the map.
        on_map: share of them whose counterpart is among the k nearest of the other graph on the map.
        in_embedding: share of them whose counterpart is among the k best by the similarity that ranks (Hits@k);
            a little too high on maps of more than `MOST_WHOLE`.
        of_first: of those that it ranks first, the share that is among the k nearest on the map; None without any.
    """

    neighbours: int
    pairs: int
    on_map: float
    in_embedding: float
    of_first: float | None


def counterparts(points: Rows, sides: tuple[Ids, Ids], pairs: Ids, ranks: Rows) -> Counterparts | None:
    """Compare where counterparts lie with how they rank.

    Args:
        points: the map, `[n, 2]`, of rows that are shown.
        sides: rows of the source graph and of the target graph.
        pairs: int64 `[p, 2]`, rows of entities that are the same, the source first.
        ranks: `[2, p]`, of the target for the source, and of the source for the target.

    Returns:
        None without a pair.
    """
    from sklearn.neighbors import KDTree

    if not len(pairs):
        return None
    near = np.empty(ranks.shape, np.bool_)
    for here in (0, 1):
        other, query, truth = sides[1 - here], pairs[:, here], pairs[:, 1 - here]
        nearest = KDTree(points[other]).query(points[query], min(NEIGHBOURS, len(other)), return_distance=False)
        near[here] = (other[nearest] == truth[:, None]).any(axis=1)
    first = ranks <= 1
    return Counterparts(
        neighbours=NEIGHBOURS,
        pairs=len(pairs),
        on_map=float(near.mean()),
        in_embedding=float((ranks <= NEIGHBOURS).mean()),
        of_first=float(near[first].mean()) if first.any() else None,
    )


def measure(rows: npt.NDArray[Any], points: Rows, sides: tuple[Ids, Ids], seed: int) -> Quality | None:
    """Compare a map with what it shows, each graph by itself.

    Args:
        rows: the embedding, `[n, width]`.
        points: the map, `[n, 2]`, of rows that are shown.
        sides: rows of the source graph and of the target graph.
        seed: of the sample's choice.

    Returns:
        The mean of both graphs, each as often as it is in the sample; None where neither has three points, which is
        too few for a neighbourhood.
    """
    measured = [one for side in sides if (one := _measure(rows[side], points[side], seed))]
    if not measured:
        return None
    weights = [one.points for one in measured]
    shares = {
        name: float(np.average([getattr(one, name) for one in measured], weights=weights))
        for name in ("trustworthiness", "continuity", "shared")
    }
    return Quality(neighbours=min(one.neighbours for one in measured), points=sum(weights), **shares)


def _measure(rows: npt.NDArray[Any], points: Rows, seed: int) -> Quality | None:
    from scipy.spatial.distance import cdist

    sample = np.random.default_rng(seed).permutation(len(points))[:SAMPLE]
    k = min(NEIGHBOURS, (len(sample) - 1) // 2)
    if k < 1:
        return None
    unit = _unit(rows)
    cosine, apart = unit[sample] @ unit[sample].T, cdist(points[sample], points[sample])
    return Quality(
        neighbours=k,
        points=len(sample),
        trustworthiness=trustworthiness(-cosine, apart, k),
        continuity=trustworthiness(apart, -cosine, k),
        shared=_shared(unit, points, sample, k),
    )


def trustworthiness(true: npt.NDArray[Any], drawn: npt.NDArray[Any], k: int) -> float:
    """How few of the k nearest as drawn are far in truth; see `Quality`.

    Here the k nearest alone are ranked; scikit-learn sorts everybody for everybody, for four times as long.

    Args:
        true: `[n, n]`, grows with the distance.
        drawn: the same.
        k: less than n / 2.
    """
    true, drawn = true.copy(), drawn.copy()
    np.fill_diagonal(true, np.inf)
    np.fill_diagonal(drawn, np.inf)
    nearest = np.argpartition(drawn, k, axis=1)[:, :k]
    distance = np.take_along_axis(true, nearest, axis=1)
    rank = 1 + (true[:, None, :] < distance[:, :, None]).sum(axis=2)
    worst = len(true) * k * (2 * len(true) - 3 * k - 1) / 2
    return float(1 - np.maximum(rank - k, 0).sum() / worst)


def _unit(rows: npt.NDArray[Any]) -> Rows:
    """Rows of length 1, of which the nearest by cosine are the nearest by distance too."""
    from sklearn.preprocessing import normalize

    unit: Rows = normalize(np.array(rows, np.float32), copy=False)
    return unit


def _shared(unit: Rows, flat: Rows, sample: npt.NDArray[np.int64], k: int) -> float:
    from sklearn.neighbors import KDTree

    near = KDTree(flat).query(flat[sample], k + 1, return_distance=False)  # one more: itself may be among them
    shared = 0
    for start in range(0, len(sample), _BLOCK):
        queries = sample[start : start + _BLOCK]
        similarity = unit[queries] @ unit.T
        similarity[np.arange(len(queries)), queries] = -np.inf
        nearest = np.argpartition(similarity, -k, axis=1)[:, -k:]
        here = near[start : start + _BLOCK]
        others = here != queries[:, None]
        others &= others.cumsum(axis=1) <= k
        shared += (others & (here[:, :, None] == nearest[:, None, :]).any(axis=2)).sum()
    return float(shared / (k * len(sample)))
