"""The entities of the other graph that are most similar to one, ranked by no decoding."""

from __future__ import annotations

from threading import Lock

import numpy as np
import numpy.typing as npt

from app.shared.services.run_view import Ids, RunView
from pmf.errors import RunFormatError

_ONE_AT_A_TIME = Lock()  # each takes all cores for a moment; several at once wait for each other much longer than that
_BLOCK = 4096  # candidates compared at a time: a whole graph as float32 would not fit the processor's cache


def nearest(run: RunView, query: int, count: int) -> tuple[Ids, npt.NDArray[np.float32]]:
    """The entities of the other graph with the largest fused similarity to one, best first, and it, `[count]` each.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    fused = run.reader.embedding("fused")
    if fused is None:
        raise RunFormatError(f"{run.run_id} has no embeddings yet, so nothing can be compared with this entity.")
    first, last = (run.n_source, run.n) if run.is_source(query) else (0, run.n_source)
    own = fused[query].astype(np.float32)
    with _ONE_AT_A_TIME:
        blocks = [fused[at : min(at + _BLOCK, last)].astype(np.float32) @ own for at in range(first, last, _BLOCK)]
    similarity = np.concatenate(blocks)
    order = np.argsort(-similarity, kind="stable")[:count]
    return first + order, similarity[order]
