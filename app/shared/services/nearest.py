"""The entities of the other graph that are most similar to some, ranked by no decoding."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from app.shared.services.run_view import Ids, RunView
from pmf.errors import RunFormatError

KEPT = 64
"""Entities that are kept of each query; who wants more has it compared anew."""

_BLOCK = 4096  # candidates compared at a time: a whole graph as float32 would not fit the processor's cache
_MOST_SCORES = 2**23  # of queries that are compared together, so that a million candidates take no more memory
_MOST_QUERIES = 2**14  # that are kept of a run

_Ranked = tuple[Ids, npt.NDArray[np.float32]]
_kept: WeakKeyDictionary[RunView, dict[int, _Ranked]] = WeakKeyDictionary()
_ONE_AT_A_TIME = Lock()  # each takes all cores for a moment; several at once wait for each other much longer than that


def nearest(run: RunView, query: int, count: int) -> _Ranked:
    """The entities of the other graph with the largest fused similarity to one, best first, and it, `[count]` each.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    with _ONE_AT_A_TIME:
        kept = _kept.setdefault(run, {})
        ranked = kept.get(query)
        if ranked is None or len(ranked[0]) < count:
            ranked = kept[query] = _compared(run, [query], max(count, KEPT))[0]
        return ranked[0][:count], ranked[1][:count]


def look_ahead(run: RunView, queries: Iterable[int]) -> None:
    """Compare some entities together, so that `nearest` knows them: a hundred take little longer than one.

    Nothing happens where the first of them is known already.

    Args:
        run: the run.
        queries: entities in the order in which they will be asked for; as many are compared as memory allows.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    with _ONE_AT_A_TIME:
        kept = _kept.setdefault(run, {})
        queries = list(queries)
        if not queries or queries[0] in kept:
            return
        if len(kept) > _MOST_QUERIES:
            kept.clear()
        for side in (True, False):
            some = [query for query in queries if run.is_source(query) == side and query not in kept]
            some = some[: max(1, _MOST_SCORES // max(run.n_source, run.n - run.n_source))]
            kept.update(zip(some, _compared(run, some, KEPT), strict=True))


def _compared(run: RunView, queries: list[int], count: int) -> list[_Ranked]:
    """What `nearest` gives, of queries of one graph."""
    fused = run.reader.embedding("fused")
    if fused is None:
        raise RunFormatError(f"{run.run_id} has no embeddings yet, so nothing can be compared with this entity.")
    if not queries:
        return []
    first, last = (run.n_source, run.n) if run.is_source(queries[0]) else (0, run.n_source)
    own = fused[queries].astype(np.float32)
    blocks = [own @ fused[at : min(at + _BLOCK, last)].astype(np.float32).T for at in range(first, last, _BLOCK)]
    similarity = np.concatenate(blocks, axis=1)
    count = min(count, similarity.shape[1])
    places = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
    best = np.take_along_axis(similarity, places, axis=1)
    order = np.lexsort((places, -best), axis=1)  # of equals the first entity comes first
    return list(
        zip(first + np.take_along_axis(places, order, axis=1), np.take_along_axis(best, order, axis=1), strict=True)
    )
