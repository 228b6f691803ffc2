"""An annotator as a process of its own: `python -m tests.app.store.writer URL NAME DATA MODE COUNT`.

own    COUNT verdicts on queries that nobody else asks about
same   COUNT verdicts on one query, in the name that others use too: on a stale version, look again and try again
queue  verdicts on a queue of COUNT queries that all annotators share, until it is empty; two are to judge each

Each verdict that is saved is told on stdout, at once: its event_id, and how long saving took in milliseconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from app.store import Event, ReviewStore, StaleEventError, open_store
from tests.app.store.events import new_event


def save(store: ReviewStore, event: Event) -> None:
    start = time.perf_counter()
    store.append(event)
    took = round(1000 * (time.perf_counter() - start), 3)
    print(event.event_id, took, flush=True)  # noqa: T201 - what the tests read


def own(store: ReviewStore, name: str, data: str, count: int) -> None:
    done = {event.query for event in store.events(data, name)}  # where it stopped, when it was killed
    for query in (f"http://s.example/{name}/{i}" for i in range(count)):
        if query not in done:
            save(store, new_event(query, annotator=name, fingerprint=data))


def same(store: ReviewStore, _name: str, data: str, count: int) -> None:
    for _ in range(count):
        while True:
            version = 1 + store.version(data, "Ann", "source", "http://s.example/a")
            try:
                save(store, new_event(version=version, fingerprint=data))
                break
            except StaleEventError:
                continue


def queue(store: ReviewStore, name: str, data: str, count: int) -> None:
    queries = [("source", f"http://s.example/{i}") for i in range(count)]
    while claimed := store.claim(data, name, queries, overlap=2):
        save(store, new_event(claimed[1], annotator=name, fingerprint=data))


MODES: dict[str, Callable[[ReviewStore, str, str, int], None]] = {"own": own, "same": same, "queue": queue}

if __name__ == "__main__":
    url, name, data, mode, count = sys.argv[1:]
    MODES[mode](open_store(url), name, data, int(count))
