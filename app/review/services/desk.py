"""An annotator's desk: what is done, and what is handed out next so that no two people are given one card."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import islice

from app.review.services.queue import Queue
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.shared.services.run_view import fingerprint as fingerprint
from app.store import Event, ReviewStore
from app.store.consensus import PROBE, Key

WINDOW = 500  # queries offered to the store at a time: seldom are more of them done or with others


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A place in a queue: the query id, its key, and what brought it."""

    query: int
    key: Key
    order: str


def key(run: RunView, entity: int) -> Key:
    """How the store names an entity."""
    return "source" if run.is_source(entity) else "target", str(run.uris[entity])


def judged(user: User, store: ReviewStore, run: RunView) -> set[Key]:
    """Every query that the user has a verdict on: where they stopped."""
    return {(event.side, event.query) for event in store.current(fingerprint(run), user.name)}


def upcoming(
    user: User, store: ReviewStore, run: RunView, queue: Queue, done: Set[Key], *, overlap: int = 1, count: int = 4
) -> list[Item]:
    """The next cards of a queue, leased to the user for ten minutes; fewer where no more are left.

    A probe is no one's alone, so it is not leased; it comes after the card that stands before it in the queue, and
    only to whom that card came.

    Args:
        user: who asks.
        store: the review store.
        run: the run under review.
        queue: see `app.review.services.queue`.
        done: see `judged`.
        overlap: how many annotators are to judge each query.
        count: cards wanted.
    """
    dealt: list[Item] = []
    mine = True
    items = _items(run, queue)
    while len(dealt) < count and (window := list(islice(items, WINDOW))):
        wanted = [item.key for item in window if item.order != PROBE and item.key not in done]
        held = set(wanted)  # a viewer only looks: no card is kept from others for that
        if wanted and user.role >= Role.ANNOTATOR:
            held = set(store.claim_many(fingerprint(run), user.name, wanted, count - len(dealt), overlap))
        for item in window:
            if item.order != PROBE:
                mine = item.key in done or item.key in held
            if mine and item.key not in done:
                dealt.append(item)
    return dealt[:count]


def _items(run: RunView, queue: Queue) -> Iterator[Item]:
    for query, order in zip(queue.queries.tolist(), queue.orders, strict=True):
        yield Item(query=query, key=key(run, query), order=order)


def let_go(user: User, store: ReviewStore, run: RunView) -> None:
    """Give back all that the user holds, for others to take."""
    store.release(fingerprint(run), user.name)


def others(user: User, store: ReviewStore, run: RunView) -> dict[Key, list[Event]]:
    """The current verdicts of everybody else, by query."""
    by_query: dict[Key, list[Event]] = {}
    for event in store.current(fingerprint(run)):
        if event.annotator != user.name:
            by_query.setdefault((event.side, event.query), []).append(event)
    return by_query
