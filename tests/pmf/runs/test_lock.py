"""The lock of a run: between real processes, and after one was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pmf.errors import RunLockedError
from pmf.runs import layout
from pmf.runs.lock import RunLock, owner
from tests.conftest import ROOT

HOLD = """
import sys, time
from pathlib import Path
from pmf.runs.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_one_holds_it_and_the_next_is_told_who(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert owner(folder) is None
    with hold(folder) as process:
        holder = owner(folder)
        assert holder is not None
        assert holder.pid == process.pid
        assert abs(holder.since - time.time()) < 60
        with pytest.raises(
            RunLockedError, match=rf"run is being written by process {process.pid} on .+, since \d{{4}}-"
        ):
            RunLock(folder).__enter__()
        process.communicate()
    assert owner(folder) is None
    with RunLock(folder) as lock:
        assert lock.left_by is None
        assert owner(folder) is not None
    assert (folder / layout.LOCK).read_text() == ""


def test_a_killed_holder_is_taken_over_from(tmp_path: Path) -> None:
    with hold(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert owner(tmp_path) is None
        with RunLock(tmp_path) as lock:
            assert lock.left_by is not None
            assert lock.left_by.pid == process.pid


def test_asking_never_keeps_a_training_out(tmp_path: Path) -> None:
    """Who asks holds the lock for an instant; whoever wants it then waits."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            owner(tmp_path)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            with RunLock(tmp_path):
                assert (owner(tmp_path) or os.abort()).pid == os.getpid()
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_nonsense_in_the_file_is_no_owner(tmp_path: Path) -> None:
    for text in ("[]", "{", '{"pid": "x", "host": 1, "since": 2}', "1"):
        (tmp_path / layout.LOCK).write_text(text)
        assert owner(tmp_path) is None
        with RunLock(tmp_path) as lock:
            assert lock.left_by is None
