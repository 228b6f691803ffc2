"""Real training processes to be killed, limited and resumed; and what their runs must hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np

from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.commands import as_arguments, start
from tests.conftest import TINY_SETTINGS


def train(data: Path, folder: Path, **settings: str) -> ForkServerProcess:
    """Train, or go on with the run in the folder, where there is one."""
    if (folder / layout.CONFIG).exists():
        return start("train", "--json", "--resume", folder)
    values = TINY_SETTINGS | {name.replace("__", "."): value for name, value in settings.items()}
    parts = as_arguments(values)
    return start("train", "--json", "--data", data, "--run", folder, *parts)


def wait_until(happened: Callable[[], bool], process: ForkServerProcess, seconds: float = 60) -> None:
    """Wait until something has happened, or the process has ended."""
    deadline = time.monotonic() + seconds
    while not happened() and process.is_alive():
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.002)


def epochs(folder: Path) -> int:
    """How many epochs the log has."""
    return len(RunReader(folder).epoch_reports()) if (folder / layout.CONFIG).exists() else 0


def read_all(folder: Path) -> list[str]:
    """Ask for everything that a page may; only `RunFormatError` may come out, and its sentences are returned."""
    sentences = []
    for ask in (
        lambda run: run.entities,
        lambda run: run.links,
        lambda run: run.epoch_reports(),
        lambda run: run.results(),
        lambda run: run.state(),
        lambda run: run.relevance(),
        lambda run: run.frozen_at(),
        lambda run: run.embedding("fused"),
        lambda run: run.embedding("image"),
        lambda run: run.weight(),
        lambda run: run.projection("fused"),
        lambda run: run.snapshots(),
        lambda run: run.predictions(),
    ):
        try:
            ask(RunReader(folder))
        except RunFormatError as error:
            sentences.append(str(error))
    return sentences


def assert_same_run(whole: Path, again: Path) -> None:
    """Everything that two runs have learned is the same, bit for bit."""
    one, other = RunReader(whole), RunReader(again)
    assert other.state().name == "finished"
    results = [{name: value for name, value in (run.results() or {}).items() if name != "time"} for run in (one, other)]
    assert results[0] == results[1]
    timeless = [[(r["epoch"], r["losses"], r["metrics"]) for r in run.epoch_reports()] for run in (one, other)]
    assert timeless[0] == timeless[1]
    assert np.array_equal(one.relevance(), other.relevance(), equal_nan=True)
    for path in sorted(whole.rglob("*.*")):
        if path.suffix in (".npy", ".npz", ".i16", ".safetensors", ".parquet"):
            assert path.read_bytes() == (again / path.relative_to(whole)).read_bytes(), path.name
    assert not list(again.rglob("*.tmp"))
