"""The alignment of a run's data as it stands, and what of it somebody may see."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from app.alignment.services.tables import moment
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView, fingerprint
from app.store import ACCEPTED, AlignedPair, ReviewStore
from app.store.alignment_history import Happening

NOBODY = "(no counterpart)"
COLUMNS = ("source", "target", "state", "probability", "decided by", "when", "run", "accepted pairs", "why")


def current(store: ReviewStore, run: RunView, user: User, at: float = math.inf) -> list[AlignedPair]:
    """The alignment, or as it stood at a unix time; who rejected or contradicted is for admins and themselves."""
    pairs = _aligned(store, fingerprint(run), store.revision(), at)
    return pairs if user.role >= Role.ADMIN else [_for_others(one, user) for one in pairs]


@lru_cache(maxsize=4)
def _aligned(store: ReviewStore, data: str, _revision: tuple[int, int], at: float) -> list[AlignedPair]:
    return store.alignment(data, at)


def _for_others(one: AlignedPair, user: User) -> AlignedPair:
    if one.by != "person" or one.state in ACCEPTED:
        return one
    return replace(one, who=tuple(name for name in one.who if name == user.name), text="")


def history_for(happenings: Sequence[Happening], user: User) -> tuple[list[Happening], int]:
    """What somebody may see of a pair's history, and how many verdicts of others are left out."""
    if user.role >= Role.ADMIN:
        return list(happenings), 0
    seen = [one for one in happenings if one.who == user.name or one.batch]
    return seen, len(happenings) - len(seen)


def shown(run: RunView, pairs: Iterable[AlignedPair]) -> pd.DataFrame:
    """A row a pair for the screen, with `COLUMNS`: names where the run knows the entities, else their ids."""
    name_of = {
        "source": dict(zip(run.uris[: run.n_source], run.labels[: run.n_source], strict=True)),
        "target": dict(zip(run.uris[run.n_source :], run.labels[run.n_source :], strict=True)),
    }
    rows = [
        (
            str(name_of["source"].get(one.source, one.source)) or NOBODY,
            str(name_of["target"].get(one.target, one.target)) or NOBODY,
            one.state,
            one.probability,
            ", ".join(one.who),
            moment(one.time),
            one.run_id,
            one.counterparts,
            one.text,
        )
        for one in pairs
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"probability": float})


def query_of(run: RunView, one: AlignedPair) -> int | None:
    """The entity of a pair whose card Review can show: its source, else its target; None where the run has neither."""
    for first, last, uri in ((0, run.n_source, one.source), (run.n_source, run.n, one.target)):
        places = np.flatnonzero(run.uris[first:last] == uri)
        if len(places):
            return first + int(places[0])
    return None
