"""The schema's versions, and databases that are none of ours."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store import ReviewStore, StoreError, migrations, open_store
from tests.app.store.events import DATA, A, new_event, raw

TABLES = {"alignment", "deals", "events", "leases", "schema_version", "slices"}
NEWEST = len(migrations.MIGRATIONS)


def later_step(_dialect: str) -> tuple[str, ...]:
    """A step as a later release might bring it."""
    return ("CREATE TABLE notes (note TEXT NOT NULL)", 'CREATE INDEX events_by_order ON events ("order")')


def broken(_dialect: str) -> tuple[str, ...]:
    return ("CREATE TABLE notes (note TEXT NOT NULL)", "CREATE TABLE events (a INTEGER)")


def versions(url: str) -> list[int]:
    with raw(url) as connection:
        return list(connection.exec_driver_sql("SELECT version FROM schema_version ORDER BY version").scalars())


def tables(url: str) -> set[str]:
    with raw(url) as connection:
        return {name for name in sa.inspect(connection).get_table_names() if not name.startswith("sqlite_")}


def test_a_store_keeps_its_version(store: ReviewStore, url: str) -> None:
    open_store(url).close()
    assert versions(url) == [*range(1, NEWEST + 1)]
    assert tables(url) == TABLES


def test_a_filled_store_gets_a_later_step(store: ReviewStore, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event = new_event()
    store.append(event)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, later_step))
    later = open_store(url)
    assert versions(url) == [*range(1, NEWEST + 2)]
    assert tables(url) == TABLES | {"notes"}
    assert later.events(DATA) == [event]
    later.close()


@pytest.mark.parametrize("filled", [False, True])
def test_a_step_that_fails_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch, filled: bool) -> None:
    event = new_event()
    if filled:
        store = open_store(url)
        store.append(event)
        store.close()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken))
        with pytest.raises(StoreError, match=r"the review store cannot be written: .*events.* already exists"):
            open_store(url)
    assert tables(url) == (TABLES if filled else set())
    after = open_store(url)
    assert versions(url) == [*range(1, NEWEST + 1)]
    assert after.events(DATA) == ([event] if filled else [])
    after.close()


def test_a_newer_store_is_refused(store: ReviewStore, url: str) -> None:
    with raw(url) as connection:
        connection.exec_driver_sql(f"INSERT INTO schema_version VALUES ({NEWEST + 1}, 0.0)")
    with pytest.raises(
        StoreError,
        match=rf"a newer PMF Explorer wrote this review store \(schema {NEWEST + 1}, this one reads {NEWEST}\)",
    ):
        open_store(url)


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "sqlite:///:memory:", "reviews.sqlite", ""])
def test_other_places_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_REVIEWS", "nonsense")
    with pytest.raises(StoreError):
        open_store(url)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 500)
    for path in (tmp_path / "text", tmp_path / "nowhere" / "reviews.sqlite", tmp_path):
        with pytest.raises(StoreError, match="the review store cannot be written: "):
            open_store(f"sqlite:///{path}")
    assert (tmp_path / "text").read_text() == "no database " * 500


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'reviews.sqlite'}")
    with store._database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    saved = 0
    with pytest.raises(StoreError, match="cannot be written: database or disk is full"):  # noqa: PT012
        for i in range(1000):
            store.append(new_event(f"{A}{i}", reason="long " * 100))
            saved += 1
    assert 0 < saved == len(store.events(DATA))
    store.close()


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'reviews.sqlite'}")
    with store._database.write() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")]
        with closing(sqlite3.connect(tmp_path / "reviews.sqlite", timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            assert other.execute("SELECT count(*) FROM events").fetchone() == (0,)  # readers never wait
    assert found == ["wal", 2]
    store.close()


def test_without_the_driver_of_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'psycopg\[binary\]'"):
        open_store("postgresql://host/name")
