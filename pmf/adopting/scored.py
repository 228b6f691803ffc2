"""Scores of pairs from elsewhere → each query's candidates, the rank of its truth, and the figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from pmf.adopting.tables import Pairs
from pmf.alignment.evaluation.evaluate import Candidates, Rankings
from pmf.alignment.matching.listed import listed_csls
from pmf.alignment.metrics import rank_metrics, realistic_rank
from pmf.alignment.search.similarity import Similarities
from pmf.arrays import Ids
from pmf.config.evaluation import EvaluationConfig
from pmf.data.split import LinkSplit
from pmf.modalities.whole import WHOLE
from pmf.runs.layout import DIRECTIONS
from pmf.training.recording.predictions import one_direction

Floats = npt.NDArray[np.float64]

KEPT = 50
"""Candidates of a query that are stored, of all that were listed for it."""


class GivenSimilarities(Similarities):
    """All pairs of a pool, as a matrix has them: for the rankings and decodings that embeddings have.

    Args:
        matrix: `[s, t]` of all, perhaps on disk.
        rows: of the pool's sources.
        columns: of its targets.
        memory: bytes of which a block takes its share.
    """

    def __init__(self, matrix: npt.NDArray[Any], rows: Ids, columns: Ids, memory: int) -> None:
        super().__init__(torch.zeros(len(rows), 1), torch.zeros(len(columns), 1), memory)
        self._matrix, self._rows, self._columns = matrix, rows, columns
        self._keep = False

    def given(self, rows: Ids, columns: Ids) -> npt.NDArray[np.float32]:
        """Similarities of pairs of the pool's rows, of any shape, before any decoding."""
        return np.asarray(self._matrix[self._rows[rows], self._columns[columns]], np.float32)

    def _products(self, rows: slice) -> Tensor:
        block = np.asarray(self._matrix[self._rows[rows]], np.float32)[:, self._columns]
        return torch.from_numpy(np.ascontiguousarray(block))


@dataclass(frozen=True, slots=True)
class Listed:
    """One direction of pairs: queries with their candidates, best first.

    Args:
        query: int64 `[p]`, ascending.
        candidate: int64 `[p]`.
        score: `[p]`, descending within a query.
        similarity: `[p]`, what is shown: a probability where there is one, else the score.
    """

    query: Ids
    candidate: Ids
    score: Floats
    similarity: Floats

    def of(self, entity: int) -> slice:
        """The places of a query's candidates."""
        return slice(*np.searchsorted(self.query, [entity, entity + 1]).tolist())

    def similarity_of(self, query: int, candidate: int) -> float:
        """Of a pair, NaN where it is not listed."""
        places = self.of(query)
        similarity = self.similarity[places][self.candidate[places] == candidate]
        return float(similarity[0]) if len(similarity) else float("nan")


def listed(pairs: Pairs, pool: Candidates, config: EvaluationConfig) -> tuple[Listed, Listed]:
    """Pairs within a pool, in both directions, ranked by their scores or by CSLS of these."""
    inside = np.isin(pairs.source, pool.source) & np.isin(pairs.target, pool.target)
    source, target, score = pairs.source[inside], pairs.target[inside], pairs.score[inside]
    shown = score if pairs.probability is None else pairs.probability[inside]
    score = listed_csls(source, target, score, config.csls_k, config.csls_rounds if config.decode == "csls" else 0)
    sides = []
    for query, candidate in ((source, target), (target, source)):
        order = np.lexsort((candidate, -score, query))
        sides.append(Listed(query[order], candidate[order], score[order], shown[order]))
    return sides[0], sides[1]


def truth_ranks(side: Listed, truth: Ids, candidates: int) -> Floats:
    """Realistic rank of each truth `[p]` among all candidates: those that its query does not list tie behind.

    Args:
        side: the direction.
        truth: int64 `[p, 2]`, (query, counterpart).
        candidates: how many there are, listed or not.
    """
    ranks = np.empty(len(truth))
    for place, (query, counterpart) in enumerate(truth.tolist()):
        places = side.of(query)
        scores, truths = side.score[places], np.flatnonzero(side.candidate[places] == counterpart)
        if len(truths):
            score = scores[truths[0]]
            ranks[place] = realistic_rank((scores > score).sum(), (scores == score).sum() - 1)
        else:
            ranks[place] = realistic_rank(np.array(len(scores)), np.array(candidates - len(scores) - 1))
    return ranks


def table_of_lists(sides: tuple[Listed, Listed], pool: Candidates, split: LinkSplit) -> pd.DataFrame:
    """Predictions of pairs, columns as in `pmf.runs.layout.PREDICTION_COLUMNS`."""
    parts = []
    for direction, side, queries, truth, candidates in _directions(sides, pool):
        places = [side.of(query) for query in queries.tolist()]
        kept = [slice(place.start, min(place.stop, place.start + KEPT)) for place in places]
        lists: dict[str, list[Any]] = {
            "candidates": [side.candidate[place].astype(np.int32) for place in kept],
            "score": [side.score[place] for place in kept],
            "similarity": [side.similarity[place] for place in kept],
        }
        ranks = truth_ranks(side, truth, candidates)
        similarity = np.array([side.similarity_of(query, counterpart) for query, counterpart in truth.tolist()])
        parts.append(_one_direction(direction, queries, lists, truth, ranks, similarity, split))
    return pd.concat(parts, ignore_index=True)


def table_of_matrix(rankings: Rankings, scores: GivenSimilarities, pool: Candidates, split: LinkSplit) -> pd.DataFrame:
    """Predictions of a whole similarity, columns as in `pmf.runs.layout.PREDICTION_COLUMNS`.

    Args:
        rankings: of the pool, decoded.
        scores: its similarities.
        pool: who is compared, and the truth.
        split: where each query's link belongs.
    """
    parts = []
    truth = pool.rows(pool.truth).numpy()
    own = scores.given(truth[:, 0], truth[:, 1])
    sides = [(pool.source, pool.target, pool.truth), (pool.target, pool.source, pool.truth[:, ::-1])]
    for side, (direction, ranking, (queries, keys, links)) in enumerate(zip(DIRECTIONS, rankings, sides, strict=True)):
        near = ranking.candidates.numpy()
        places = np.broadcast_arrays(np.arange(len(queries))[:, None], near)
        lists: dict[str, list[Any]] = {
            "candidates": list(keys[near].astype(np.int32)),
            "score": list(ranking.scores.numpy()),
            "similarity": list(scores.given(*(places if side == 0 else places[::-1]))),
        }
        ranks = realistic_rank(ranking.greater.numpy(), ranking.equal.numpy())
        parts.append(_one_direction(direction, queries, lists, links, ranks, own, split))
    return pd.concat(parts, ignore_index=True)


def figures_of_lists(sides: tuple[Listed, Listed], pool: Candidates) -> dict[str, dict[str, float]]:
    """Figures per direction; none without test links."""
    if not len(pool.truth):
        return {}
    return {name: rank_metrics(truth_ranks(side, truth, n)) for name, side, _, truth, n in _directions(sides, pool)}


def _directions(sides: tuple[Listed, Listed], pool: Candidates) -> Iterator[tuple[str, Listed, Ids, Ids, int]]:
    """Name, pairs, queries, their truths and the number of candidates of each direction."""
    yield DIRECTIONS[0], sides[0], pool.source, pool.truth, len(pool.target)
    yield DIRECTIONS[1], sides[1], pool.target, pool.truth[:, ::-1], len(pool.source)


def _one_direction(
    direction: str,
    queries: Ids,
    lists: dict[str, list[Any]],
    truth: Ids,
    ranks: Floats,
    similarity: npt.NDArray[Any],
    split: LinkSplit,
) -> pd.DataFrame:
    shares = {f"share_{WHOLE.name}": lists["similarity"]}
    return one_direction(direction, queries, lists | shares, truth, ranks, similarity, split)
