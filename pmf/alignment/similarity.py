"""Similarities of two sets of entities by blocks: ranks, candidates and CSLS in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import torch
from torch import Tensor

MEMORY_BYTES = 640 * 2**20
"""Up to this size the similarities are kept between passes; above, every pass computes them again."""

_BLOCK_SHARE = 0.075
"""Of the memory, what one block takes; a pass has about four copies of one in hand."""


def block_rows(width: int, memory: int) -> int:
    """Rows of float32 scores, each of `width`, that make up a block."""
    return max(1, int(_BLOCK_SHARE * memory) // (4 * max(1, width)))


class Similarities:
    """Scores of all source × target pairs, one block of source rows at a time.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        memory: bytes that the scores may take, in blocks or kept between passes.
    """

    def __init__(self, source: Tensor, target: Tensor, memory: int = MEMORY_BYTES) -> None:
        self.source, self.target, self.memory = source, target, memory
        self.rows = block_rows(len(target), memory)
        self._keep = 4 * len(source) * len(target) <= memory
        self._kept: dict[int, Tensor] = {}
        self.row_offset = source.new_zeros(len(source))
        self.col_offset = source.new_zeros(len(target))
        self.scale = 1.0

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """(rows, scores `[r, t]`) from the top to the bottom; a block is the caller's to change."""
        for begin in range(0, len(self.source), self.rows):
            part = slice(begin, min(begin + self.rows, len(self.source)))
            plain = self._kept.get(begin)
            if plain is None:
                plain = self.source[part] @ self.target.T
                if self._keep:
                    self._kept[begin] = plain
            yield part, (plain * self.scale).sub_(self.row_offset[part, None]).sub_(self.col_offset)

    def plain(self) -> Similarities:
        """The same pairs before any scaling; what is kept between passes is shared."""
        plain = copy(self)
        plain.row_offset, plain.col_offset = torch.zeros_like(self.row_offset), torch.zeros_like(self.col_offset)
        plain.scale = 1.0
        return plain

    def csls(self, k: int, rounds: int) -> Similarities:
        """Cross-domain similarity local scaling: `s_ij ← 2 s_ij - r_i - c_j`, `rounds` times.

        Args:
            k: r and c are the mean over the k largest scores of a row and of a column.
            rounds: 1 as published by Conneau et al. (arXiv 1710.04087), 2 in PMF's code.

        Returns:
            Itself; scaling is linear, so only two offsets and a factor are stored.
        """
        for _ in range(rounds):
            row_mean = torch.empty_like(self.row_offset)
            best: Tensor | None = None  # [k, t] largest scores of each column so far
            for part, scores in self.blocks():
                row_mean[part] = scores.topk(min(k, scores.shape[1]), dim=1).values.mean(1)
                top = scores.T.topk(min(k, scores.shape[0]), dim=1).values
                best = top if best is None else torch.cat([best, top], dim=1)
                best = best.topk(min(k, best.shape[1]), dim=1).values
            if best is None:
                return self
            self.row_offset = 2 * self.row_offset + row_mean
            self.col_offset = 2 * self.col_offset + best.mean(1)
            self.scale *= 2
        return self

    def rank(self, truth: Tensor, k: int) -> tuple[Ranking, Ranking]:
        """Rank the truths and find the best candidates, in both directions.

        Args:
            truth: int64 `[p, 2]`, (source row, target row) known to be the same.
            k: candidates to keep, 0 for none.

        Returns:
            Source → target with s queries, and target → source with t; `greater` and `equal` are per
            *pair of truth*, `[p]`, in both.
        """
        gold = _at(self, truth)
        device = gold.device
        source_best, target_best = _Best(k), _Best(k)
        counts = torch.zeros(4, len(truth), dtype=torch.int32, device=device)
        order = truth[:, 0].argsort()
        sorted_rows = truth[order, 0].contiguous()
        for part, scores in self.blocks():
            if k > 0:
                source_best.add_rows(scores)
                target_best.merge_columns(scores, part.start)
            columns = scores.index_select(1, truth[:, 1])  # [r, p]
            counts[2] += _count(columns > gold, 0)
            counts[3] += _count(columns == gold, 0)
            begin, end = torch.searchsorted(sorted_rows, torch.tensor([part.start, part.stop], device=device)).tolist()
            mine = order[begin:end]
            rows = scores[truth[mine, 0] - part.start]
            counts[0, mine] = _count(rows > gold[mine, None], 1)
            counts[1, mine] = _count(rows == gold[mine, None], 1)
        counts[1] -= 1  # the truth itself
        counts[3] -= 1
        return (
            Ranking(*source_best.result(), greater=counts[0], equal=counts[1]),
            Ranking(*target_best.result(), greater=counts[2], equal=counts[3]),
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one direction of a comparison says about its queries.

    Args:
        candidates: int64 `[q, k]`, best first.
        scores: `[q, k]`.
        greater: int32 `[p]`, candidates scoring above the truth.
        equal: int32 `[p]`, candidates scoring the same as the truth, itself not counted.
    """

    candidates: Tensor
    scores: Tensor
    greater: Tensor
    equal: Tensor


def _count(where: Tensor, dim: int) -> Tensor:
    """How often True along `dim`; summing bytes is 3 × as fast as summing bools."""
    return where.view(torch.uint8).sum(dim, dtype=torch.int32)


def _at(similarities: Similarities, pairs: Tensor) -> Tensor:
    """Scores of pairs `[p]`, taken out of the blocks so that ties compare equal to the last bit."""
    found = torch.empty(len(pairs), device=pairs.device)
    for part, scores in similarities.blocks() if len(pairs) else ():
        inside = (pairs[:, 0] >= part.start) & (pairs[:, 0] < part.stop)
        found[inside] = scores[pairs[inside, 0] - part.start, pairs[inside, 1]]
    return found


class _Best:
    """The best candidates seen so far: queries are rows, or columns, of the blocks."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.scores: list[Tensor] = []
        self.ids: list[Tensor] = []

    def add_rows(self, scores: Tensor) -> None:
        top = scores.topk(min(self.k, scores.shape[1]), dim=1)
        self.scores.append(top.values)
        self.ids.append(top.indices)

    def merge_columns(self, scores: Tensor, first_row: int) -> None:
        top = scores.T.topk(min(self.k, scores.shape[0]), dim=1)
        values = torch.cat([*self.scores, top.values], dim=1)
        ids = torch.cat([*self.ids, top.indices + first_row], dim=1)
        again = values.topk(min(self.k, values.shape[1]), dim=1)
        self.scores, self.ids = [again.values], [ids.gather(1, again.indices)]

    def result(self) -> tuple[Tensor, Tensor]:
        if not self.ids:
            return torch.empty(0, 0, dtype=torch.int64), torch.empty(0, 0)
        return torch.cat(self.ids), torch.cat(self.scores)


def best_cosine(source: Tensor, target: Tensor, memory: int = MEMORY_BYTES) -> tuple[Tensor, Tensor]:
    """Largest similarity of each source row among the targets and of each target row among the sources.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        memory: bytes of which a block takes its share.

    Returns:
        `[s]` and `[t]`; 0 where the other side is empty.
    """
    if len(source) == 0 or len(target) == 0:
        return source.new_zeros(len(source)), target.new_zeros(len(target))
    rows, columns = [], target.new_full((len(target),), -torch.inf)
    for part in source.split(block_rows(len(target), memory)):
        scores = part @ target.T
        rows.append(scores.amax(1))
        columns = torch.maximum(columns, scores.amax(0))
    return torch.cat(rows), columns
