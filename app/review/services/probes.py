"""Gold probes: queries whose counterpart a seed link tells, so that an answer to them can be marked.

Half of them are shown without their counterpart, for somebody who confirms whatever comes first.
"""

from __future__ import annotations

import hashlib

import numpy as np

from app.review.services.queue import Ids
from app.shared.services.run_view import RunView
from app.store import Event
from pmf.errors import RunFormatError

_BLOCK = 4096  # candidates compared at a time: a whole graph as float32 would not fit the processor's cache


def withheld(run: RunView, query: int) -> bool:
    """Whether a probe's card leaves its counterpart out."""
    return hashlib.sha256(str(run.uris[query]).encode()).digest()[0] % 2 == 1


def partners(run: RunView, query: int) -> Ids:
    """Every entity that a link ties to another, `[p]`."""
    own, other = ("source", "target") if run.is_source(query) else ("target", "source")
    links = run.reader.links
    return links.loc[links[own].to_numpy() == query, other].to_numpy(np.int64)


def probe_candidates(run: RunView, query: int, count: int) -> Ids:
    """The entities of the other graph most similar to a probe, best first, less its counterpart where withheld."""
    candidates = nearest(run, query, count + 1 + len(partners(run, query)))
    return (candidates[~np.isin(candidates, partners(run, query))] if withheld(run, query) else candidates)[:count]


def nearest(run: RunView, query: int, count: int) -> Ids:
    """The entities of the other graph with the largest fused similarity to one, best first, `[count]`.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    fused = run.reader.embedding("fused")
    if fused is None:
        raise RunFormatError(f"{run.run_id} has no embeddings yet, so nothing can be compared with this entity.")
    first, last = (run.n_source, run.n) if run.is_source(query) else (0, run.n_source)
    own = fused[query].astype(np.float32)
    blocks = (fused[at : min(at + _BLOCK, last)].astype(np.float32) @ own for at in range(first, last, _BLOCK))
    return first + np.argsort(-np.concatenate(list(blocks)), kind="stable")[:count]


def right(run: RunView, query: int, event: Event) -> bool | None:
    """Whether an answer to a probe agrees with the seed link; None where it says nothing about it.

    "None of them has a counterpart" is right where the counterpart was withheld, because only what is shown can be
    looked at.
    """
    counterparts = set(run.uris[partners(run, query)])
    if event.verdict == "match":
        return event.other in counterparts
    if event.verdict == "not":
        return event.other not in counterparts
    return not counterparts & set(event.candidates) if event.verdict == "none" else None
