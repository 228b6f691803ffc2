"""Phases of a training: in the log, as a measure for the next one, and in the bar."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.shared.services import phases
from app.shared.services.run_view import RunView
from pmf.config.config import Config
from pmf.runs import layout
from pmf.runs.phases import PHASES, measured
from pmf.runs.reader import RunReader
from pmf.training.run import train
from tests.conftest import ATLAS, TINY_SETTINGS

MakeRun = Callable[..., Path]


def logged(folder: Path, *events: dict[str, Any]) -> RunView:
    """The run with nothing in its log but these."""
    (folder / layout.EVENTS).write_text("".join(json.dumps(event) + "\n" for event in events))
    return RunView(RunReader(folder))


def phase(name: str, time: float, **more: float) -> dict[str, Any]:
    return {"kind": "phase", "phase": name, "time": time, **more}


def state(name: str, time: float) -> dict[str, Any]:
    return {"kind": "state", "state": name, "time": time}


def epoch(number: int, time: float) -> dict[str, Any]:
    return {"kind": "epoch", "epoch": number, "time": time}


def test_a_training_logs_its_phases_in_order(data_folder: Path, tmp_path: Path) -> None:
    settings = TINY_SETTINGS | {"data": str(data_folder), "train.project": "true"}
    train(Config(data=str(data_folder)).with_settings(settings), tmp_path / "run")
    seconds = measured(RunReader(tmp_path / "run"))
    assert list(seconds) == list(PHASES)
    assert all(took >= 0 for took in seconds.values())
    assert seconds["read"] > 0


def test_what_is_expected_is_scaled_from_the_run_most_like_it(make_run: MakeRun) -> None:
    run = logged(
        make_run(),
        phase("read", 110, began=100),
        state("running", 110),
        phase("train", 110),
        phase("evaluate", 150),
        phase("maps", 155),
        phase("causes", 175),
        state("finished", 180),
    )
    own = phases.size_of_run(run)
    same = phases.expected(own, [RunView(RunReader(ATLAS)), run])
    assert same is not None
    assert same.same_data
    assert same.seconds == {"read": 10, "train": 40, "evaluate": 5, "maps": 20, "causes": 5}
    twice = phases.expected(replace(own, epochs=2 * own.epochs, project=False), [run])
    assert twice is not None
    assert twice.seconds == {"read": 10, "train": 80, "evaluate": 5}
    other = phases.expected(replace(own, data="other", entities=3 * own.entities), [run])
    assert other is not None
    assert (other.same_data, other.total) == (False, 240)
    assert phases.expected(own, []) is None


def test_the_bar_is_full_only_when_all_is_done(make_run: MakeRun) -> None:
    folder = make_run(state="running", epochs=8)
    expected = phases.Expected(
        seconds={"read": 10, "train": 99, "evaluate": 5, "maps": 20, "causes": 5}, title="", same_data=True
    )
    begin = [phase("read", 10, began=0), state("running", 10), phase("train", 10)]
    trained = [epoch(number, 15 + 5 * number) for number in range(8)]
    half = phases.course(logged(folder, *begin, *trained[:4]), expected, now=30)
    assert half.phase == "train"
    assert half.seconds["train"] == pytest.approx(40)  # by its own pace, whatever was expected
    slower = 50 / 109  # reading and training, against what was expected of both
    assert half.share == pytest.approx(30 / (50 + 30 * slower))
    assert half.remaining == pytest.approx(20 + 30 * slower)
    after = phases.course(logged(folder, *begin, *trained, phase("evaluate", 50)), expected, now=52)
    assert (after.phase, after.overdue) == ("evaluate", False)
    assert after.remaining == pytest.approx(30 * slower - 2)
    late = phases.course(logged(folder, *begin, phase("evaluate", 50), phase("maps", 55)), expected, now=155)
    assert late.share < 1
    assert late.overdue
    assert late.remaining > 5


def test_runs_of_older_versions_tell_what_they_can() -> None:
    seconds = measured(RunReader(ATLAS))
    assert list(seconds) == ["train", "maps"]
    assert sum(seconds.values()) == pytest.approx(37.39, abs=0.1)
