"""Connections to the review store's database, and what differs between SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from app.store import migrations
from app.store.event import StoreError, UnavailableError

BUSY_SECONDS = 60
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
        try:
            with self.write() as connection:
                migrations.migrate(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that never waits for a writer."""
        with self._in_a_sentence("read"), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that waits until it is the only writer; on disk when it ends, undone when it raises."""
        with self._in_a_sentence("written"), self._engine.execution_options(write=True).begin() as connection:
            yield connection

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
                settings = f"-c synchronous_commit=on -c lock_timeout={BUSY_SECONDS}s"
                engine = sa.create_engine(
                    self._url, pool_pre_ping=True, connect_args={"connect_timeout": 10, "options": settings}
                )
                event.listen(engine, "begin", _begin_postgresql)
        except ModuleNotFoundError:
            raise StoreError("PostgreSQL needs its driver: pip install 'psycopg[binary]'") from None
        return engine

    @contextmanager
    def _in_a_sentence(self, done: str) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            where = self._url.set(query={}).render_as_string()  # without the password
            raise UnavailableError(f"the review store cannot be {done}: {cause}: {where}") from error


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
