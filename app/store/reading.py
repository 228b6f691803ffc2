"""What events there are, and which verdicts stand."""

from __future__ import annotations

import sqlalchemy as sa

from app.store.event import Event
from app.store.schema import CURRENT, EVENTS, event_of

_UNDO = EVENTS.alias()
_NOT_UNDONE = ~sa.exists().where(_UNDO.c.undoes == EVENTS.c.event_id)


def _select(connection: sa.Connection, table: sa.Table, fingerprint: str, annotator: str | None) -> list[Event]:
    query = sa.select(table).where(table.c.fingerprint == fingerprint).order_by(table.c.seq)
    if annotator is not None:
        query = query.where(table.c.annotator == annotator)
    return [event_of(row) for row in connection.execute(query).mappings()]


def events(connection: sa.Connection, fingerprint: str, annotator: str | None) -> list[Event]:
    """Everything that happened on a data set, oldest first."""
    return _select(connection, EVENTS, fingerprint, annotator)


def every_event(connection: sa.Connection) -> list[Event]:
    """Everything that happened on any data set, oldest first."""
    return [event_of(row) for row in connection.execute(sa.select(EVENTS).order_by(EVENTS.c.seq)).mappings()]


def current(connection: sa.Connection, fingerprint: str, annotator: str | None) -> list[Event]:
    """Per annotator and query the last verdict that was not undone, oldest first."""
    return _select(connection, CURRENT, fingerprint, annotator)


def judged(connection: sa.Connection, fingerprint: str) -> list[tuple[str, str, str]]:
    """(side, query, annotator) of every verdict that was not undone, in any order, some of them more than once."""
    c = EVENTS.c
    query = sa.select(c.side, c.query, c.annotator).where(c.fingerprint == fingerprint, c.kind != "undo", _NOT_UNDONE)
    return [(side, uri, annotator) for side, uri, annotator in connection.execute(query)]


def last(connection: sa.Connection, fingerprint: str, annotator: str) -> Event | None:
    """The annotator's latest verdict that was not undone."""
    query = (
        sa.select(EVENTS)
        .where(EVENTS.c.fingerprint == fingerprint, EVENTS.c.annotator == annotator)
        .where(EVENTS.c.kind.in_(("verdict", "adjudication")))
        .where(_NOT_UNDONE)
        .order_by(EVENTS.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return event_of(row) if row else None


def version(connection: sa.Connection, fingerprint: str, annotator: str, side: str, query: str) -> int:
    """How many events the annotator has on a query."""
    c = EVENTS.c
    on_query = (c.fingerprint == fingerprint, c.annotator == annotator, c.side == side, c.query == query)
    return connection.execute(sa.select(sa.func.count()).select_from(EVENTS).where(*on_query)).scalar_one()
