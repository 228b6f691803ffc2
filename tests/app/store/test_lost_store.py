"""Saved means saved: a store that is taken away, replaced, or stands still says so in a sentence, soon."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from app.store import ReviewStore, open_store
from app.store.event import UnavailableError
from tests.app.store.conftest import Postgres
from tests.app.store.events import new_event


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reviews.sqlite"


def saved(file: Path, fingerprint: str) -> int:
    """What somebody who opens the file now finds."""
    again = open_store(f"sqlite:///{file}")
    try:
        return len(again.events(fingerprint))
    finally:
        again.close()


def test_a_file_that_is_removed_takes_no_verdicts(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    first, second = new_event(query="a"), new_event(query="b")
    store.append(first)
    away = file.with_name("away.sqlite")
    file.rename(away)
    for ask in (lambda: store.append(second), lambda: store.events(first.fingerprint)):
        with pytest.raises(UnavailableError, match="removed, and nothing is saved until it is back"):
            ask()
    assert not file.exists()
    away.rename(file)
    store.append(second)
    store.close()
    assert saved(file, first.fingerprint) == 2


def test_a_file_that_is_replaced_is_the_one_that_is_written(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    first, second, third = (new_event(query=name) for name in "abc")
    store.append(first)
    backup = file.with_name("backup.sqlite")
    with_first = open_store(f"sqlite:///{backup}")
    with_first.append(first)
    with_first.close()
    store.append(second)
    backup.replace(file)
    assert [event.query for event in store.events(first.fingerprint)] == ["a"]
    store.append(third)
    store.close()
    assert saved(file, first.fingerprint) == 2


def test_a_file_replaced_during_a_commit_is_not_called_saved(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(f"sqlite:///{file}")

    from app.store import writing

    append = writing.append

    def meanwhile(connection: object, events: object) -> None:
        append(connection, events)  # type: ignore[arg-type]
        shutil.copy(file, file.with_name("copy"))
        file.with_name("copy").replace(file)

    monkeypatch.setattr(writing, "append", meanwhile)
    with pytest.raises(UnavailableError, match="removed or replaced while it was written"):
        store.append(new_event(query="a"))
    store.close()


def test_a_server_that_stands_still_is_a_sentence(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.patience.ANSWER_SECONDS", 4)
    store = open_store(postgres.new_database())
    event = new_event(query="a")
    store.append(event)
    stop(postgres, signal.SIGSTOP)
    try:
        for patience in (25.0, 1.0, 1.0):  # a page asks more than once: only the first waits
            began = time.monotonic()
            with pytest.raises(UnavailableError, match="the review store cannot be read"):
                store.events(event.fingerprint)
            assert time.monotonic() - began < patience
    finally:
        stop(postgres, signal.SIGCONT)
    deadline = time.monotonic() + 30
    while True:
        try:
            assert len(store.events(event.fingerprint)) == 1
            break
        except UnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    store.append(new_event(query="b"))
    assert isinstance(store, ReviewStore)
    store.close()


def stop(postgres: Postgres, sign: signal.Signals) -> None:
    """Send a signal to the server and every process of it."""
    server = postgres._server.pid
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    for process in (server, *map(int, children)):
        os.kill(process, sign)
