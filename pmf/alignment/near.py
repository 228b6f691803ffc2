"""Similarities of so many pairs that an index finds each entity's best, and these stand for all."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pmf.alignment.index import Found, hit_share, nearest, require_library, spread
from pmf.alignment.options import EvaluationConfig
from pmf.alignment.similarity import Ranking, Similarities, best_cosine, block_rows
from pmf.runs.layout import DIRECTIONS

CANDIDATES = 32
"""Best of the other side that every entity keeps, at least."""

_JUDGED = 2000
"""Links whose ranks are counted against everybody."""

_CHECKED = 500
"""Queries whose candidates are compared with what an exact search finds."""


def compare(source: Tensor, target: Tensor, config: EvaluationConfig) -> Similarities:
    """Of all pairs, by blocks, or on a CPU above the config's size by an index.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        config: size, memory and the recall that an index must have.

    Raises:
        ConfigError: an index is needed and its library is not there.
    """
    if needs_index(len(source), len(target), config, source.device):
        require_library()
        return NearSimilarities(source, target, config)
    return Similarities(source, target, memory_bytes(config))


def needs_index(sources: int, targets: int, config: EvaluationConfig, device: torch.device) -> bool:
    """Whether so many are compared through an index; a GPU goes through all pairs faster than an index is made."""
    return device.type == "cpu" and sources * targets > config.exact_pairs


def require_index(sources: int, targets: int, config: EvaluationConfig, device: torch.device) -> None:
    """Before anything is computed, what `compare` would find missing.

    Raises:
        ConfigError: an index is needed and its library is not there.
    """
    if needs_index(sources, targets, config, device):
        require_library()


def memory_bytes(config: EvaluationConfig) -> int:
    """What scores may take."""
    return config.memory_mb * 2**20


def best_similarity(source: Tensor, target: Tensor, config: EvaluationConfig) -> tuple[Tensor, Tensor]:
    """`best_cosine`, above the config's size by an index: then a best one that it misses is too low."""
    scores = compare(source, target, config)
    if not isinstance(scores, NearSimilarities):
        return best_cosine(source, target, scores.memory)
    one, other = (scores.found(side, 1).scores[:, 0] for side in (0, 1))
    return one, other


class NearSimilarities(Similarities):
    """Scores of the pairs that an index finds.

    Statistics and candidates come from these pairs alone. `blocks`, and with it whatever decodes by blocks, still goes
    through all pairs.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        config: memory, and the recall that the index must have.
    """

    def __init__(self, source: Tensor, target: Tensor, config: EvaluationConfig) -> None:
        super().__init__(source, target, memory_bytes(config))
        self.index_recall = config.index_recall
        self._plainly: dict[int, Found] = {}
        self._scaled: dict[int, Found] = {}

    def _sides(self, side: int) -> tuple[Tensor, Tensor]:
        return (self.source, self.target) if side == 0 else (self.target, self.source)

    def _offsets(self, side: int) -> tuple[Tensor, Tensor]:
        return (self.row_offset, self.col_offset) if side == 0 else (self.col_offset, self.row_offset)

    def csls(self, k: int, rounds: int) -> NearSimilarities:
        """As of all pairs, but r and c are means over the k largest scores found."""
        for _ in range(rounds):
            row, column = (self.found(side, k).scores[:, :k].mean(1) for side in (0, 1))
            self.row_offset, self.col_offset = 2 * self.row_offset + row, 2 * self.col_offset + column
            self.scale *= 2
            self._scaled = {}
        return self

    def found(self, side: int, k: int) -> Found:
        """The best of the other side for every source (side 0) or target (1), by the scores as they stand.

        Args:
            side: whose best.
            k: how many; more come if more were found before.
        """
        own, other = self._offsets(side)
        queries, keys = self._sides(side)
        cache = self._scaled if self.scale != 1 or own.any() or other.any() else self._plainly
        if side not in cache or cache[side].ids.shape[1] < min(k, len(keys)):
            k, bias = max(k, CANDIDATES), -other / self.scale  # what is the query's own changes no order
            found = nearest(queries, keys, k, bias=bias, recall=self.index_recall, memory=self.memory)
            cache[side] = Found(found.ids, (found.scores * self.scale).sub_(own[:, None]))
        return cache[side]

    def rank(self, truth: Tensor, k: int) -> tuple[Ranking, Ranking]:
        """The best candidates found, and of each truth its place among what its query finds, no matter who is missed.

        A truth that is not found comes after all that is, so `greater` is at most `CANDIDATES`, or k if that is more;
        `count` is exact.
        """
        rankings = []
        for side in (0, 1):
            found = self.found(side, k)
            own, other = truth[:, side], truth[:, 1 - side]
            gold = self.at(truth)[:, None]
            others = found.scores[own].masked_fill(found.ids[own] == other[:, None], -torch.inf)
            counts = [where.sum(1, dtype=torch.int32) for where in (others > gold, others == gold)]
            rankings.append(Ranking(found.ids[:, :k], found.scores[:, :k], *counts))
        return rankings[0], rankings[1]

    def at(self, pairs: Tensor) -> Tensor:
        """Scores `[p]` of pairs `[p, 2]` of rows."""
        row, column = pairs.T
        plain = torch.linalg.vecdot(self.source[row], self.target[column])
        scores: Tensor = plain * self.scale - self.row_offset[row] - self.col_offset[column]
        return scores

    def judged(self, truth: Tensor) -> Tensor:
        """As many of the links `[p, 2]`, drawn at random, as can be counted against everybody."""
        return truth[spread(len(truth), _JUDGED, seed=1)]

    def count(self, truth: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Each truth against everybody, not only those found, by blocks of the rows of the truths alone.

        Args:
            truth: int64 `[p, 2]`, (source row, target row).

        Returns:
            `greater` and `equal` as in `Ranking`, for either direction.
        """
        counts = []
        for side in (0, 1):
            greater, equal = torch.empty(2, len(truth), dtype=torch.int32)
            for part, scores in self._against_all(side, truth[:, side]):
                gold = scores.gather(1, truth[part, 1 - side][:, None])
                greater[part] = (scores > gold).sum(1, dtype=torch.int32)
                equal[part] = (scores == gold).sum(1, dtype=torch.int32) - 1  # the truth itself
            counts.append((greater, equal))
        return counts

    def recall(self, k: int) -> dict[str, float]:
        """Share of the k best of everybody, by the scores as they stand, that is found; of a sample, by direction.

        The sample is not the one by which the index was made.
        """
        shares = []
        for side in (0, 1):
            rows = spread(len(self._sides(side)[0]), _CHECKED, seed=1)
            least = [scores.topk(k, dim=1).values[:, -1] for _, scores in self._against_all(side, rows)]
            shares.append(hit_share(self.found(side, k).scores[rows, :k], torch.cat(least)))
        return dict(zip(DIRECTIONS, shares, strict=True))

    def _against_all(self, side: int, rows: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """(places in `rows`, their scores `[r, t]`) from the first to the last."""
        queries, keys = self._sides(side)
        own, other = self._offsets(side)
        for part in torch.arange(len(rows)).split(block_rows(len(keys), self.memory)):
            here = rows[part]
            yield part, (queries[here] @ keys.T).mul_(self.scale).sub_(own[here, None]).sub_(other)
