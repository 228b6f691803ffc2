"""What the queue says and refuses without starting anything: states on disk, damaged files, the command line."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pmf import processes as process
from pmf.cli import main
from pmf.errors import ConfigError, QueueError
from pmf.queue.job import Job, JobState
from pmf.queue.outcome import outcome
from pmf.queue.queue import RunQueue
from pmf.runs import layout


def job(run_id: str, state: JobState, **values: object) -> Job:
    return Job(**{"run_id": run_id, "state": state, "data": "demo", "preset": "default", "submitted": 1.0, **values})


@pytest.fixture
def still(tmp_path: Path) -> RunQueue:
    """One job in every state that needs no process."""
    queue = RunQueue(tmp_path / "runs")
    for state in ("finished", "failed", "stopped", "interrupted", "cancelled"):
        assert queue.table.add(job(state, state, started=2.0, ended=3.0, settings={"seed": "1"}))
    return queue


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    queue = RunQueue(tmp_path / "runs")
    assert (queue.jobs(), queue.slots, queue.log("x")) == ([], 1, "")
    queue.ensure_worker()
    with pytest.raises(QueueError, match="there is no training x"):
        queue.job("x")
    assert not queue.root.exists()


def test_what_is_kept_is_read_again(still: RunQueue) -> None:
    again = RunQueue(still.root)
    assert again.jobs() == still.jobs()
    assert again.job("failed").settings == {"seed": "1"}
    assert not again.table.add(job("failed", "waiting"))  # the id is taken
    again.set_slots(3)
    assert still.slots == 3
    for slots in (0, 65):
        with pytest.raises(ConfigError, match="from 1 to 64 trainings"):
            again.set_slots(slots)
    still.table.forget(2.5)
    assert len(still.jobs()) == 5
    still.table.forget(3.5)
    assert still.jobs() == []


@pytest.mark.parametrize("state", ["finished", "failed", "stopped", "interrupted", "cancelled"])
def test_what_does_not_run_is_neither_stopped_nor_cancelled(still: RunQueue, state: str) -> None:
    for act in (still.stop, still.kill, still.cancel):
        with pytest.raises(QueueError, match=f"{state} cannot be .*: it is {state}"):
            act(state)
    assert still.job(state).state == state


@pytest.mark.parametrize("run_id", ["", ".", "..", "../x", "/etc", "a/b", ".queue", "x\0y"])
def test_an_id_stays_in_the_runs_folder(still: RunQueue, run_id: str) -> None:
    for act in (still.log, still.folder_of, still.lock_of, still.resume):
        with pytest.raises(QueueError, match="is no run id"):
            act(run_id)


def test_bad_plans_are_refused_before_they_wait(tmp_path: Path) -> None:
    queue = RunQueue(tmp_path)
    for data, preset, settings, name, said in (
        ("", "default", {}, "", "say what to train on"),
        ("demo", "best", {}, "", "unknown preset best"),
        ("demo", "default", {"train.epok": "3"}, "", "there is no setting train.epok"),
        ("demo", "default", {"train.epochs": "0"}, "", "train.freeze_epochs"),
        ("demo", "default", {}, "x" * 101, "at most 100 characters"),
    ):
        with pytest.raises(ConfigError, match=said):
            queue.submit(data=data, preset=preset, settings=settings, name=name)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_or_newer_file_is_one_sentence(still: RunQueue) -> None:
    path = still.table.path
    whole = path.read_bytes()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(QueueError, match=r"jobs\.sqlite is damaged: .*; move it away"):
        still.jobs()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(QueueError, match=r"jobs\.sqlite is damaged: .*; move it away"):
        still.jobs()
    path.write_bytes(whole)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE job SET settings = '{' WHERE run_id = 'failed'")
    with pytest.raises(QueueError, match="is damaged"):
        still.jobs()
    with connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(QueueError, match="has version 2, this program reads 1; move it away"):
        still.jobs()


def test_a_kill_while_the_file_was_made_leaves_a_queue(tmp_path: Path) -> None:
    queue = RunQueue(tmp_path)
    queue.table.path.parent.mkdir()
    queue.table.path.touch()
    assert queue.jobs() == []
    assert queue.table.add(job("a", "stopped"))


def test_a_lock_is_one_s_own_and_ends_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "a"
    assert not process.is_locked(path)
    lock = process.try_lock(path)
    assert lock is not None
    assert process.is_locked(path)
    assert process.try_lock(path) is None
    held = process.start(["queue", "--help"], tmp_path / "log", cwd=str(tmp_path), lock=lock)
    os.close(lock)
    assert held.wait(60) == 0
    assert path.read_text() == str(held.pid)
    assert not process.is_locked(path)
    assert "python -m pmf queue" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("log", "request_", "state", "says"),
    [
        ("", "", "interrupted", "without a word before its first epoch"),
        ("reading\n", "stop", "stopped", "Stopped on request before its first epoch"),
        ("pmf: interrupted\n", "stop", "stopped", "Stopped on request"),
        ("reading\n", "kill", "stopped", "Killed on request before"),
        ("pmf: x:1: expected a link, got nothing\n", "", "failed", "x:1: expected a link, got nothing"),
        ("pmf: no such data\n", "stop", "failed", "no such data"),
        ("Traceback (most recent call last):\n  …\nKeyError: 3\n", "", "failed", "KeyError: 3"),
    ],
)
def test_what_became_of_a_process_without_a_run(tmp_path: Path, log: str, request_: str, state: str, says: str) -> None:
    (tmp_path / layout.PROCESS_LOG).write_text(log)
    found, message = outcome(tmp_path, job("a", "running", started=time.time(), request=request_))
    assert found == state
    assert says in message


def test_a_run_that_was_not_touched_again_is_told_by_its_log(tmp_path: Path) -> None:
    """The state in its folder is of the process before."""
    (tmp_path / layout.CONFIG).write_text("{")
    (tmp_path / layout.EVENTS).write_text('{"kind": "state", "state": "stopped"}\n')
    os.utime(tmp_path / layout.EVENTS, (1000, 1000))
    (tmp_path / layout.PROCESS_LOG).write_text("pmf: the data have gone\n")
    assert outcome(tmp_path, job("a", "running", started=2000.0)) == ("failed", "the data have gone")
    state, message = outcome(tmp_path, job("a", "running", started=500.0))  # now it is its own, and damaged
    assert (state, "config.json cannot be read" in message) == ("failed", True)


def test_a_running_job_without_a_process_is_settled_for_good(still: RunQueue) -> None:
    still.table.add(job("gone", "running", started=5.0))
    (still.root / "gone").mkdir()
    (still.root / "gone" / layout.PROCESS_LOG).write_text("pmf: no such folder\n")
    entry = still.job("gone")
    assert (entry.state, entry.message) == ("failed", "no such folder")
    assert entry.ended == pytest.approx(time.time(), abs=60)
    assert next(kept for kept in still.table.jobs() if kept.run_id == "gone") == entry


Pmf = Callable[..., tuple[int, str, str]]


@pytest.fixture
def pmf(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Pmf]:
    """Runs `pmf queue …` in this process: status, stdout, stderr."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    handler = signal.getsignal(signal.SIGTERM)

    def pmf_(*arguments: str | Path) -> tuple[int, str, str]:
        status = main(["queue", "--quiet", *map(str, arguments)])
        return (status, *capsys.readouterr())

    yield pmf_
    signal.signal(signal.SIGTERM, handler)


def test_the_command_line(still: RunQueue, pmf: Pmf) -> None:
    listed = json.loads(pmf("--root", still.root, "list", "--json")[1])
    assert listed["slots"] == 1
    assert [found["run_id"] for found in listed["jobs"]][-1] == "cancelled"
    assert json.loads(pmf("--root", still.root, "--json")[1]) == listed
    text = pmf("--root", still.root)[1]
    assert "interrupted" in text
    assert "5 trainings, 0 waiting; 1 at once" in text
    assert json.loads(pmf("--root", still.root, "slots", "2", "--json")[1]) == {"slots": 2}
    assert pmf("--root", still.root, "work") == (0, "", "")  # nothing to do


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stop", "failed"), "failed cannot be stopped: it is failed"),
        (("kill", "failed"), "failed cannot be killed: it is failed"),
        (("cancel", "nobody"), "there is no training nobody"),
        (("resume", "finished"), "finished cannot be resumed: it is finished"),
        (("add", "--set", "seed=1"), "say what to train on"),
        (("add", "--data", "demo", "--set", "x=1"), "there is no setting x"),
        (("slots", "0"), "from 1 to 64 trainings can run at once, got 0"),
    ],
)
def test_the_command_line_says_in_one_line_what_cannot_be(
    still: RunQueue, pmf: Pmf, arguments: tuple[str, ...], said: str
) -> None:
    before = still.jobs()
    status, output, error = pmf("--root", still.root, *arguments)
    assert (status, output) == (2, "")
    assert error.startswith(f"pmf: {said}")
    assert error.count("\n") == 1
    assert still.jobs() == before


def test_the_command_line_adds_cancels_and_resumes(still: RunQueue, pmf: Pmf) -> None:
    lock = process.try_lock(still.worker_lock)  # a worker that has not come to it yet
    assert lock is not None
    status, printed, _ = pmf("--root", still.root, "add", "--data", "demo", "--name", "Mine", "--set", "seed=3")
    run_id = printed.strip()
    assert (status, run_id.startswith("demo-default-")) == (0, True)
    entry = still.job(run_id)
    assert (entry.state, entry.name, entry.settings, entry.cwd) == ("waiting", "Mine", {"seed": "3"}, str(Path.cwd()))
    other = json.loads(pmf("--root", still.root, "add", "--json", "--data", "demo")[1])["run_id"]
    assert [job.run_id for job in still.jobs()] == [run_id, other]  # those that ended in 1970 have left the list
    assert "cannot be resumed: it is waiting" in pmf("--root", still.root, "resume", run_id)[2]
    assert pmf("--root", still.root, "cancel", run_id) == (0, f"{run_id}: Never started.\n", "")
    resumed = json.loads(pmf("--root", still.root, "resume", run_id, "--json")[1])
    assert (resumed["state"], resumed["ended"], resumed["message"]) == ("waiting", None, "")
    assert still.job(run_id).queued > still.job(other).queued  # it stands at the end of the line
    os.close(lock)
