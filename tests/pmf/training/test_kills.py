"""Training that is really killed, at random moments, again and again: the run is readable and ends with the same bits.

Three kills are enough from day to day; `PMF_KILLS=50 python -m pytest tests/pmf/training/test_kills.py` is the whole.
"""

from __future__ import annotations

import itertools
import os
import random
from pathlib import Path

import pytest

from pmf.runs import layout
from pmf.runs.lock import owner
from pmf.runs.reader import RunReader
from tests.trainings import assert_same_run, read_all, train, wait_until

KILLS = int(os.environ.get("PMF_KILLS", "3"))
LONG = {"train__epochs": "24", "train__freeze_epochs": "16", "train__selection": "validation"}


@pytest.fixture(scope="module")
def whole(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody kills."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    finish(folder, tiny_data)
    return folder


def starts(folder: Path) -> int:
    """How often the run has begun or gone on to train."""
    if not (folder / layout.CONFIG).exists():
        return 0
    return sum(event["kind"] == "state" and "epoch" in event for event in RunReader(folder).events())


def finish(folder: Path, data: Path) -> None:
    process = train(data, folder, **LONG)
    process.join(120)
    assert process.exitcode == 0


def killed(folder: Path, data: Path, rng: random.Random, longest: float) -> bool:
    """Train until a random moment, mostly of the training and now and then of the start; whether that was a kill."""
    before = starts(folder)
    process = train(data, folder, **LONG)
    if rng.random() < 0.8:
        wait_until(lambda: starts(folder) > before, process)
    process.join(rng.uniform(0, longest))
    alive = process.exitcode is None
    process.kill()
    process.join(60)
    assert alive or process.exitcode == 0
    return alive


def test_killed_at_random_moments_it_ends_with_the_same_bits(whole: Path, tiny_data: Path, tmp_path: Path) -> None:
    times = [event["time"] for event in RunReader(whole).events()]
    rng = random.Random(KILLS)
    kills, runs = 0, (tmp_path / f"run-{number}" for number in itertools.count())
    folder = next(runs)
    while kills < KILLS:
        kills += killed(folder, tiny_data, rng, times[-1] - times[0])
        assert owner(folder) is None
        if not (folder / layout.CONFIG).exists():  # it had not begun
            continue
        assert read_all(folder) == []
        state = RunReader(folder).state()
        if state.name == "finished":
            assert_same_run(whole, folder)
            folder = next(runs)
        else:
            assert (state.name, state.reason) == ("interrupted", "killed")
    finish(folder, tiny_data)
    assert_same_run(whole, folder)
