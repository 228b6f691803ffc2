"""The best of the other side for everybody, from products of all pairs, each made once and in tiles that stay small."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from pmf.alignment.search.best import Found, in_order, places_of, scores_of
from pmf.alignment.search.similarity import Scratch, listed_products
from pmf.alignment.search.sketch import Sketch, whole_numbers
from pmf.distributed import ALONE, Processes
from pmf.precision import multiplying
from pmf.progress import tell

_TILE = 2048
"""Rows and columns of a tile: many share what it takes to bring them to the processor, and it stays in the cache."""

_GROUP = 16
"""Scores of a tile that are looked at together: most groups hold nothing that anybody still wants."""

_SPARE = 16
"""Candidates more than asked for, because bfloat16 may put those that score nearly alike in another order."""

_ROOM = 96
"""Candidates that a query gathers before it sorts out which of them it keeps."""

_RESCORED = 1024
"""Rows whose candidates are scored in full at a time."""

_NOTHING = torch.iinfo(torch.int64).min


def nearest_by_tiles(
    source: Tensor,
    target: Tensor,
    k: int,
    *,
    bias: tuple[Tensor, Tensor],
    processes: Processes = ALONE,
    sketch: Sketch | None = None,
) -> tuple[Found, Found]:
    """The k targets that score best with every source, and the k sources with every target.

    They are listed by products in bfloat16, where the processor can, or of a sketch; the scores of those listed are
    then computed in float32. Both sides are gone through in an order that is drawn, and of equals the first count: in
    many a benchmark the numbers themselves tell who belongs to whom.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        k: candidates of each; at most as many come as there are on the other side.
        bias: `[s]` and `[t]`, what a source and what a target adds to the inner product where it is a candidate.
        processes: among which the rows of tiles are dealt out; all of them call this, with the same tables.
        sketch: of both sides; None = none.
    """
    orders = [torch.randperm(len(side), generator=torch.Generator().manual_seed(i)) for i, side in enumerate(bias)]
    tile_of, dtype = _tiles(source, target, bias, orders, sketch)
    best_target, best_source = (
        Found.nothing(len(rows), min(k, len(keys)), rows) for rows, keys in ((source, target), (target, source))
    )
    length = k + (sketch.spare if sketch else _SPARE)
    own, other = (rows.any(dim=1)[order] for rows, order in zip((source, target), orders, strict=True))
    sources = _Shortlists(other, bias[0][orders[0]], min(length, len(source)), dtype)
    with multiplying("bfloat16"):
        for rows in list(_parts(len(source)))[processes.rank :: processes.world]:
            targets = _Shortlists(own[rows], bias[1][orders[1]], min(length, len(target)), dtype)
            for columns in _parts(len(target)):
                tile = tile_of(rows, columns)
                targets.take(slice(0, rows.stop - rows.start), columns.start, tile, dim=1)
                sources.take(columns, rows.start, tile, dim=0)
            places = targets.best(slice(0, len(targets.keys)))
            _score(best_target, orders[0][rows], source, target, places, orders[1], bias[1])
            tell("comparing", rows.stop, len(source))
    for number, part in enumerate(_parts(len(target), _RESCORED)):
        places = sources.best(part, processes)
        if number % processes.world == processes.rank:
            _score(best_source, orders[1][part], target, source, places, orders[0], bias[0])
    return best_target.of_all(processes), best_source.of_all(processes)


def _parts(count: int, size: int | None = None) -> Iterator[slice]:
    size = size or _TILE
    for begin in range(0, count, size):
        yield slice(begin, min(begin + size, count))


def _tiles(
    source: Tensor, target: Tensor, bias: tuple[Tensor, Tensor], orders: list[Tensor], sketch: Sketch | None
) -> tuple[Callable[[slice, slice], Tensor], torch.dtype]:
    """What makes the scores of some rows and columns, by place, with everybody's bias; and their type."""
    if sketch is not None:
        rows, columns = (side[order] for side, order in zip((sketch.source, sketch.target), orders, strict=True))
        mine, theirs = (whole_numbers(one, sketch.unit)[order] for one, order in zip(bias, orders, strict=True))
        numbers = Scratch(mine)
        biased = bool(mine.any() or theirs.any())

        def first_look(i: slice, j: slice) -> Tensor:
            tile = torch._int_mm(rows[i], columns[j].T, out=numbers(i.stop - i.start, j.stop - j.start))
            return _padded(tile.add_(mine[i, None]).add_(theirs[j]) if biased else tile)

        return first_look, torch.int32
    scratch = Scratch(source)

    def whole(i: slice, j: slice) -> Tensor:
        one, other = orders[0][i], orders[1][j]
        tile = torch.addmm(bias[1][other], source[one], target[other].T, out=scratch(len(one), len(other)))
        return _padded(tile.add_(bias[0][one, None]))

    return whole, source.dtype


def _padded(tile: Tensor) -> Tensor:
    """With rows and columns of what is less than all at the end, so that groups come out even."""
    bottom, right = (-count % _GROUP for count in tile.shape)
    return functional.pad(tile, (0, right, 0, bottom), value=_bounds(tile.dtype)[0]) if bottom or right else tile


def _bounds(dtype: torch.dtype) -> tuple[float, float]:
    """What is less and what is more than any score."""
    return (-torch.inf, torch.inf) if dtype.is_floating_point else (-(2**31), 2**31 - 1)


def _score(
    found: Found, queries: Tensor, rows: Tensor, keys: Tensor, places: Tensor, order: Tensor, bias: Tensor
) -> None:
    """Put the best of the places `[q, l]` that are listed for some queries, by their scores in full, where it goes."""
    for some, listed in zip(queries.split(_RESCORED), places.sort(dim=1).values.split(_RESCORED), strict=True):
        ids = order[listed]
        best = listed_products(rows[some], keys, ids).add_(bias[ids]).sort(dim=1, descending=True, stable=True)
        k = found.ids.shape[1]
        found.ids[some], found.scores[some] = ids.gather(1, best.indices[:, :k]), best.values[:, :k]


class _Shortlists:
    """The best candidates of q queries among the tiles so far; of equals those of the lowest places.

    Args:
        known: bool `[q]`, whose rows are not all zero; to others all candidates are alike but for their bias.
        bias: `[c]`, of all candidates.
        length: of a list, at most c.
        dtype: of the scores.
    """

    def __init__(self, known: Tensor, bias: Tensor, length: int, dtype: torch.dtype) -> None:
        self.length, self.known = length, known
        self.by_bias = in_order(bias, torch.arange(len(bias))).topk(length).values
        self.keys = torch.full((len(known), length + _ROOM), _NOTHING)
        self.count = torch.zeros(len(known), dtype=torch.int64)
        self.lowest, highest = _bounds(dtype)
        self.least = torch.full((len(known),), self.lowest, dtype=dtype)
        self.least[~known] = highest

    def take(self, queries: slice, first: int, tile: Tensor, dim: int) -> None:
        """Take what is better from the scores of some queries with the candidates from place `first` on.

        Args:
            queries: who.
            first: place of the first candidate.
            tile: their scores, and maybe more rows and columns at the end that are less than all.
            dim: along which the candidates are.
        """
        by_query = tile if dim else tile.T
        peaks = tile.unflatten(dim, (-1, _GROUP)).amax(dim + 1)
        least = self.least[queries]
        wanted = ((peaks if dim else peaks.T)[: len(least)] > least[:, None]).contiguous()
        asked = wanted.sum(1)
        flooded = asked > _ROOM
        wanted &= ~flooded[:, None]
        query, group = wanted.nonzero(as_tuple=True)
        down, across = by_query.stride()
        members = (query * down + group * _GROUP * across)[:, None] + across * torch.arange(_GROUP)
        scores = tile.take(members)
        better = (scores > least[query, None]).flatten().nonzero()[:, 0]
        hit = better // _GROUP
        query, places = query[hit], group[hit] * _GROUP + better % _GROUP
        new = query.bincount(minlength=len(least))
        flooded |= new > _ROOM
        kept = slice(None) if not flooded.any() else ~flooded[query]
        self._add(queries.start, query[kept], in_order(scores.flatten()[better], places + first)[kept], len(least))
        for rows in flooded.nonzero()[:, 0].split(_RESCORED):
            place = torch.arange(first, first + tile.shape[dim])
            of_tile = in_order(by_query[rows], place).masked_fill_(by_query[rows] == self.lowest, _NOTHING)
            best = of_tile.topk(min(self.length, tile.shape[dim]), dim=1).values
            self._settle(rows + queries.start, torch.cat([self.keys[rows + queries.start], best], dim=1))

    def _add(self, start: int, query: Tensor, keys: Tensor, queries: int) -> None:
        """Put keys `[h]` of queries in ascending order, counted from `start`, at the end of their lists."""
        new = query.bincount(minlength=queries)
        full = (self.count[start : start + queries] + new > self.keys.shape[1]).nonzero()[:, 0] + start
        if len(full):
            self._settle(full, self.keys[full])
        free = self.count[start : start + queries] - (new.cumsum(0) - new)  # and less the keys of those before
        self.keys[query + start, torch.arange(len(query)) + free[query]] = keys
        self.count[start : start + queries] += new

    def _settle(self, queries: Tensor, keys: Tensor) -> None:
        """Keep the best of these keys `[q, l]`."""
        best = keys.topk(self.length, dim=1).values
        self.keys[queries, : self.length], self.keys[queries, self.length :] = best, _NOTHING
        self.count[queries] = (best > _NOTHING).sum(1)
        last = scores_of(best[:, -1], self.least.dtype)
        self.least[queries] = last.masked_fill(best[:, -1] == _NOTHING, self.lowest)

    def best(self, queries: slice, processes: Processes = ALONE) -> Tensor:
        """Places `[q, length]` of what these queries have listed, in any of the processes, in any order."""
        lists = processes.each(self.keys[queries].topk(self.length, dim=1).values)  # [world, q, l]
        best = lists.transpose(0, 1).flatten(1).topk(self.length, dim=1).values
        best[~self.known[queries]] = self.by_bias
        return places_of(best)
