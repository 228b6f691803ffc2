"""The alignment, the history of a pair and differences between two times as tables."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import pandas as pd

from app.store import AlignedPair
from app.store.alignment_history import Happening

COLUMNS = (*("id", "source", "target", "state", "probability", "by", "who", "when", "run", "counterparts", "text"),)
DIFF_COLUMNS = ("id", "source", "target", "before", "after", "by", "who", "when", "text")
_LATEST = 253_402_300_799  # the last second of the year 9999
HISTORY_COLUMNS = ("when", "what", "who", "run", "probability", "text", "stands", "id", "batch")


def alignment_table(pairs: Iterable[AlignedPair]) -> pd.DataFrame:
    """A row a pair, with `COLUMNS`; times in UTC."""
    rows = [
        (
            one.id,
            one.source,
            one.target,
            one.state,
            one.probability,
            one.by,
            "|".join(one.who),
            moment(one.time),
            one.run_id,
            one.counterparts,
            one.text,
        )
        for one in pairs
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"probability": float})


def diff_table(changes: Iterable[tuple[AlignedPair | None, AlignedPair]]) -> pd.DataFrame:
    """A row a pair whose state changed, with `DIFF_COLUMNS`; "" where it was, or is, no part of the alignment."""
    rows = [
        (
            new.id,
            new.source,
            new.target,
            old.state if old else "",
            new.state,
            new.by,
            "|".join(new.who),
            moment(new.time) if new.state else None,
            new.text,
        )
        for old, new in changes
    ]
    return pd.DataFrame(rows, columns=list(DIFF_COLUMNS))


def history_table(happenings: Iterable[Happening]) -> pd.DataFrame:
    """A row a thing that was said of a pair, oldest first, with `HISTORY_COLUMNS`."""
    rows = [
        (moment(one.time), one.what, one.who, one.run_id, one.probability, one.text, one.stands, one.id, one.batch)
        for one in happenings
    ]
    return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS)).astype({"probability": float})


def moment(time: float) -> datetime.datetime:
    """A unix time, in UTC and whole seconds; one that no calendar has becomes the nearest that it has."""
    return datetime.datetime.fromtimestamp(min(max(round(time), 0), _LATEST), datetime.UTC)
