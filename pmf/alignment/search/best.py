"""The best that has been found so far, in this process and in all of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pmf.distributed import Processes

_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """The best keys of q queries, best first.

    Args:
        ids: int64 `[q, k]`, rows of the keys.
        scores: `[q, k]`, exact.
    """

    ids: Tensor
    scores: Tensor

    @classmethod
    def nothing(cls, q: int, k: int, like: Tensor) -> Found:
        """Room for what is yet to be found."""
        return cls(torch.zeros(q, k, dtype=torch.int64, device=like.device), like.new_full((q, k), -torch.inf))

    def of_all(self, processes: Processes) -> Found:
        """With the rows that others have found; itself."""
        processes.sum(self.ids)
        processes.largest(self.scores)
        return self


class ColumnBest:
    """The k best scores of each column over the blocks so far `[k, t]`, best first, and the rows that they are in.

    Of equal scores the one in the upper row comes first, in whichever process it was found.
    """

    def __init__(self, k: int, column: Tensor) -> None:
        self.scores = column.new_full((k, len(column)), -torch.inf)
        self.rows = torch.zeros(self.scores.shape, dtype=torch.int64, device=column.device)

    def merge(self, scores: Tensor, first_row: int) -> None:
        """Take in a block `[r, t]` that begins with that row."""
        k = len(self.scores)
        better = (scores.amax(0) > self.scores[-1]).nonzero()[:, 0]  # ever fewer, while blocks go by
        top = scores.index_select(1, better).topk(min(k, len(scores)), dim=0)
        values = torch.cat([self.scores[:, better], top.values])
        rows = torch.cat([self.rows[:, better], top.indices + first_row])
        self.scores[:, better], self.rows[:, better] = _first(values, rows, k)

    def of_all(self, processes: Processes) -> ColumnBest:
        """Take in what the others have found; itself."""
        if processes.world > 1 and len(self.scores):
            scores, rows = (processes.each(values).flatten(0, 1) for values in (self.scores, self.rows))
            self.scores, self.rows = _first(scores, rows, len(self.scores))
        return self


def _first(scores: Tensor, rows: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of float32 scores `[r, t]` and their rows; among equal ones those of the upper rows."""
    best = in_order(scores, rows).topk(k, dim=0).indices
    return scores.gather(0, best), rows.gather(0, best)


def in_order(scores: Tensor, places: Tensor) -> Tensor:
    """Whole numbers, int64, in the order of the scores; among equal ones those of lower places are larger.

    Args:
        scores: float32 or int32.
        places: int64, at most 2^31 - 1.
    """
    rising = _flipped(scores.view(torch.int32)) if scores.is_floating_point() else scores
    return rising.long() << 32 | _LARGEST - places


def scores_of(numbers: Tensor, dtype: torch.dtype) -> Tensor:
    """The scores, float32 or int32, of numbers that `in_order` gave."""
    rising = (numbers >> 32).int()
    return _flipped(rising).view(dtype) if dtype.is_floating_point else rising


def places_of(numbers: Tensor) -> Tensor:
    """The places, int64, of numbers that `in_order` gave."""
    return _LARGEST - (numbers & _LARGEST)


def _flipped(bits: Tensor) -> Tensor:
    """From the bits of floats to whole numbers in the same order, int32, and back."""
    return bits ^ (bits >> 31 & _LARGEST)
