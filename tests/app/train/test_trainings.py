"""Trainings from the app: what is refused before it starts, who may do what, and that the process is none of ours."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.shared.services import catalog
from app.shared.services import trainings as training
from app.shared.services.access import NotAllowedError, Role, User
from app.train.widgets.queue_worker import wake
from pmf import processes as process
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.errors import ConfigError, PMFError, QueueError
from pmf.queue.job import RESUMABLE
from pmf.queue.queue import RunQueue
from pmf.runs.layout import CONFIG
from pmf.runs.reader import RunReader
from tests.app.pages import open_page
from tests.conftest import ROOT

ADMIN, VIEWER = User(name="ann", role=Role.ADMIN), User(name="eve", role=Role.VIEWER)
SETTINGS = {
    "modalities": "structure,attribute",
    "seed_ratio": "0.9",
    "seed": "3",
    "device": "cpu",
    "model.width": "16",
    "train.epochs": "2",
    "train.freeze_epochs": "1",
    "train.project": "false",
}


def plan(**change: str) -> training.Plan:
    return training.Plan(preset="default", settings={**SETTINGS, **change})


def states() -> dict[str, str]:
    return {job.run_id: job.state for job in training.jobs()}


def wait(found: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runs folder of the test's own; the trainings that it leaves behind are killed."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    yield tmp_path / "runs"
    queue = RunQueue(tmp_path / "runs")
    for job in queue.jobs():
        if job.state == "waiting":
            queue.cancel(job.run_id)
        elif job.state == "running":
            queue.kill(job.run_id)
    wait(lambda: not process.is_locked(queue.worker_lock))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"modalities": ""}, "at least one modality"),
        ({"seed_ratio": "1.5"}, "seed_ratio must lie in"),
        ({"train.freeze_epochs": "0"}, "train.freeze_epochs"),
        ({"split": "721_5fold/9"}, "no split 721_5fold/9; there are ratio"),
        ({"modalities": "smell"}, "unknown modality smell"),
        ({"colour": "red"}, "there is no setting colour"),
    ],
)
def test_what_cannot_be_trained_is_said_before(runs: Path, pair: GraphPair, change: dict[str, str], said: str) -> None:
    assert training.problem(plan(), pair) == ""
    assert said in training.problem(plan(**change), pair)
    with pytest.raises(ConfigError):
        training.start(ADMIN, plan(**change), pair)
    assert training.jobs() == []


def test_an_unknown_preset_is_said_before(pair: GraphPair) -> None:
    assert "unknown preset best" in training.problem(training.Plan(preset="best", settings={}), pair)


def test_only_admins_change_anything(runs: Path, pair: GraphPair) -> None:
    for act in (training.stop, training.kill, training.resume, training.cancel):
        with pytest.raises(NotAllowedError, match="eve may not"):
            act(VIEWER, "any")
        with pytest.raises(PMFError, match=r"there is no training any|is no run folder"):
            act(ADMIN, "any")
    for act in (training.start, training.estimate):
        with pytest.raises(NotAllowedError, match="eve may not"):
            act(VIEWER, plan(), pair)
    with pytest.raises(NotAllowedError, match="eve may not"):
        training.set_slots(VIEWER, 2)
    training.set_slots(ADMIN, 2)
    assert training.slots() == 2
    with pytest.raises(ConfigError, match="from 1 to"):
        training.set_slots(ADMIN, 0)
    assert training.jobs() == []


def test_a_training_is_a_process_of_its_own(runs: Path, pair: GraphPair) -> None:
    run_id = training.start(ADMIN, plan(**{"train.epochs": "100000"}), pair)
    queued = training.start(ADMIN, plan(), pair)
    wait(lambda: (runs / run_id / CONFIG).exists() and RunReader(runs / run_id).state().epoch > 1)
    assert states() == {run_id: "running", queued: "waiting"}
    lock = RunQueue(runs).lock_of(run_id)
    pid = int(lock.read_text())
    assert os.getsid(pid) == pid  # closing the app's terminal does not end it
    assert {job.user for job in training.jobs()} == {"ann"}
    assert run_id in catalog.run_folders()
    training.cancel(ADMIN, queued)
    assert states()[queued] == "cancelled"
    training.stop(ADMIN, run_id)
    wait(lambda: states()[run_id] == "stopped")
    assert RunReader(runs / run_id).state().name == "stopped"


def test_the_estimate_is_of_this_plan(runs: Path, pair: GraphPair) -> None:
    reckoned = training.estimate(ADMIN, plan(**{"train.epochs": "1000"}), pair)
    assert reckoned.epochs == 1000
    assert 0 < reckoned.epoch_seconds < 5
    assert reckoned.projection_seconds == 0
    assert reckoned.peak_memory_bytes > 10**8
    with pytest.raises(ConfigError, match="at least one modality"):
        training.estimate(ADMIN, plan(modalities=""), pair)


@pytest.mark.parametrize("name", ["", "..", "../x", "other", "a/b", "x\0"])
def test_only_trainings_started_here_are_resumed(runs: Path, name: str) -> None:
    (runs / "other").mkdir(parents=True)
    (runs.parent / "x").mkdir()
    (runs.parent / "x" / "process.log").write_text("secret")
    with pytest.raises(PMFError, match=r"is no run id|is no run folder"):
        training.resume(ADMIN, name)
    assert training.jobs() == []


def test_a_place_that_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pair: GraphPair) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "file"))
    with pytest.raises(QueueError, match="the queue cannot be kept"):
        training.start(ADMIN, plan(), pair)
    assert training.jobs() == []


def test_the_bundled_data_set_goes_by_its_name() -> None:
    assert training.data_of(read_graph_pair("demo")) == "demo"
    assert training.data_of(read_graph_pair(ROOT / "assets" / "atlas")) == "demo"


def test_what_waits_goes_on_when_the_app_starts(runs: Path, pair: GraphPair) -> None:
    run_id = training.start(ADMIN, plan(**{"train.epochs": "100000"}), pair)
    queue = RunQueue(runs)
    wait(lambda: queue.job(run_id).state == "running" and queue.worker_lock.read_text().isdecimal())
    os.killpg(int(queue.worker_lock.read_text()), signal.SIGKILL)
    with contextlib.suppress(QueueError):  # a training that has only just begun goes with its worker
        queue.kill(run_id)
    wait(lambda: queue.job(run_id).state in ("stopped", "interrupted"))
    queue.table.change(run_id, RESUMABLE, state="waiting")  # nobody who submits is there to start a worker
    assert not process.is_locked(queue.worker_lock)
    wake.clear()
    open_page("start")
    wait(lambda: queue.job(run_id).state == "running")
