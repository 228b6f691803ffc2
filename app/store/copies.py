"""Everything out of the store into a file, and back in: events, and the entries of slices and alignment."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.store import alignment_entries, reading, slices, writing
from app.store.alignment_entries import ENTRIES, AlignmentEntry
from app.store.database import Database
from app.store.event import Event, StaleEventError, StoreError, parse
from app.store.schema import EVENTS
from app.store.slices import SLICES, SliceEntry
from pmf.errors import DataFormatError
from pmf.files import replace_file

SQLITE = b"SQLite format 3\0"
Record = Event | SliceEntry | AlignmentEntry


def backup(database: Database, path: Path) -> None:
    """Copy all events, as of one moment, into a new file: SQLite of SQLite, JSONL of PostgreSQL."""
    if database.dialect != "sqlite":
        write_jsonl(database, path)
        return

    def copy(temporary: Path) -> None:
        with database.read() as connection, contextlib.closing(sqlite3.connect(temporary)) as target:
            source: Any = connection.connection.driver_connection
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, whole by itself

    _create(path, copy)


def write_jsonl(database: Database, path: Path) -> int:
    """Write all events into a new file, a line each, oldest first, then the other entries; returns how many."""
    with database.read() as connection:
        records = _everything(connection)
    lines = "".join(record.to_json() + "\n" for record in records)
    _create(path, lambda temporary: temporary.write_bytes(lines.encode()))
    return len(records)


def restore(database: Database, path: Path) -> int:
    """Fill an empty store from a backup or a JSONL file, all of it or nothing; returns the number of events."""
    return _add(database, path, only_if_empty=True)


def replay(database: Database, path: Path) -> int:
    """Add the events of a JSONL file that are not here yet, all or nothing; returns their number."""
    return _add(database, path, only_if_empty=False)


def _add(database: Database, path: Path, *, only_if_empty: bool) -> int:
    records = read(path)
    with database.write() as connection:
        filled = sa.select(sa.or_(*map(sa.exists, (EVENTS, SLICES, ENTRIES))))
        if only_if_empty and connection.execute(filled).scalar():
            raise StoreError("the review store is not empty: restore into an empty one, or replay a JSONL file")
        try:
            added = writing.append(connection, [record for record in records if isinstance(record, Event)])
            added += slices.append(connection, [record for record in records if isinstance(record, SliceEntry)])
            marks = [record for record in records if isinstance(record, AlignmentEntry)]
            return added + alignment_entries.append(connection, marks)
        except StaleEventError as error:
            line = next(number for number, record in enumerate(records, start=1) if record is error.event)
            expected = "an event that follows what the store holds"
            raise DataFormatError(path, line=line, expected=expected, got=str(error)) from None


def _everything(connection: sa.Connection) -> list[Record]:
    return [*reading.every_event(connection), *slices.entries(connection), *alignment_entries.entries(connection)]


def read(path: Path) -> list[Record]:
    """What is in a file that `backup` or `write_jsonl` wrote."""
    with path.open("rb") as file:
        if file.read(len(SQLITE)) == SQLITE:
            return _read_sqlite(path)
        file.seek(0)
        return [_record(path, number, line) for number, line in enumerate(file, start=1)]


def _record(path: Path, number: int, line: bytes) -> Record:
    expected = "an event of the review store"
    try:
        values = parse(line.decode())
        if "batch" in values:
            return AlignmentEntry.from_values(values)
        return SliceEntry.from_values(values) if "entry_id" in values else Event.from_values(values)
    except UnicodeDecodeError:
        raise DataFormatError(path, line=number, expected=expected, got="no UTF-8") from None
    except StoreError as error:
        raise DataFormatError(path, line=number, expected=expected, got=str(error)) from None


def _read_sqlite(path: Path) -> list[Record]:
    """What is in a backup, which may have an older schema: a copy of it is brought up to date."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        shutil.copyfile(path, copy)
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            try:
                sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
            except sqlite3.DatabaseError:
                sound = False
        if not sound or ("schema_version",) not in tables:
            raise DataFormatError(path, expected="an undamaged backup of a review store", got="something else")
        database = Database(f"sqlite:///{copy}")
        try:
            with database.read() as connection:
                return _everything(connection)
        finally:
            database.close()


def _create(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file that was not there, whole or not at all."""
    if path.exists():
        raise StoreError(f"there is a file already: {path}")
    replace_file(path, write)
