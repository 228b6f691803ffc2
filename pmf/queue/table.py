"""The queue's file: one SQLite table that several processes read and change at once.

It keeps SQLite's own rollback journal: what is committed survives a kill and a power cut, and nothing of the queue
is ever so busy that readers would have to pass writers.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pmf.bounded.json_files import parse_json
from pmf.errors import QueueError
from pmf.queue.job import Job

_VERSION = 1
_PATIENCE = 20  # seconds to wait for others' changes
_COLUMNS = [field.name for field in dataclasses.fields(Job)]
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS job ({", ".join(_COLUMNS)}, PRIMARY KEY (run_id));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
PRAGMA user_version = {_VERSION};
COMMIT;
"""


class JobTable:
    """The jobs as they are written down.

    Args:
        path: the file; made by the first that writes.

    Raises:
        QueueError: from every method, where the file is damaged, newer or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def jobs(self) -> list[Job]:
        """All jobs in the order of submission."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT * FROM job ORDER BY submitted, rowid").fetchall()
        try:
            return [_job(row) for row in rows]
        except (TypeError, ValueError) as error:
            raise QueueError(f"{self.path} is damaged: {error}; {_REMEDY}") from None

    def add(self, job: Job) -> bool:
        """Add a new job; False where its run id is taken."""
        values = dataclasses.asdict(job) | {"settings": json.dumps(dict(job.settings))}
        places = ", ".join(f":{name}" for name in _COLUMNS)
        with self._open() as connection:
            done = connection.execute(f"INSERT OR IGNORE INTO job VALUES ({places})", values)  # noqa: S608 - our names
            return done.rowcount == 1

    def change(self, run_id: str, only: Collection[str], **values: Any) -> bool:
        """Set columns of a job that is in one of the states `only`; False where it is not, or no more."""
        set_ = ", ".join(f"{name} = :{name}" for name in values)
        states = ", ".join(f"'{state}'" for state in only)
        with self._open() as connection:
            query = f"UPDATE job SET {set_} WHERE run_id = :run_id AND state IN ({states})"  # noqa: S608 - our names
            return connection.execute(query, {**values, "run_id": run_id}).rowcount == 1

    def forget(self, ended_before: float) -> None:
        """Strike off the jobs that ended before a time; their runs stay."""
        with self._open() as connection:
            connection.execute(
                "DELETE FROM job WHERE ended < ? AND state NOT IN ('waiting', 'running')", [ended_before]
            )

    def setting(self, name: str, default: int) -> int:
        """A number of the queue as a whole."""
        if not self.path.exists():
            return default
        with self._open() as connection:
            row = connection.execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
        return int(row["value"]) if row else default

    def set_setting(self, name: str, value: int) -> None:
        """Keep a number of the queue as a whole."""
        with self._open() as connection:
            connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", [name, value])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    connection.executescript(_SCHEMA)
                elif version != _VERSION:
                    raise QueueError(f"{self.path} has version {version}, this program reads {_VERSION}; {_REMEDY}")
                yield connection
        except OSError as error:
            raise QueueError(f"the queue cannot be kept: {error.strerror}: {self.path.parent}") from error
        except sqlite3.OperationalError as error:
            raise QueueError(f"the queue cannot be kept: {error}: {self.path}") from error
        except sqlite3.DatabaseError as error:
            raise QueueError(f"{self.path} is damaged: {error}; {_REMEDY}") from error


_REMEDY = "move it away to start with an empty queue, the runs themselves stay"


def _job(row: sqlite3.Row) -> Job:
    return Job(**{**dict(row), "settings": parse_json(row["settings"])})
