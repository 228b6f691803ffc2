"""Connections to PostgreSQL that do not wait for ever: a server that stands still keeps its sockets open."""

from __future__ import annotations

from typing import Any

ANSWER_SECONDS = 20  # longer than the server's own limits below, which end a statement in better words
STATEMENT_SECONDS = 15
PING_SECONDS = 3
CONNECT_SECONDS = 5


def connect(*arguments: Any, **settings: Any) -> Any:
    """A psycopg connection each of whose answers must come within `ANSWER_SECONDS`."""
    import psycopg  # an optional dependency

    class Patient(psycopg.Connection[Any]):
        patience = float(ANSWER_SECONDS)

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            limit = self.patience if timeout is None else timeout
            try:
                return super().wait(gen, interval, limit)
            except psycopg.errors._WaitTimeout:
                self.pgconn.finish()  # else giving it back would wait as long again, to roll back
                raise psycopg.OperationalError(f"the server has not answered for {limit:.0f} s") from None

        def __del__(self) -> None:
            if pgconn := getattr(self, "pgconn", None):
                pgconn.finish()  # of a store that nobody holds any more
            super().__del__()

    return Patient.connect(*arguments, **settings)


def ping(connection: Any) -> None:
    """See that the server answers, soon.

    Raises:
        Error: of psycopg; it does not.
    """
    connection.patience = PING_SECONDS
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    finally:
        connection.patience = float(ANSWER_SECONDS)
