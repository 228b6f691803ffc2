"""The best of the other side for everybody, from all products, each made once and in tiles that stay small: exact."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

from pmf.alignment.search.best import Found
from pmf.alignment.search.similarity import Scratch, listed_products
from pmf.distributed import ALONE, Processes
from pmf.progress import tell

_TILE = 2048
"""Rows and columns of a tile: many share what it takes to bring them to the processor, and it stays in the cache."""

_GROUP = 16
"""Scores of a tile that are looked at together: most groups hold nothing that anybody still wants."""

_SPARE = 16
"""Candidates more than asked for, because bfloat16 may put those that score nearly alike in another order."""

_RESCORED = 1024
"""Rows whose candidates are scored in full at a time."""


def nearest_by_tiles(
    source: Tensor, target: Tensor, k: int, *, bias: tuple[Tensor, Tensor], processes: Processes = ALONE
) -> tuple[Found, Found]:
    """The k targets that score best with every source, and the k sources with every target.

    A processor that multiplies in bfloat16 lists them by such products, which takes a fraction of the time; the scores
    of those listed are then computed in float32.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        k: candidates of each; at most as many come as there are on the other side.
        bias: `[s]` and `[t]`, what a source and what a target adds to the inner product where it is a candidate.
        processes: among which the rows of tiles are dealt out; all of them call this, with the same tables.
    """
    sides = (source, target), (target, source)
    targets, sources = (_Shortlists(len(queries), min(k + _SPARE, len(keys)), queries) for queries, keys in sides)
    scratch = Scratch(source)
    with _in_bfloat16():
        for rows in list(_parts(len(source)))[processes.rank :: processes.world]:
            for columns in _parts(len(target)):
                size = rows.stop - rows.start, columns.stop - columns.start
                tile = torch.addmm(bias[1][columns], source[rows], target[columns].T, out=scratch(*size))
                # everybody's own bias is in there, too: it adds the same to all candidates
                tile.add_(bias[0][rows, None])
                if any(count % _GROUP for count in size):
                    bottom, right = (-count % _GROUP for count in size)
                    tile = functional.pad(tile, (0, right, 0, bottom), value=-torch.inf)
                targets.take(rows, columns.start, tile, dim=1)
                sources.take(columns, rows.start, tile, dim=0)
            tell("comparing", rows.stop, len(source))
    best = targets.best(source, target, k, bias[1], processes, seed=0)
    return best, sources.best(target, source, k, bias[0], processes, seed=1)


def _parts(count: int) -> Iterator[slice]:
    for begin in range(0, count, _TILE):
        yield slice(begin, min(begin + _TILE, count))


class _Shortlists:
    """The k best candidates of q queries among the tiles so far."""

    def __init__(self, queries: int, k: int, like: Tensor) -> None:
        self.scores = like.new_full((queries, k), -torch.inf)
        self.ids = torch.zeros(queries, k, dtype=torch.int32)  # half of what int64 takes: there are very many

    def take(self, queries: slice, first: int, tile: Tensor, dim: int) -> None:
        """Take what is better from the scores of some queries with the candidates from number `first` on.

        Args:
            queries: who.
            first: number of the first candidate.
            tile: their scores, and maybe more rows and columns at the end that are -inf.
            dim: along which the candidates are.
        """
        scores, ids = self.scores[queries], self.ids[queries]
        peaks = tile.unflatten(dim, (_GROUP, -1)).amax(dim)  # of groups whose members are a stride apart
        if dim == 0:  # not before: along the columns of a transposed tile, this would take fifty times as long
            peaks, tile = peaks.T, tile.T
        peaks = peaks[: len(scores)]
        wanted = (peaks > scores[:, -1:]).sum(1)
        asking = wanted.nonzero()[:, 0]
        if not len(asking):
            return
        k, stride = scores.shape[1], peaks.shape[1]
        groups = peaks[asking].topk(min(int(wanted.amax()), k), dim=1).indices  # by who wants the most
        places = (groups[:, None] + stride * torch.arange(_GROUP)[:, None]).flatten(1)
        best = torch.cat([scores[asking], tile[asking[:, None], places]], dim=1).topk(k, dim=1)
        scores[asking] = best.values
        ids[asking] = torch.cat([ids[asking], (places + first).int()], dim=1).gather(1, best.indices)

    def best(self, queries: Tensor, keys: Tensor, k: int, bias: Tensor, processes: Processes, seed: int) -> Found:
        """The k best of those that any process has listed, by their scores in float32.

        Equals come in an order that is drawn, another on either side, whoever listed them first: in many a benchmark
        the numbers themselves tell who belongs to whom.
        """
        place = torch.randperm(len(keys), generator=torch.Generator().manual_seed(seed))
        found = Found.nothing(len(queries), min(k, len(keys)), queries)
        for number, rows in enumerate(torch.arange(len(queries)).split(_RESCORED)):
            scores, ids = (processes.each(part[rows]) for part in (self.scores, self.ids))  # [world, r, k]
            if number % processes.world != processes.rank:
                continue
            kept = scores.transpose(0, 1).flatten(1).topk(self.scores.shape[1], dim=1).indices
            listed = ids.transpose(0, 1).flatten(1).gather(1, kept).long()
            listed = listed.gather(1, place[listed].argsort(dim=1))
            scores = listed_products(queries[rows], keys, listed).add_(bias[listed])
            best = scores.sort(dim=1, descending=True, stable=True)
            order = best.indices[:, : found.ids.shape[1]]
            found.ids[rows], found.scores[rows] = listed.gather(1, order), scores.gather(1, order)
        return found.of_all(processes)


@contextmanager
def _in_bfloat16() -> Iterator[None]:
    """Float32 products are made in bfloat16 and added in float32, where the processor can."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
