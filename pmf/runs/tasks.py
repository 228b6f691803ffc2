"""Work on a run that is started from a page or the command line: how far it is, and how it ended.

work/TASK.json  a `TaskStatus`, replaced in one step
work/TASK.lock  held by the process that works, with its id in it; the system lets go of it however that ends
work/TASK.log   what the process printed, where it was started from a page
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from pmf import processes as process
from pmf.bounded.json_files import read_json
from pmf.errors import DataFormatError, PMFError, RunLockedError
from pmf.files import replace_file
from pmf.runs import layout

TaskState = Literal["idle", "running", "finished", "failed", "cancelled"]

_ENDS = ("finished", "failed", "cancelled")
_PAUSE = 0.2  # seconds between two writes of the same step


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """Where a task stands.

    Args:
        state: "idle" = never started; "failed" also where its process ended without a word.
        label: what is being done.
        done: steps done, of `total`.
        total: steps, 0 = not known.
        error: why it failed, "" otherwise.
    """

    state: TaskState = "idle"
    label: str = ""
    done: int = 0
    total: int = 0
    error: str = ""

    @property
    def share(self) -> float:
        """Steps done of all, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


class TaskWriter:
    """One process's hand on a task of a run; use as a context manager.

    An error within is written down as the task's end and goes on; so does an interrupt, as "cancelled".

    Args:
        folder: the run folder.
        task: its name, which is that of its command.

    Raises:
        RunLockedError: on entering, when another process works on the same.
    """

    def __init__(self, folder: Path, task: str) -> None:
        self.folder, self.task = folder, task
        self._last, self._written = TaskStatus(state="running"), 0.0

    def __enter__(self) -> TaskWriter:
        lock = process.try_lock(lock_of(self.folder, self.task))
        if lock is None:
            raise RunLockedError(f"another process works on the {self.task} of {self.folder} already")
        self._lock = lock
        self._write(self._last)
        os.pwrite(lock, str(os.getpid()).encode(), 0)  # last: a cancel waits for this
        return self

    def progress(self, label: str, done: int, total: int) -> None:
        """Say how far it is; calls that follow one another closely on the same step are not all written."""
        now = TaskStatus(state="running", label=label, done=done, total=total)
        if label != self._last.label or done >= total or time.monotonic() - self._written > _PAUSE:
            self._write(now)
        self._last = now

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        last, state = asdict(self._last), _end(error)
        with contextlib.suppress(OSError):  # on a full disk the error itself matters more
            self._write(TaskStatus(**last | {"state": state, "error": _said(error) if state == "failed" else ""}))
        os.close(self._lock)

    def _write(self, work: TaskStatus) -> None:
        text = json.dumps(asdict(work), ensure_ascii=False)
        path = _path(self.folder, self.task, "json")
        replace_file(path, lambda to: to.write_text(text, encoding="utf-8"), durable=False)
        self._written = time.monotonic()


def read_task(folder: Path, task: str) -> TaskStatus:
    """Where a task of a run stands now; a file that cannot be read counts as none."""
    works = process.is_locked(
        lock_of(folder, task)
    )  # before the file: a process that has let go has written how it ended
    try:
        values = read_json(_path(folder, task, "json"))
        label, done, total = str(values["label"]), int(values["done"]), int(values["total"])
        state, error = values["state"], str(values["error"])
    except (DataFormatError, ValueError, KeyError, TypeError, OverflowError):
        return TaskStatus(state="running" if works else "idle")
    if works:
        return TaskStatus(state="running", label=label, done=done, total=total)
    if state not in _ENDS:
        state, error = "failed", "Its process ended without a word; start it again."
    return TaskStatus(state=state, label=label, done=done, total=total, error=error)


def is_worked_on(folder: Path) -> bool:
    """Whether a process works on any task of a run."""
    return any(process.is_locked(path) for path in (folder / layout.WORK).glob("*.lock"))


def lock_of(folder: Path, task: str) -> Path:
    """The file that is locked while a task's process lives."""
    return _path(folder, task, "lock")


def log_of(folder: Path, task: str) -> Path:
    """The file for what a task's process prints."""
    return _path(folder, task, "log")


def _path(folder: Path, task: str, ending: str) -> Path:
    return folder / layout.WORK / f"{task}.{ending}"


def _end(error: BaseException | None) -> TaskState:
    if error is None:
        return "finished"
    return "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"


def _said(error: BaseException | None) -> str:
    """An error as a sentence."""
    if isinstance(error, MemoryError):
        return "There was not enough memory; end other programs and start it again."
    return str(error) if isinstance(error, PMFError | OSError) else f"{type(error).__name__}: {error}"
