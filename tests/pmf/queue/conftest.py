"""Queues over tiny real data, and what waits for their processes."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pmf import processes as process
from pmf.queue.queue import RunQueue
from tests.conftest import TINY_SETTINGS

SETTINGS = {**TINY_SETTINGS, "train.snapshots": "0"}
# long enough to be stopped or killed in the middle
MEDIUM = {**SETTINGS, "train.epochs": "60", "train.freeze_epochs": "40", "train.evaluate_every": "20"}
LONG = {**MEDIUM, "train.epochs": "100000", "train.freeze_epochs": "100000"}

Submit = Callable[..., str]


def wait(true: Callable[[], object], seconds: float = 90) -> None:
    """Until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def pid_in(path: Path) -> int:
    """The process that holds a lock file, once one does."""
    wait(lambda: process.is_locked(path) and path.read_text().isdecimal())
    return int(path.read_text())


def epochs_of(queue: RunQueue, run_id: str) -> int:
    """How many epochs stand in the run's log."""
    path = queue.root / run_id / "events.jsonl"
    return path.read_text().count('"kind": "epoch"') if path.exists() else 0


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[RunQueue]:
    """A queue of the test's own; whatever still lives when the test ends is killed."""
    queue = RunQueue(tmp_path / "runs")
    yield queue
    for path in (queue.worker_lock, *(queue.root / ".queue" / "processes").glob("*")):
        kill(path)


def kill(lock: Path) -> None:
    """SIGKILL for the process that holds a lock file, and for its children."""

    def gone() -> bool:  # asked anew each time: it may end by itself meanwhile
        if process.is_locked(lock) and (holder := lock.read_text()).isdecimal():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(holder), signal.SIGKILL)
        return not process.is_locked(lock)

    wait(gone)


@pytest.fixture
def submit(queue: RunQueue, tiny_data: Path) -> Submit:
    """Puts a training of the tiny data in line."""

    def submit_(settings: dict[str, str], **options: str) -> str:
        return queue.submit(data=str(tiny_data), preset="default", settings=settings, **options)

    return submit_
