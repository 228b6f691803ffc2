"""One process writes a run: a lock that the system lets go of however its holder ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pmf.bounded.json_files import read_json
from pmf.errors import DataFormatError, RunLockedError
from pmf.processes import take_lock
from pmf.runs import layout

_PATIENCE = 0.5  # seconds; `owner` holds the lock for an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a run.

    Args:
        pid: process id, on `host`.
        host: the machine's name.
        since: unix time.
    """

    pid: int
    host: str
    since: float

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        return f"process {self.pid} on {self.host}, since {since}"


class RunLock:
    """Holds a run folder while the context lasts; made where it is not there.

    Args:
        folder: the run folder.

    Raises:
        RunLockedError: on entering, when another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left_by: Owner | None = None
        """The process that held the run last and ended without letting go of it."""

    def __enter__(self) -> RunLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = (self.folder / layout.LOCK).open("a+", encoding="utf-8")
        deadline = time.monotonic() + _PATIENCE
        while not take_lock(self._file.fileno()):
            if time.monotonic() > deadline:
                holder = _read(self.folder / layout.LOCK)
                self._file.close()
                raise RunLockedError(f"{self.folder} is being written by {holder or 'another process'}")
            time.sleep(0.02)
        self.left_by = _read(self.folder / layout.LOCK)
        self._write(json.dumps(asdict(Owner(pid=os.getpid(), host=socket.gethostname(), since=time.time()))))
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")
        with contextlib.suppress(OSError):  # what a full disk did not take is written again here
            self._file.close()

    def _write(self, text: str) -> None:
        """Say who holds it; on a full disk it is held all the same, and a run can still be deleted."""
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            self._file.write(text)
            self._file.flush()


def owner(folder: Path) -> Owner | None:
    """Who holds the run right now, None when nobody does."""
    path = folder / layout.LOCK
    try:
        with path.open("rb") as file:
            if take_lock(file.fileno(), shared=True):
                return None
    except OSError:
        return None
    return _read(path) or Owner(pid=0, host="unknown", since=0.0)  # it is just being written


def _read(path: Path) -> Owner | None:
    try:
        values = read_json(path, 4096)
        return Owner(pid=int(values["pid"]), host=str(values["host"]), since=float(values["since"]))
    except (DataFormatError, ValueError, KeyError, TypeError, OverflowError):
        return None
