"""The verdicts somebody gave: found again, taken back or changed, one or many; and verdicts on many pairs at once.

Many verdicts that are given together have one card id in common, so that they are taken back together.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.review.services.consensus import ids
from app.review.services.desk import fingerprint, key
from app.review.services.queue import Ids, ReviewFilter, margins, ordered, ranked
from app.review.services.verdicts import undo_events
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import BULK, Key, opposite
from pmf.errors import ConfigError

COLUMNS = ("when", "source", "verdict", "target", "place", "how", "reason", "seconds")
OUTSIDE = "outside the candidates"
CHANGES = ("match", "not", "unsure", "flag")


def mine(user: User, store: ReviewStore, run: RunView) -> list[Event]:
    """The user's verdicts that stand, newest first."""
    return store.current(fingerprint(run), user.name)[::-1]


def listed(run: RunView, events: Sequence[Event]) -> pd.DataFrame:
    """A row an event, with `COLUMNS`; names where this run knows the entity, else uris.

    What brought a card is left out, or a probe would be told.
    """
    return pd.DataFrame([_row(run, event) for event in events], columns=list(COLUMNS))


def matching(table: pd.DataFrame, text: str, verdicts: Iterable[str]) -> list[int]:
    """Places of the rows that hold a text in names or reason, and one of some verdicts; none named means any."""
    wanted, chosen = text.strip().casefold(), set(verdicts)
    holds = np.ones(len(table), bool)
    if wanted and len(table):
        parts = [table[name].astype(str).str.casefold().str.contains(wanted, regex=False) for name in _SEARCHED]
        holds = np.logical_or.reduce(parts)
    if chosen:
        holds &= table["verdict"].isin(chosen).to_numpy()
    return np.flatnonzero(holds).tolist()


def take_back_many(user: User, store: ReviewStore, run: RunView, events: Sequence[Event]) -> int:
    """Take verdicts of the user's back, all of them or none; returns how many.

    Raises:
        NotAllowedError: the user is no annotator.
        StaleEventError: one of them was taken back elsewhere.
    """
    require(user, Role.ANNOTATOR, "take verdicts back")
    own = [event for event in events if event.annotator == user.name]
    store.append(*undo_events(store, run, own, uuid.uuid4().hex))
    return len(own)


def change_many(user: User, store: ReviewStore, run: RunView, events: Sequence[Event], verdict: str) -> int:
    """Give other verdicts on the same pairs; returns how many.

    Those on no pair, "no counterpart", stay as they are where the new verdict needs one.

    Raises:
        NotAllowedError: the user is no annotator.
        ConfigError: there is no such verdict to change to.
    """
    require(user, Role.ANNOTATOR, "give verdicts")
    if verdict not in CHANGES:
        raise ConfigError(f"Verdicts can be changed to {', '.join(CHANGES)}.")
    pairs = [
        ((event.side, event.query), event.other)
        for event in events
        if event.annotator == user.name and (event.other or verdict not in ("match", "not"))
    ]
    return len(_save(user, store, run, pairs, verdict))


def sure(run: RunView, wanted: ReviewFilter, margin: float, judged: set[Key]) -> Ids:
    """Queries of a filter that were not judged and lead their second candidate by a margin, the least sure first.

    Args:
        run: the run under review.
        wanted: the filter.
        margin: the first candidate's score minus the second's has to be at least this.
        judged: what is left out.
    """
    whole = ranked(run, wanted.direction)
    kept = ordered(run, wanted)
    kept = kept[np.isin(kept, whole.index.to_numpy())]
    table = whole.loc[kept]
    lead = margins(table)
    chosen = np.flatnonzero((lead >= margin) & np.isfinite(lead))
    chosen = chosen[np.argsort(lead[chosen], kind="stable")]
    return np.array([query for query in kept[chosen].tolist() if key(run, query) not in judged], np.int64)


def accept_many(user: User, store: ReviewStore, run: RunView, queries: Ids) -> int:
    """Confirm the first candidate of many queries; returns how many.

    Raises:
        NotAllowedError: the user is no annotator.
    """
    require(user, Role.ANNOTATOR, "give verdicts")
    pairs = [(key(run, query), str(run.uris[run.best[query]])) for query in queries.tolist()]
    return len(_save(user, store, run, pairs, "match"))


def batches(user: User, store: ReviewStore, run: RunView) -> list[list[Event]]:
    """The user's verdicts that were given many at once and stand, by batch, newest first."""
    by_card: dict[str, list[Event]] = {}
    for event in mine(user, store, run):
        if event.order == BULK:
            by_card.setdefault(event.card, []).append(event)
    return list(by_card.values())


def _save(user: User, store: ReviewStore, run: RunView, pairs: Sequence[tuple[Key, str]], verdict: str) -> list[Event]:
    before = Counter((event.side, event.query) for event in store.events(fingerprint(run), user.name))
    card = uuid.uuid4().hex
    events = [
        Event(
            event_id=uuid.uuid4().hex,
            kind="verdict",
            fingerprint=fingerprint(run),
            run_id=run.run_id,
            annotator=user.name,
            side=side,
            query=query,
            other=other,
            verdict=verdict,
            version=before[side, query] + 1,
            candidates=(other,) if other else (),
            order=BULK,
            card=card,
        )
        for (side, query), other in pairs
    ]
    store.append(*events)
    return events


_SEARCHED = ("source", "target", "reason")


def _row(run: RunView, event: Event) -> tuple[Any, ...]:
    query = _name(run, event.side, event.query)
    other = _name(run, opposite(event.side), event.other) if event.other else ""
    source, target = (query, other) if event.side == "source" else (other, query)
    when = datetime.datetime.fromtimestamp(event.time, datetime.UTC)
    how = "many at once" if event.order == BULK else "decided" if event.kind == "adjudication" else event.kind
    how += "" if event.fingerprint == fingerprint(run) else ", on earlier data"
    return when, source, event.verdict, target, place(event), how, event.reason, round(event.seconds, 1)


def place(event: Event) -> str:
    """Where on the card the judged entity stood."""
    if not event.other or event.order == BULK:
        return ""
    return str(event.candidates.index(event.other) + 1) if event.other in event.candidates else OUTSIDE


def _name(run: RunView, side: str, uri: str) -> str:
    entity = ids(run).get((side, uri))
    return uri if entity is None else str(run.labels[entity])
