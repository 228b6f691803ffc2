"""Connections to the review store's database, and what differs between SQLite and PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from app.store import migrations
from app.store.event import StoreError, UnavailableError
from app.store.patience import ANSWER_SECONDS, CONNECT_SECONDS, PING_SECONDS, STATEMENT_SECONDS, connect, ping

BUSY_SECONDS = 60  # of SQLite
SILENT_SECONDS = 5  # until a server that did not answer is asked again
LOCK = 0x504D46  # key of PostgreSQL's advisory lock: one writer at a time, as in SQLite


class Database:
    """One engine over a migrated database.

    Args:
        url: `sqlite:///PATH` or `postgresql://…`.

    Raises:
        StoreError: no such database, no driver for it, or a newer version wrote it.
    """

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        self.dialect = self._url.get_backend_name()
        self._engine = self._create_engine()
        self._file: tuple[int, int] | None = None
        self._log: tuple[int, int] | None = None  # the write-ahead log beside it
        self._opening = threading.Lock()
        self._silent_until, self._silent_because = 0.0, ""
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        with self._in_a_sentence("written"), self._engine.execution_options(write=True).begin() as connection:
            migrations.migrate(connection)
        self._file = self._identity()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that never waits for a writer."""
        self._same_file()
        with self._in_a_sentence("read"), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that waits until it is the only writer; on disk when it ends, undone when it raises."""
        self._same_file()
        with self._in_a_sentence("written"), self._engine.execution_options(write=True).begin() as connection:
            yield connection
        if self._identity() != self._file:  # it was written to a file that nobody will find again
            raise UnavailableError(f"the review store was removed or replaced while it was written: {self._place()}")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _create_engine(self) -> sa.Engine:
        try:
            if self.dialect == "sqlite":
                engine = sa.create_engine(self._url, connect_args={"timeout": BUSY_SECONDS})
                event.listen(engine, "connect", _set_up_sqlite)
                event.listen(engine, "begin", _begin_sqlite)
            else:
                limits = f"-c lock_timeout={STATEMENT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s"
                settings = {
                    "connect_timeout": CONNECT_SECONDS,
                    "options": f"-c synchronous_commit=on {limits}",
                    "tcp_user_timeout": 1000 * ANSWER_SECONDS,
                }
                engine = sa.create_engine(self._url, connect_args=settings)
                event.listen(engine, "do_connect", _connect_postgresql)
                event.listen(engine, "checkout", _ping_postgresql)
                event.listen(engine, "begin", _begin_postgresql)
        except ModuleNotFoundError:
            raise StoreError("PostgreSQL needs its driver: pip install 'psycopg[binary]'") from None
        return engine

    def _identity(self, ending: str = "") -> tuple[int, int] | None:
        """What tells a SQLite file from another one in its place; None where there is none, or another database."""
        if self.dialect != "sqlite":
            return None
        try:
            status = Path(f"{self._url.database}{ending}").stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _same_file(self) -> None:
        """Follow a SQLite file that somebody has replaced: open connections would go on with the one removed."""
        with self._opening:
            now = self._identity()
            if now == self._file:
                self._log = self._identity("-wal")
                return
            if now is None:
                raise UnavailableError(
                    f"the review store was removed, and nothing is saved until it is back: {self._place()}"
                )
            self._engine.dispose()
            if (
                self._log and self._identity("-wal") == self._log
            ):  # of the file before: it would be played into this one
                for ending in ("-wal", "-shm"):
                    Path(f"{self._url.database}{ending}").unlink(missing_ok=True)
            self._open()

    def _place(self) -> str:
        return self._url.set(query={}).render_as_string()  # without the password

    @contextmanager
    def _in_a_sentence(self, done: str) -> Iterator[None]:
        """Turn a failure into one sentence; after one that took long, say it again at once for a moment.

        A page asks several times, and would else wait each time.
        """
        if time.monotonic() < self._silent_until:
            raise UnavailableError(self._silent_because)
        began = time.monotonic()
        try:
            yield
        except exc.SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            message = f"the review store cannot be {done}: {cause}: {self._place()}"
            if isinstance(error, exc.OperationalError) and time.monotonic() - began > PING_SECONDS - 1:
                self._silent_until, self._silent_because = time.monotonic() + SILENT_SECONDS, message
            raise UnavailableError(message) from error


def _parse(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (exc.ArgumentError, ValueError):
        raise StoreError("the review store's URL must look like sqlite:///PATH or postgresql://HOST/NAME") from None
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(
        f"reviews are kept in a SQLite file or in PostgreSQL, not in {url.drivername}:{url.database or ''}"
    )


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins, not the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("write"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def _connect_postgresql(_dialect: Any, _record: Any, arguments: Any, settings: Any) -> Any:
    return connect(*arguments, **settings)


def _ping_postgresql(connection: Any, _record: Any, _proxy: Any) -> None:
    try:
        ping(connection)
    except Exception as error:  # whatever the driver says, the pool tries a new one
        raise exc.DisconnectionError(str(error)) from error
