"""Leases: who is looking at which query, so that two annotators are not handed the same one.

A lease is state, not history: it is overwritten, and it expires by itself when a tab is closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from app.store import reading
from app.store.schema import LEASES

LEASE_SECONDS = 600
Query = tuple[str, str]  # side, uri


def claim(
    connection: sa.Connection,
    fingerprint: str,
    annotator: str,
    queries: Sequence[Query],
    count: int,
    overlap: int,
    now: float,
) -> list[Query]:
    """Lease the first queries that the annotator has not judged and that fewer than `overlap` others judged or hold.

    Args:
        connection: in a write transaction.
        fingerprint: of the data set.
        annotator: who asks; what they hold already counts as free for them.
        queries: in the order of the queue.
        count: how many, at most.
        overlap: how many annotators are to judge each query.
        now: unix time, in seconds.
    """
    connection.execute(sa.delete(LEASES).where(LEASES.c.expires <= now))
    c = LEASES.c
    leased = connection.execute(sa.select(c.side, c.query, c.annotator).where(c.fingerprint == fingerprint))
    judged = reading.judged(connection, fingerprint)
    taken: dict[Query, set[str]] = defaultdict(set)
    for side, query, who in (*judged, *leased):
        taken[side, query].add(who)
    own = {(side, query) for side, query, who in judged if who == annotator}
    free = (query for query in dict.fromkeys(queries) if query not in own and len(taken[query] - {annotator}) < overlap)
    claimed = [query for query, _ in zip(free, range(count), strict=False)]
    _lease(connection, fingerprint, annotator, claimed, now)
    return claimed


def renew(
    connection: sa.Connection, fingerprint: str, annotator: str, queries: Sequence[Query], now: float
) -> list[Query]:
    """Lease again those queries whose lease the annotator still has."""
    c = LEASES.c
    own = sa.select(c.side, c.query).where(c.fingerprint == fingerprint, c.annotator == annotator, c.expires > now)
    held = {(side, query) for side, query in connection.execute(own)}
    kept = [query for query in queries if query in held]
    _lease(connection, fingerprint, annotator, kept, now)
    return kept


def release(connection: sa.Connection, fingerprint: str, annotator: str, queries: Sequence[Query] | None) -> None:
    """Let go of queries, or of all that the annotator holds."""
    c = LEASES.c
    own = sa.delete(LEASES).where(c.fingerprint == fingerprint, c.annotator == annotator)
    if queries is not None:
        own = own.where(sa.tuple_(c.side, c.query).in_(queries))
    connection.execute(own)


def _lease(connection: sa.Connection, fingerprint: str, annotator: str, queries: Sequence[Query], now: float) -> None:
    if not queries:
        return
    release(connection, fingerprint, annotator, queries)
    same = {"fingerprint": fingerprint, "annotator": annotator, "expires": now + LEASE_SECONDS}
    connection.execute(sa.insert(LEASES), [{**same, "side": side, "query": query} for side, query in queries])
