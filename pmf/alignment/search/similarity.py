"""Similarities of two sets of entities by blocks: ranks, candidates and CSLS in bounded memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from pmf.alignment.search.best import ColumnBest, Found
from pmf.distributed import ALONE, Processes
from pmf.progress import tell

MEMORY_BYTES = 640 * 2**20
"""Up to this size the similarities are kept between passes; above, every pass computes them again."""

_BLOCK_SHARE = 0.075
"""Of the memory, what one block takes; a pass has about four copies of one in hand."""

_CACHED_ROWS = 200
"""Of a block of kept similarities on a CPU: it stays in the cache from one operation to the next."""

_TOLD = 2**24
"""Pairs from which on it is told how far a pass has come where their similarities are kept: fewer take no time."""

_CACHED_BLOCKS = 3
"""Of those, in a strip: fewer rows take longer to multiply."""


def block_rows(width: int, memory: int) -> int:
    """Rows of float32 scores, each of `width`, that make up a block."""
    return max(1, int(_BLOCK_SHARE * memory) // (4 * max(1, width)))


class Similarities:
    """Scores of all source × target pairs, one block of source rows at a time.

    Strips of rows, of one or several blocks, are multiplied as a whole, and as a whole dealt out among processes: how
    many these are then changes no bit of what is found.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        memory: bytes that the scores may take, in blocks or kept between passes.
        processes: among which the strips are dealt out; all of them call the same methods, with the same tables.
    """

    def __init__(
        self, source: Tensor, target: Tensor, memory: int = MEMORY_BYTES, processes: Processes = ALONE
    ) -> None:
        self.source, self.target, self.memory, self.processes = source, target, memory, processes
        self.rows = self._strip = block_rows(len(target), memory)
        self._keep = 4 * len(source) * len(target) <= memory
        if self._keep and source.device.type == "cpu":
            self.rows = min(self.rows, _CACHED_ROWS)
            self._strip = _CACHED_BLOCKS * self.rows
        self._kept: dict[int, Tensor] = {}  # this process's products by strip, once they are needed
        self.row_offset = source.new_zeros(len(source))
        self.col_offset = source.new_zeros(len(target))
        self.scale = 1.0

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """(rows, scores `[r, t]`) of this process, from the top; a block is the caller's to change, until the next."""
        scratch = Scratch(self.source)
        for strip in self._strips[self.processes.rank :: self.processes.world]:
            yield from self._blocks(strip, scratch)

    def column_sums(self, of: Callable[[slice, Tensor], Tensor]) -> Tensor:
        """The sum over all blocks of what `of` makes of each, `[t]`: strip by strip, whoever computes them."""
        total, scratch = torch.zeros_like(self.col_offset), Scratch(self.source)
        for first in self._strips[:: self.processes.world]:
            own = torch.zeros_like(total)
            for part, scores in self._blocks(first + self.processes.rank, scratch):
                own += of(part, scores)
            for one in self.processes.each(own):
                total += one
        return total

    @property
    def _strips(self) -> range:
        return range(-(-len(self.source) // self._strip))

    def _blocks(self, strip: int, scratch: Scratch) -> Iterator[tuple[slice, Tensor]]:
        for part, plain in self._plain_blocks(strip):
            yield part, self._adjusted(plain, self.row_offset[part, None], self.col_offset, scratch(*plain.shape))

    def _plain_blocks(self, strip: int) -> Iterator[tuple[slice, Tensor]]:
        """The blocks of a strip before any scaling, none after the last strip; not to be changed."""
        begin, end = strip * self._strip, min((strip + 1) * self._strip, len(self.source))
        if begin >= end:
            return
        plain = self._kept.get(strip)
        if plain is None:
            plain = self._products(slice(begin, end))
        if self._keep:
            self._kept[strip] = plain
        for first in range(begin, end, self.rows):
            part = slice(first, min(first + self.rows, end))
            yield part, plain[first - begin : part.stop - begin]
        if not self._keep or len(self.source) * len(self.target) > _TOLD:
            others = (self.processes.world - 1) * self._strip
            tell("comparing", min(end + others, len(self.source)), len(self.source))

    def _products(self, rows: slice) -> Tensor:
        return products(self.source[rows], self.target)

    def _adjusted(self, plain: Tensor, row_offset: Tensor, col_offset: Tensor, into: Tensor) -> Tensor:
        return torch.mul(plain, self.scale, out=into).sub_(row_offset).sub_(col_offset)

    def at(self, pairs: Tensor) -> Tensor:
        """Scores `[p]` of pairs `[p, 2]` of rows, the same to the last bit as in the blocks: ties compare equal."""
        row, column = pairs.T
        scores = torch.full((len(pairs),), -torch.inf, device=pairs.device)
        if not len(pairs):
            return scores
        for strip in self._strips[self.processes.rank :: self.processes.world]:
            for part, plain in self._plain_blocks(strip):
                inside = (row >= part.start) & (row < part.stop)
                scores[inside] = plain[row[inside] - part.start, column[inside]]
        self.processes.largest(scores)
        return self._adjusted(scores, self.row_offset[row], self.col_offset[column], scores)

    def plain(self) -> Similarities:
        """The same pairs before any scaling; what is kept between passes is shared."""
        plain = copy(self)
        plain.row_offset, plain.col_offset = torch.zeros_like(self.row_offset), torch.zeros_like(self.col_offset)
        plain.scale = 1.0
        return plain

    def among(self, rows: Tensor, columns: Tensor) -> Similarities:
        """The same scores of some sources `[r]` and targets `[c]` alone."""
        part = Similarities(self.source[rows], self.target[columns], self.memory, self.processes)
        part.row_offset, part.col_offset, part.scale = self.row_offset[rows], self.col_offset[columns], self.scale
        return part

    def csls(self, k: int, rounds: int) -> Similarities:
        """Cross-domain similarity local scaling: `s_ij ← 2 s_ij - r_i - c_j`, `rounds` times.

        Args:
            k: r and c are the mean over the k largest scores of a row and of a column.
            rounds: 1 as published by Conneau et al. (arXiv 1710.04087), 2 in PMF's code.

        Returns:
            Itself; scaling is linear, so only two offsets and a factor are stored.
        """
        s, t = len(self.source), len(self.target)
        for _ in range(rounds if min(s, t) else 0):
            row_mean = torch.full_like(self.row_offset, -torch.inf)
            best = torch.full((min(k, s), t), -torch.inf, device=self.source.device)
            for part, scores in self.blocks():
                row_mean[part] = scores.topk(min(k, t), dim=1).values.mean(1)
                better = (scores.amax(0) > best[-1]).nonzero()[:, 0]  # ever fewer, while blocks go by
                both = torch.cat([best[:, better], scores.index_select(1, better)])
                best[:, better] = both.topk(len(best), dim=0).values
            best = self.processes.each(best).flatten(0, 1).topk(len(best), dim=0).values
            self.scaled(self.processes.largest(row_mean), best.mean(0))
        return self

    def scaled(self, row_mean: Tensor, col_mean: Tensor) -> Similarities:
        """One round of `csls` with means that are at hand, `[s]` and `[t]`: no score is computed."""
        self.row_offset = 2 * self.row_offset + row_mean
        self.col_offset = 2 * self.col_offset + col_mean
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
        gold = self.at(truth)
        device = gold.device
        s, t = len(self.source), len(self.target)
        row_best = Found.nothing(s, min(k, t), self.row_offset)
        column_best = ColumnBest(min(k, s), self.col_offset)
        counts = torch.zeros(4, len(truth), dtype=torch.int32, device=device)
        order = truth[:, 0].argsort()
        sorted_rows = truth[order, 0].contiguous()
        chosen, flags = Scratch(gold), Scratch(gold)
        for part, scores in self.blocks():
            if k > 0:
                row_best.scores[part], row_best.ids[part] = scores.topk(min(k, t), dim=1)
                column_best.merge(scores, part.start)
            in_question = (scores.amax(0)[truth[:, 1]] >= gold).nonzero()[
                :, 0
            ]  # of the others there is nothing to count
            columns = _select(scores, 1, truth[in_question, 1], chosen)
            counts[2, in_question] += _count(torch.gt, columns, gold[in_question], 0, flags)
            counts[3, in_question] += _count(torch.eq, columns, gold[in_question], 0, flags)
            begin, end = torch.searchsorted(sorted_rows, torch.tensor([part.start, part.stop], device=device)).tolist()
            mine = order[begin:end]
            rows = _select(scores, 0, truth[mine, 0] - part.start, chosen)
            counts[0, mine] = _count(torch.gt, rows, gold[mine, None], 1, flags)
            counts[1, mine] = _count(torch.eq, rows, gold[mine, None], 1, flags)
        row_best.of_all(self.processes)
        column_best.of_all(self.processes)
        self.processes.sum(counts)
        counts[1] -= 1  # the truth itself
        counts[3] -= 1
        return (
            Ranking(row_best.ids, row_best.scores, greater=counts[0], equal=counts[1]),
            Ranking(
                column_best.rows.T.contiguous(), column_best.scores.T.contiguous(), greater=counts[2], equal=counts[3]
            ),
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


def products(rows: Tensor, keys: Tensor) -> Tensor:
    """`rows @ keys.T`, `[r, t]`; float32 on a CPU by NumPy, whose library takes two thirds of PyTorch's time on AMD."""
    if rows.device.type == "cpu" and torch.get_float32_matmul_precision() == "highest":
        return torch.from_numpy(rows.numpy() @ keys.numpy().T)
    return rows @ keys.T


def listed_products(rows: Tensor, keys: Tensor, listed: Tensor) -> Tensor:
    """Inner products of each row `[r, d]` with the keys listed for it `[r, l]`, none of which is copied, `[r, l]`."""
    count, length = listed.shape
    starts, zeros = torch.arange(0, count * length + 1, length), rows.new_zeros(count * length)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        pattern = torch.sparse_csr_tensor(starts, listed.flatten(), zeros, (count, len(keys)), check_invariants=False)
    products: Tensor = torch.sparse.sampled_addmm(pattern, rows, keys.T, beta=0.0).values()
    return products.view(count, length)


class Scratch:
    """Memory that one block after the other is written to: fresh pages cost more than the arithmetic on them."""

    def __init__(self, like: Tensor) -> None:
        self._flat = like.new_empty(0)

    def __call__(self, rows: int, columns: int) -> Tensor:
        """A `[rows, columns]` of what happens to be there."""
        if rows * columns > len(self._flat):
            self._flat = self._flat.new_empty(rows * columns)
        return self._flat[: rows * columns].view(rows, columns)


def _select(scores: Tensor, dim: int, places: Tensor, scratch: Scratch) -> Tensor:
    shape = [len(places) if at == dim else size for at, size in enumerate(scores.shape)]
    return torch.index_select(scores, dim, places, out=scratch(*shape))


def _count(compare: Callable[..., Tensor], scores: Tensor, gold: Tensor, dim: int, scratch: Scratch) -> Tensor:
    """How often `compare(scores, gold)` along `dim`, int32; as floats, exact below 2^24, 3 × as fast as bools."""
    return compare(scores, gold, out=scratch(*scores.shape)).sum(dim).int()


def best_cosine(
    source: Tensor, target: Tensor, memory: int = MEMORY_BYTES, processes: Processes = ALONE
) -> tuple[Tensor, Tensor]:
    """Largest similarity of each source row among the targets and of each target row among the sources.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        memory: bytes of which a block takes its share.
        processes: among which the blocks are dealt out; all of them call this, with the same tables.

    Returns:
        `[s]` and `[t]`; 0 where the other side is empty.
    """
    if len(source) == 0 or len(target) == 0:
        return source.new_zeros(len(source)), target.new_zeros(len(target))
    best = source.new_full((len(source) + len(target),), -torch.inf)
    rows, columns = best[: len(source)], best[len(source) :]
    block = block_rows(len(target), memory)
    for begin in range(processes.rank * block, len(source), processes.world * block):
        part = slice(begin, begin + block)  # a whole one: then the products are the same to the bit
        scores = products(source[part], target)
        rows[part] = scores.amax(1)
        torch.maximum(columns, scores.amax(0), out=columns)
    processes.largest(best)
    return rows, columns
