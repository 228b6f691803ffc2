"""Gold probes: queries whose counterpart a seed link tells, so that an answer to them can be marked.

Half of them are shown without their counterpart, for somebody who confirms whatever comes first.
"""

from __future__ import annotations

import hashlib

import numpy as np

from app.review.services.queue import Ids
from app.shared.services.nearest import nearest
from app.shared.services.run_view import RunView
from app.store import Event


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
    candidates, _ = nearest(run, query, count + 1 + len(partners(run, query)))
    return (candidates[~np.isin(candidates, partners(run, query))] if withheld(run, query) else candidates)[:count]


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
