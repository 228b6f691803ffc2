"""Adding events: each once, each on top of everything its annotator had done to that query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from app.store.event import Event, StaleEventError
from app.store.schema import EVENTS, event_of, row_of

AT_ONCE = 1000
Item = TypeVar("Item")
Query = tuple[str, str, str, str]  # fingerprint, annotator, side, query


def append(connection: sa.Connection, events: Sequence[Event]) -> int:
    """Add what is not there yet, in a write transaction; returns how many were added.

    Raises:
        StaleEventError: an event does not fit on top of what is there.
    """
    stored = _named(connection, {name for event in events for name in (event.event_id, event.undoes) if name})
    undone = _undone(connection, {event.undoes for event in events if event.undoes})
    versions = _versions(connection, {_query(event) for event in events})
    fresh = []
    for event in events:
        if event.event_id in stored:
            _check_same(event, stored[event.event_id])
            continue
        _check_version(event, versions[_query(event)])
        if event.kind == "undo":
            _check_undo(event, stored.get(event.undoes), undone)
        stored[event.event_id] = event
        undone.add(event.undoes)
        versions[_query(event)] += 1
        fresh.append(row_of(event))
    if fresh:
        connection.execute(sa.insert(EVENTS), fresh)
    return len(fresh)


def _check_same(event: Event, saved: Event) -> None:
    if not event.says_the_same(saved):
        was = saved.verdict or saved.kind
        raise StaleEventError(f"this card was already answered, with “{was}”: the other answer was not saved", event)


def _check_version(event: Event, saved: int) -> None:
    if event.version != saved + 1:
        message = f"{event.annotator} judged this entity elsewhere since the card was shown: load it anew"
        if event.version > saved:
            message = f"events before this one are missing: {event.query} has {saved}, this is number {event.version}"
        raise StaleEventError(message, event)


def _check_undo(event: Event, target: Event | None, undone: Collection[str]) -> None:
    if target is None or target.kind == "undo" or _query(target) != _query(event):
        raise StaleEventError("there is no such verdict of this annotator to take back", event)
    if event.undoes in undone:
        raise StaleEventError("this verdict was already taken back", event)


def _query(event: Event) -> Query:
    return event.fingerprint, event.annotator, event.side, event.query


def portions(values: Collection[Item]) -> Iterator[list[Item]]:
    """Values by `AT_ONCE`, since both databases have a limit of what one question may hold."""
    ordered = list(values)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def _named(connection: sa.Connection, ids: Collection[str]) -> dict[str, Event]:
    """Those events that are there, by id."""
    stored = {}
    for portion in portions(ids):
        rows = connection.execute(sa.select(EVENTS).where(EVENTS.c.event_id.in_(portion))).mappings()
        stored.update({row["event_id"]: event_of(row) for row in rows})
    return stored


def _undone(connection: sa.Connection, ids: Collection[str]) -> set[str]:
    """Those ids whose events were taken back."""
    undone: set[str] = set()
    for portion in portions(ids):
        undone.update(connection.execute(sa.select(EVENTS.c.undoes).where(EVENTS.c.undoes.in_(portion))).scalars())
    return undone


def _versions(connection: sa.Connection, queries: Collection[Query]) -> Counter[Query]:
    """How many events each query of an annotator has."""
    c = EVENTS.c
    of_query = (c.fingerprint, c.annotator, c.side, c.query)
    versions: Counter[Query] = Counter()
    for portion in portions(queries):
        counted = sa.select(*of_query, sa.func.count()).where(sa.tuple_(*of_query).in_(portion)).group_by(*of_query)
        versions.update({(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(counted)})
    return versions
