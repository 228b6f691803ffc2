"""What events there are, and which verdicts stand."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.store.alignment_entries import lineage
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
    """Per annotator and query the last verdict that was not undone, oldest first.

    Of data and the older ones that they follow, the newest in which somebody judged a query counts.
    """
    latest: dict[tuple[str, str, str], Event] = {}
    for data in lineage(connection, fingerprint):
        for event in _select(connection, CURRENT, data, annotator):
            key = event.annotator, event.side, event.query
            latest.pop(key, None)  # so that the order is that of what counts
            latest[key] = event
    return list(latest.values())


def judged(connection: sa.Connection, fingerprint: str) -> list[tuple[str, str, str]]:
    """(side, query, annotator) of every verdict that was not undone, in any order, some of them more than once.

    Those on older data that these follow are among them.
    """
    c = EVENTS.c
    these = c.fingerprint.in_(lineage(connection, fingerprint))
    query = sa.select(c.side, c.query, c.annotator).where(these, c.kind != "undo", _NOT_UNDONE)
    return [(side, uri, annotator) for side, uri, annotator in connection.execute(query)]


def judged_by(connection: sa.Connection, fingerprint: str, annotator: str) -> set[tuple[str, str]]:
    """(side, query) of every verdict of an annotator that was not undone, also on older data that these follow."""
    c = EVENTS.c
    own = (c.fingerprint.in_(lineage(connection, fingerprint)), c.annotator == annotator, c.kind != "undo", _NOT_UNDONE)
    return {(side, query) for side, query in connection.execute(sa.select(c.side, c.query).where(*own))}


def latest(
    connection: sa.Connection, fingerprint: str, annotator: str, count: int, before: str | None, besides: Sequence[str]
) -> list[Event]:
    """The annotator's latest verdicts that were not undone, newest first, imports and some orders left out."""
    c = EVENTS.c
    query = (
        sa.select(EVENTS)
        .where(c.fingerprint == fingerprint, c.annotator == annotator, c.order.not_in(besides))
        .where(c.kind.in_(("verdict", "adjudication")), _NOT_UNDONE)
        .order_by(c.seq.desc())
        .limit(count)
    )
    if before is not None:
        query = query.where(c.seq < sa.select(c.seq).where(c.event_id == before).scalar_subquery())
    return [event_of(row) for row in connection.execute(query).mappings()]


def find(connection: sa.Connection, event_id: str) -> Event | None:
    """The event of an id."""
    row = connection.execute(sa.select(EVENTS).where(EVENTS.c.event_id == event_id)).mappings().first()
    return event_of(row) if row else None


def on_query(connection: sa.Connection, fingerprint: str, annotator: str, side: str, query: str) -> list[Event]:
    """Everything that an annotator did to a query, oldest first."""
    c = EVENTS.c
    same = (c.fingerprint == fingerprint, c.annotator == annotator, c.side == side, c.query == query)
    rows = connection.execute(sa.select(EVENTS).where(*same).order_by(c.version)).mappings()
    return [event_of(row) for row in rows]


def standing_of_card(connection: sa.Connection, annotator: str, card: str) -> list[Event]:
    """The verdicts that an annotator gave on a card and that stand, oldest first."""
    c = EVENTS.c
    same = (c.card == card, c.annotator == annotator, c.kind != "undo", _NOT_UNDONE)
    return [event_of(row) for row in connection.execute(sa.select(EVENTS).where(*same).order_by(c.seq)).mappings()]


def version(connection: sa.Connection, fingerprint: str, annotator: str, side: str, query: str) -> int:
    """How many events the annotator has on a query."""
    c = EVENTS.c
    on_query = (c.fingerprint == fingerprint, c.annotator == annotator, c.side == side, c.query == query)
    return connection.execute(sa.select(sa.func.count()).select_from(EVENTS).where(*on_query)).scalar_one()
