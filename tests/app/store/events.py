"""Events for the tests of the review store, and a way past it into its database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from app.store import Event

DATA = "f" * 64
A, B, C = (f"http://s.example/{name}" for name in "abc")


def new_event(query: str = A, verdict: str = "match", version: int = 1, **fields: Any) -> Event:
    """An event of Ann's with a fresh id."""
    usual: dict[str, Any] = {
        "event_id": uuid.uuid4().hex,
        "kind": "verdict",
        "fingerprint": DATA,
        "run_id": "run",
        "annotator": "Ann",
        "side": "source",
        "query": query,
        "other": "" if verdict == "none" else query.replace("s.example", "t.example"),
        "verdict": verdict,
        "version": version,
    }
    return Event(**{**usual, **fields})


def undo(event: Event, version: int) -> Event:
    """What takes an event back."""
    same = {name: getattr(event, name) for name in ("fingerprint", "run_id", "annotator", "side", "other")}
    return new_event(event.query, "", version, kind="undo", undoes=event.event_id, **same)


@contextmanager
def raw(url: str) -> Iterator[sa.Connection]:
    """A connection past the store, committed at the end."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
