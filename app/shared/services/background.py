"""Work on a run that goes on behind its pages, in a process of its own: it outlives the page, and the app."""

from __future__ import annotations

import subprocess
import time
from signal import SIGTERM
from typing import Literal

from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from pmf import processes as process
from pmf.errors import PMFError
from pmf.queue.outcome import tail
from pmf.runs.tasks import TaskStatus, lock_of, log_of, read_task

Task = Literal["maps", "failures"]
"""A task is called like the command that does it."""

_PATIENCE = 30.0  # seconds until its process has begun; a busy machine takes some to start one
_PROCESSES: list[subprocess.Popen[bytes]] = []


class WorkError(PMFError):
    """Work behind a page cannot be started."""


def state(run: RunView, task: Task) -> TaskStatus:
    """Where a task stands."""
    return read_task(run.reader.folder, task)


def start(user: User, run: RunView, task: Task) -> None:
    """Start a task; returns once its process is at work, or at once where one is already.

    Raises:
        NotAllowedError: the user is no admin.
        WorkError: it could not be started.
    """
    require(user, Role.ADMIN, "start work on a run")
    folder = run.reader.folder
    lock, log = lock_of(folder, task), log_of(folder, task)
    if process.is_locked(lock):
        return
    _PROCESSES[:] = [one for one in _PROCESSES if one.poll() is None]
    try:
        log.parent.mkdir(exist_ok=True)
        child = process.start([task, str(folder.resolve())], log, cwd=str(folder.resolve()))
    except OSError as error:
        raise WorkError(f"it cannot be started: {error.strerror}: {log.parent}") from error
    _PROCESSES.append(child)
    deadline = time.monotonic() + _PATIENCE
    while child.poll() is None and not process.is_locked(lock) and time.monotonic() < deadline:
        time.sleep(0.05)
    if child.poll() and not process.is_locked(lock) and state(run, task).state != "failed":
        last_lines = tail(log).splitlines() or ["its process said nothing"]
        raise WorkError(last_lines[-1].removeprefix("pmf: "))


def cancel(user: User, run: RunView, task: Task) -> None:
    """Let a task end; what it has finished stays. It may take some seconds.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: its process belongs to somebody else.
    """
    require(user, Role.ADMIN, "cancel work on a run")
    process.send(lock_of(run.reader.folder, task), SIGTERM)
