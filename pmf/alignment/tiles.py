"""The best keys of every query from all products, in tiles that stay small: exact, and no library needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

from pmf.alignment.similarity import Found, Scratch, listed_products

_ROWS, _COLUMNS = 1024, 4096
"""Of a tile: so many queries share what it takes to bring so many keys to the processor, and it stays in the cache."""

_GROUP = 16
"""Columns of a tile that are looked at together: most of them hold nothing that any query still wants."""

_SPARE = 16
"""Keys more than asked for, because bfloat16 may put those that score nearly alike in another order."""


def nearest_by_tiles(queries: Tensor, keys: Tensor, k: int, *, bias: Tensor) -> Found:
    """The k keys that score best with every query; a score is the inner product and the key's bias.

    A processor that multiplies in bfloat16 lists them by such products, which takes a fraction of the time; the scores
    of those listed are then computed in float32.

    Args:
        queries: `[q, d]`.
        keys: `[t, d]`.
        k: keys a query; at most t come.
        bias: `[t]`, zeros for inner products alone.
    """
    k = min(k, len(keys))
    ids = torch.empty(len(queries), k, dtype=torch.int64)
    scores = queries.new_empty(len(queries), k)
    for rows in torch.arange(len(queries)).split(_ROWS):
        listed = _listed(queries[rows], keys, min(k + _SPARE, len(keys)), bias)
        best = listed_products(queries[rows], keys, listed).add_(bias[listed]).topk(k, dim=1)
        ids[rows], scores[rows] = listed.gather(1, best.indices), best.values
    return Found(ids, scores)


def _listed(queries: Tensor, keys: Tensor, k: int, bias: Tensor) -> Tensor:
    """Places `[q, k]` of the k keys that score best, a tile after the other."""
    scores = queries.new_full((len(queries), k), -torch.inf)
    ids = torch.zeros(scores.shape, dtype=torch.int64)
    scratch = Scratch(queries)
    with _in_bfloat16():
        for begin in range(0, len(keys), _COLUMNS):
            some = slice(begin, begin + _COLUMNS)
            products = torch.addmm(bias[some], queries, keys[some].T, out=scratch(len(queries), len(bias[some])))
            if products.shape[1] % _GROUP:
                products = functional.pad(products, (0, -products.shape[1] % _GROUP), value=-torch.inf)
            groups = products.unflatten(1, (_GROUP, -1))  # [q, 16, w], each group a stride apart
            peaks = groups.amax(1)
            wanted = int((peaks > scores[:, -1:]).sum(1).amax())  # groups, by who wants the most
            if wanted == 0:
                continue
            at = peaks.topk(min(wanted, k), dim=1).indices[:, None]  # [q, 1, n]
            found = groups.gather(2, at.expand(-1, _GROUP, -1)).flatten(1)
            places = (at + peaks.shape[1] * torch.arange(_GROUP)[:, None]).flatten(1) + begin
            best = torch.cat([scores, found], dim=1).topk(k, dim=1)
            scores, ids = best.values, torch.cat([ids, places], dim=1).gather(1, best.indices)
    return ids


@contextmanager
def _in_bfloat16() -> Iterator[None]:
    """Float32 products are made in bfloat16 and added in float32, where the processor can."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
