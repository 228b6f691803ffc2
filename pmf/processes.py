"""Processes of ours: some answer and end; others outlive the one that starts them, and are found by their lock file.

A lock file is locked before it starts and for as long as it lives, however it ends: the kernel lets go of the lock,
so nothing goes stale. In the file stands the process's id, which is its group's too; while the lock is held, no other
process can have that id.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pmf.bounded.json_files import parse_json
from pmf.errors import PMFError, QueueError, UnfinishedError

_PACKAGE = Path(__file__).parents[1]
_PATIENCE = 200  # times that it is looked for a signature, 0.05 s apart


def take_lock(file: int, *, shared: bool = False) -> bool:
    """Lock an open file for as long as it is open, if no other process holds it."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def try_lock(path: Path) -> int | None:
    """A file descriptor that holds the lock of a file, now empty; None where somebody else holds it.

    Raises:
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    for attempt in range(10):  # somebody who only looks holds it for a moment
        if take_lock(file):
            os.truncate(file, 0)
            return file
        time.sleep(0.01 * attempt)
    os.close(file)
    return None


def is_locked(path: Path) -> bool:
    """Whether a living process holds the file's lock."""
    try:
        with path.open("rb") as file:
            return not take_lock(file.fileno(), shared=True)
    except OSError:
        return False


def start(
    arguments: Sequence[str], log: Path, *, cwd: str, threads: int = 0, lock: int | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m pmf …` in a session of its own.

    Args:
        arguments: of the command.
        log: file for what it prints, emptied first.
        cwd: folder it starts in.
        threads: of its computations, 0 = the machine's own choice.
        lock: from `try_lock`; the process holds it too from now on, and signs the file.

    Raises:
        OSError: the folder or the log is out of reach.
    """
    limits = {"OMP_NUM_THREADS": str(threads)} if threads else {}

    def sign() -> None:  # runs in the new process, so that no kill of the old one can come between
        assert lock is not None
        os.pwrite(lock, str(os.getpid()).encode(), 0)

    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own program; settings are checked when they are submitted
            [sys.executable, "-m", "pmf", *arguments],
            cwd=cwd,
            env=environment() | limits,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=() if lock is None else (lock,),
            start_new_session=True,
            preexec_fn=None if lock is None else sign,  # the worker, who gives a lock, has one thread; the app has not
        )


def cores() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment() -> dict[str, str]:
    """The variables of a process of ours: it finds this package wherever it starts."""
    paths = [str(_PACKAGE), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def ask(
    module: str,
    request: dict[str, Any],
    what: str,
    seconds: float | None = None,
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a module answers in a process of its own, so that neither its memory nor its crash is ours.

    Args:
        module: its main part calls `answer`.
        request: plain values.
        what: what is asked for, to begin a sentence with.
        seconds: the longest it may take, None for no limit.
        variables: of its environment, besides ours.

    Raises:
        UnfinishedError: it took longer, or ended without an answer.
        PMFError: what the module itself found wrong.
    """
    text = json.dumps(request).encode()
    values = answered(
        [sys.executable, "-m", module], what, seconds, input=text, env=environment() | dict(variables or {})
    )
    if "problem" in values:
        raise PMFError(values["problem"])
    return values


def answered(command: Sequence[str], what: str, seconds: float | None, **given: Any) -> dict[str, Any]:
    """The JSON that a command of ours prints.

    Args:
        command: with its arguments.
        what: what is asked for, to begin a sentence with.
        seconds: the longest it may take, None for no limit.
        given: its input, folder and environment, as `subprocess.run` takes them.

    Raises:
        UnfinishedError: it took longer, or ended without an answer.
    """
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False, **given)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise UnfinishedError(f"{what} was not done in {seconds:.0f} s") from None
    if done.returncode == -signal.SIGKILL:
        raise UnfinishedError(f"{what} was killed, most likely because memory ran out")
    if done.returncode:
        words = (done.stderr.decode(errors="replace").strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise UnfinishedError(f"{what} ended early: {words}")
    values: dict[str, Any] = parse_json(done.stdout)
    return values


def answer(respond: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The other end of `ask`: the request comes as JSON on stdin, the answer or the problem goes to stdout."""
    request = parse_json(sys.stdin.read())
    try:
        values = respond(request)
    except PMFError as error:
        values = {"problem": str(error)}
    json.dump(values, sys.stdout, allow_nan=False)


def send(path: Path, sign: signal.Signals) -> None:
    """Signal the process that holds a lock file, if one still does; a kill reaches its children too.

    Raises:
        QueueError: it has not signed the file in time, or belongs to somebody else.
    """
    for _ in range(_PATIENCE):
        if not is_locked(path):
            return
        if (process := path.read_text(encoding="ascii")).isdecimal():
            break
        time.sleep(0.05)
    else:
        raise QueueError(f"{path.name} is only just starting; try again in a moment")
    try:
        if sign == signal.SIGKILL:
            os.killpg(int(process), sign)
        else:
            os.kill(int(process), sign)
    except ProcessLookupError:
        pass  # it ended this very moment
    except PermissionError as error:
        raise QueueError(f"the process {process} of {path.name} belongs to somebody else") from error
