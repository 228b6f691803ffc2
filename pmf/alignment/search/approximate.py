"""Similarities of so many pairs that each entity's best stand for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pmf.alignment.search.best import Found
from pmf.alignment.search.index import hit_share, nearest, require_library, spread
from pmf.alignment.search.similarity import Ranking, Similarities, best_cosine, block_rows
from pmf.alignment.search.sketch import sketch_of
from pmf.alignment.search.tiles import nearest_by_tiles
from pmf.config.evaluation import EvaluationConfig
from pmf.distributed import ALONE, Processes
from pmf.runs.layout import DIRECTIONS

CANDIDATES = 32
"""Best of the other side that every entity keeps, at least."""

_JUDGED = 2000
"""Links whose ranks are counted against everybody."""

_CHECKED = 500
"""Queries whose candidates are compared with what an exact search finds."""


def compare(source: Tensor, target: Tensor, config: EvaluationConfig, processes: Processes = ALONE) -> Similarities:
    """Of all pairs, by blocks, or on a CPU above the config's size of each entity's best.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        config: sizes, memory and the recall that an index must have.
        processes: among which the work is dealt out, see `Similarities`.

    Raises:
        ConfigError: an index is needed and its library is not there.
    """
    if too_many(len(source), len(target), config, source.device):
        require_search(len(source), len(target), config, source.device)
        return NearSimilarities(source, target, config, processes)
    return Similarities(source, target, memory_bytes(config), processes)


def too_many(sources: int, targets: int, config: EvaluationConfig, device: torch.device) -> bool:
    """Whether each entity's best stand for all; a GPU goes through all pairs, however often."""
    return device.type == "cpu" and sources * targets > config.exact_pairs


def require_search(sources: int, targets: int, config: EvaluationConfig, device: torch.device) -> None:
    """Before anything is computed, what `compare` would find missing.

    Raises:
        ConfigError: an index is needed and its library is not there.
    """
    if too_many(sources, targets, config, device) and sources * targets > config.index_pairs:
        require_library()


def memory_bytes(config: EvaluationConfig) -> int:
    """What scores may take."""
    return config.memory_mb * 2**20


def best_similarity(
    source: Tensor, target: Tensor, config: EvaluationConfig, processes: Processes = ALONE
) -> tuple[Tensor, Tensor]:
    """`best_cosine`, above the config's size by `NearSimilarities`: a best one that an index misses is too low."""
    scores = compare(source, target, config, processes)
    if not isinstance(scores, NearSimilarities):
        return best_cosine(source, target, scores.memory, processes)
    one, other = (scores.nearest(side, 1).scores[:, 0] for side in (0, 1))
    return one, other


Bias = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class _Search:
    """What was found.

    Args:
        bias: of the sources and of the targets, as candidates.
        found: the best targets of the sources, and the best sources of the targets.
    """

    bias: Bias
    found: tuple[Found, Found]


class NearSimilarities(Similarities):
    """Scores of each entity's best pairs.

    CSLS takes its means over each entity's best by cosine, and the candidates are the best by the scores as they then
    stand. `blocks`, and with it whatever decodes by blocks, still goes through all pairs.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        config: memory, up to how many pairs all are gone through, and the recall that an index must have.
        processes: among which the search is dealt out.
    """

    def __init__(self, source: Tensor, target: Tensor, config: EvaluationConfig, processes: Processes = ALONE) -> None:
        super().__init__(source, target, memory_bytes(config), processes)
        self.index_recall = config.index_recall
        self._indexed = len(source) * len(target) > config.index_pairs
        self._searches: list[_Search] = []  # the plain one, and the last by other scores

    def _sides(self, side: int) -> tuple[Tensor, Tensor]:
        return (self.source, self.target) if side == 0 else (self.target, self.source)

    def _offsets(self, side: int) -> tuple[Tensor, Tensor]:
        return (self.row_offset, self.col_offset) if side == 0 else (self.col_offset, self.row_offset)

    def csls(self, k: int, rounds: int) -> NearSimilarities:
        """As of all pairs, but r and c are means over the k largest scores of those that are best by cosine."""
        for _ in range(rounds):
            self.scaled(*(self._best_plainly(side, k).mean(1) for side in (0, 1)))
        return self

    def _best_plainly(self, side: int, k: int) -> Tensor:
        """The k largest scores, as they stand, of everybody's best by cosine."""
        own, other = self._offsets(side)
        plain = self._search(k, (torch.zeros_like(self.row_offset), torch.zeros_like(self.col_offset)))[side]
        scores = (plain.scores * self.scale).sub_(own[:, None]).sub_(other[plain.ids])
        best = scores.topk(min(k, scores.shape[1]), dim=1).values
        empty = ~self._sides(side)[0].any(dim=1)  # to a row of zeros all are alike, but for what holds them back
        best[empty] = (-other).topk(best.shape[1]).values - own[empty, None]
        return best

    def nearest(self, side: int, k: int) -> Found:
        """The best of the other side for every source (side 0) or target (1), by the scores as they stand.

        Args:
            side: whose best.
            k: how many; more come if more were found before.
        """
        nearest = self._search(k, (self.row_offset / -self.scale, self.col_offset / -self.scale))[side]
        return Found(nearest.ids, (nearest.scores * self.scale).sub_(self._offsets(side)[0][:, None]))

    def _search(self, k: int, bias: Bias) -> tuple[Found, Found]:
        """At least k best of the other side for everybody, unless there are fewer, by cosine and the bias `[s]`, `[t]`.

        The same is not looked for twice, as by a decoding and by the evidence for probabilities.
        """
        sides = self._sides(0), self._sides(1)
        for done in self._searches:
            lengths = [(found.ids.shape[1], len(keys)) for found, (_, keys) in zip(done.found, sides, strict=True)]
            if all(map(torch.equal, done.bias, bias)) and all(has >= min(k, most) for has, most in lengths):
                return done.found
        k = max(k, CANDIDATES)
        found = self._indexed_search(k, bias) if self._indexed else self._tiled_search(k, bias)
        others = self._searches if any(map(torch.any, bias)) else []
        plain = [one for one in others if not any(map(torch.any, one.bias))]
        self._searches[:] = [*plain, _Search(bias, found)]
        return found

    def _tiled_search(self, k: int, bias: Bias) -> tuple[Found, Found]:
        sides, recall, memory = (self.source, self.target), self.index_recall, self.memory
        sketch = sketch_of(*sides, k, bias=bias, recall=recall, memory=memory)
        return nearest_by_tiles(*sides, k, bias=bias, processes=self.processes, sketch=sketch)

    def _indexed_search(self, k: int, bias: Bias) -> tuple[Found, Found]:
        recall, memory, processes = self.index_recall, self.memory, self.processes
        one, other = (
            nearest(*self._sides(side), k, bias=bias[1 - side], recall=recall, memory=memory, processes=processes)
            for side in (0, 1)
        )
        return one, other

    def rank(self, truth: Tensor, k: int) -> tuple[Ranking, Ranking]:
        """The best candidates found, and of each truth its place among what its query finds, no matter who is missed.

        A truth that is not among its candidates comes after those that score better, so `greater` is at most as many
        as they are; `count` is exact.
        """
        rankings = []
        for side in (0, 1):
            nearest = self.nearest(side, k)
            own, other = truth[:, side], truth[:, 1 - side]
            gold = self.at(truth)[:, None]
            others = nearest.scores[own].masked_fill(nearest.ids[own] == other[:, None], -torch.inf)
            counts = [where.sum(1, dtype=torch.int32) for where in (others > gold, others == gold)]
            rankings.append(Ranking(nearest.ids[:, :k], nearest.scores[:, :k], *counts))
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
            greater, equal = both = torch.zeros(2, len(truth), dtype=torch.int32)
            for part, scores in self._against_all(side, truth[:, side]):
                gold = scores.gather(1, truth[part, 1 - side][:, None])
                greater[part] = (scores > gold).sum(1, dtype=torch.int32)
                equal[part] = (scores == gold).sum(1, dtype=torch.int32) - 1  # the truth itself
            self.processes.sum(both)
            counts.append((greater, equal))
        return counts

    def recall(self, k: int) -> dict[str, float]:
        """Share of the k best of everybody, by the scores as they stand, that is found; of a sample, by direction.

        The sample is not the one by which the index was made.
        """
        shares = []
        for side in (0, 1):
            rows = spread(len(self._sides(side)[0]), _CHECKED, seed=1)
            least = torch.full((len(rows),), -torch.inf)
            for part, scores in self._against_all(side, rows):
                least[part] = scores.topk(k, dim=1).values[:, -1]
            self.processes.largest(least)
            shares.append(hit_share(self.nearest(side, k).scores[rows, :k], least))
        return dict(zip(DIRECTIONS, shares, strict=True))

    def _against_all(self, side: int, rows: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """This process's (places in `rows`, their scores `[r, t]`) from the first to the last."""
        queries, keys = self._sides(side)
        own, other = self._offsets(side)
        blocks = torch.arange(len(rows)).split(block_rows(len(keys), self.memory))
        for part in blocks[self.processes.rank :: self.processes.world]:
            here = rows[part]
            yield part, (queries[here] @ keys.T).mul_(self.scale).sub_(own[here, None]).sub_(other)
