"""The best keys of every query by an index: close to what all products give, for a small part of the work."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from pmf.alignment.search.best import Found
from pmf.alignment.search.similarity import block_rows, listed_products
from pmf.config.build import require
from pmf.distributed import ALONE, Processes
from pmf.progress import step, tell

DIMENSIONS = 255
"""Of the rows that the index holds, and one for the bias; principal components of longer ones."""

SHORTLIST = 192
"""Keys that a query gets from the index, at least; their scores are then computed in full. Longer, up to `_LONGEST`,
where more cells are looked into."""

_LONGEST = 768

_RECALL_AT = 10

_GAIN = 0.001
"""More recall that half as many cells again must bring."""

_SAMPLE = 512
"""Queries that choose how many cells are looked into."""

_FIT = 20_000
"""Rows of either side that the principal components come from."""

_FEW = 10_000
"""Keys up to which an index holds them as they are."""

_PER_CELL = 15
"""Keys in a cell, on average: with fewer than alike keys come together, a query need look into few cells."""

_TEACHERS = 8
"""Keys that teach where a cell lies."""


def installed() -> bool:
    """Whether the library of the index is there."""
    return find_spec("faiss") is not None


def require_library() -> None:
    """Say what to install.

    Raises:
        ConfigError: the library of the index is not there.
    """
    require(
        installed(),
        "so many entities are compared through an index, which needs the package faiss-cpu: "
        "python -m pip install faiss-cpu, or raise evaluation.index_pairs to go through all pairs",
    )


def nearest(
    queries: Tensor,
    keys: Tensor,
    k: int,
    *,
    bias: Tensor,
    recall: float,
    memory: int,
    processes: Processes = ALONE,
) -> Found:
    """The k keys that score best with every query, most of them; a score is the inner product and the key's bias.

    An inverted file over the keys' principal components gives a shortlist, whose scores are computed from the whole
    rows. How many of its cells a query looks into grows until a sample of queries finds what an exact search finds, or
    more cells do not help. The same rows give the same answer on the same machine.

    Args:
        queries: `[q, d]`, unit rows or zeros.
        keys: `[t, d]`, likewise.
        k: keys a query; at most t come.
        bias: `[t]`, zeros for inner products alone.
        recall: share of the exact ten best (or k, if fewer) that the sample must find, in [0, 1].
        memory: bytes of which a block takes its share; the index itself comes on top.
        processes: among which the queries are dealt out; each makes the whole index.

    Source: Jégou et al. 2011 (inverted file, product quantisation); Douze et al. 2024 (arXiv 2401.08281), the library;
        a bias as one more dimension: Bachrach et al. 2014.
    """
    k = min(k, len(keys))
    index = _Index(queries, keys, bias, memory)
    sample, judged = queries[spread(len(queries), _SAMPLE)], min(k, _RECALL_AT)
    parts = sample.split(block_rows(len(keys), memory))
    least = torch.cat([(part @ keys.T).add_(bias).topk(judged, dim=1).values[:, -1] for part in parts])
    before, share = -1.0, hit_share(index.search(sample, judged).scores, least)
    while index.probes < index.cells and share < recall and share - before > _GAIN:
        index.look_further()
        before, share = share, hit_share(index.search(sample, judged).scores, least)
    return index.search(queries, k, processes)


def spread(n: int, count: int, seed: int = 0) -> Tensor:
    """At most `count` rows of n, at random but for a seed always the same, int64."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:count]


def hit_share(scores: Tensor, least: Tensor) -> float:
    """Share of the scores `[q, k]` that belong to the k best, of which the least is given `[q]`; ties do."""
    return float((scores >= least[:, None] - 1e-5).float().mean())


class _Index:
    """An inverted file over the keys, and the whole rows beside it.

    Args:
        queries: `[q, d]`, whose directions count, too, when rows are shortened.
        keys: `[t, d]`.
        bias: `[t]`.
        memory: bytes of which a block takes its share.
    """

    def __init__(self, queries: Tensor, keys: Tensor, bias: Tensor, memory: int) -> None:
        import faiss

        faiss.omp_set_num_threads(torch.get_num_threads())
        self.keys, self.bias, self.memory = keys, bias, memory
        self.basis = principal(torch.cat([side[spread(len(side), _FIT)] for side in (queries, keys)]), DIMENSIONS)
        self.cells = max(1, len(keys) // _PER_CELL)
        self.probes, self.shortlist = min(8, self.cells), SHORTLIST
        width = self._short(keys[:1], bias[:1]).shape[1]
        # two numbers in 4 bits: gone through five times as fast as whole rows, and lists nearly the same keys
        rows = f"PQ{width // 2}x4fs" if len(keys) > _FEW else "Flat"
        factory: Any = faiss.index_factory  # typed as if every index were a flat one
        self.file = factory(width, f"IVF{self.cells},{rows}", faiss.METRIC_INNER_PRODUCT)
        self.file.cp.niter, self.file.cp.min_points_per_centroid = 3, 1
        centred = bias - bias.mean()
        learn = spread(len(keys), _TEACHERS * self.cells)
        with step("making an index"):
            self.file.train(self._short(keys[learn], centred[learn]))
        for part in torch.arange(len(keys)).split(block_rows(width, memory)):
            self.file.add(self._short(keys[part], centred[part]))
            tell("indexing", int(part[-1]) + 1, len(keys))

    def _short(self, rows: Tensor, last: Tensor) -> Any:
        """Principal components and one number more, of even width."""
        even = last.new_zeros(len(last), 1 - self.basis.shape[1] % 2)
        return torch.cat([rows @ self.basis, last[:, None], even], dim=1).numpy()

    def look_further(self) -> None:
        """Half as many cells again from now on, and with them a somewhat longer shortlist."""
        self.probes = min(int(1.5 * self.probes), self.cells)
        self.shortlist = min(int(1.15 * self.shortlist), _LONGEST)

    def search(self, queries: Tensor, k: int, processes: Processes = ALONE) -> Found:
        """The best keys of some queries, of what the cells looked into hold."""
        found = Found.nothing(len(queries), k, queries)
        length = min(max(self.shortlist, 2 * k), len(self.keys))
        blocks = torch.arange(len(queries)).split(block_rows(queries.shape[1] + 4 * length, self.memory))
        for rows in blocks[processes.rank :: processes.world]:
            some = queries[rows]
            shortlist, there = self._shortlist(some, length, k)
            products = listed_products(some, self.keys, shortlist).add_(self.bias[shortlist])
            best = products.masked_fill_(~there, -torch.inf).topk(k, dim=1)
            found.ids[rows], found.scores[rows] = shortlist.gather(1, best.indices), best.values
            tell("searching", int(rows[-1]) + 1, len(queries))
        return found.of_all(processes)

    def _shortlist(self, queries: Tensor, length: int, k: int) -> tuple[Tensor, Tensor]:
        """Keys of every query, and which of them are there, `[q, length]`.

        Who finds fewer than k in so few cells is compared with all keys. To a row of zeros all are the same but for
        their bias.
        """
        short = self._short(queries, queries.new_ones(len(queries)))
        self.file.nprobe = self.probes
        ids = torch.from_numpy(self.file.search(short, length)[1])
        empty = ~queries.any(dim=1)
        ids[empty] = self.bias.topk(length).indices
        for rows in (ids[:, k - 1] < 0).nonzero()[:, 0].split(block_rows(len(self.keys), self.memory)):
            ids[rows] = (queries[rows] @ self.keys.T).add_(self.bias).topk(length, dim=1).indices
        return ids.clamp(min=0), ids >= 0


def principal(rows: Tensor, count: int) -> Tensor:
    """Directions `[d, min(r, d, count)]` that keep most of the inner products of the rows `[r, d]`, the best last."""
    if len(rows) < rows.shape[1]:
        directions: Tensor = torch.linalg.svd(rows, full_matrices=False).Vh[:count]
        return directions.T.flip(1)
    vectors: Tensor = torch.linalg.eigh(rows.T @ rows).eigenvectors
    return vectors[:, -count:]
