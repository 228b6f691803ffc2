"""The queue with real workers and real trainings, stopped and killed in every way."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from pmf import processes as process
from pmf.errors import QueueError
from pmf.queue.queue import RunQueue
from pmf.runs.about import read_about
from pmf.runs.reader import RunReader
from tests.pmf.queue.conftest import LONG, MEDIUM, SETTINGS, Submit, epochs_of, kill, pid_in, wait


def states(queue: RunQueue) -> list[str]:
    return [job.state for job in queue.jobs()]


def same_results(queue: RunQueue, one: str, other: str) -> bool:
    first, second = (RunReader(queue.root / run_id) for run_id in (one, other))
    figures = ("source_to_target", "target_to_source")
    return np.array_equal(first.embedding("fused"), second.embedding("fused")) and all(
        first.results()[f] == second.results()[f] for f in figures
    )


def test_two_at_once_and_one_stopped_and_resumed(queue: RunQueue, submit: Submit) -> None:
    queue.set_slots(2)
    whole, stopped, third = submit(MEDIUM), submit(MEDIUM), submit(LONG)
    wait(lambda: epochs_of(queue, stopped) > 3)
    assert states(queue) == ["running", "running", "waiting"]
    queue.cancel(third)
    queue.stop(stopped)
    queue.stop(stopped)  # asked once: a second signal would cut the epoch short
    wait(lambda: queue.job(stopped).state == "stopped")
    reached = epochs_of(queue, stopped)
    assert 3 < reached < 60
    assert "request" in queue.job(stopped).message
    assert RunReader(queue.root / stopped).state().epoch == reached - 1
    queue.set_slots(1)  # other threads than before would give other figures
    queue.resume(stopped, "bob")
    wait(lambda: states(queue) == ["finished", "finished", "cancelled"])
    assert queue.job(stopped).user == "bob"
    assert queue.job(stopped).threads == queue.job(whole).threads > 0
    assert epochs_of(queue, stopped) == 60  # none was trained twice
    assert same_results(queue, whole, stopped)


def test_a_killed_worker_is_replaced_and_its_training_lives_on(queue: RunQueue, submit: Submit) -> None:
    run_id, last = submit(LONG), submit(LONG)
    wait(lambda: epochs_of(queue, run_id) > 1)
    training = pid_in(queue.lock_of(run_id))
    kill(queue.worker_lock)
    other = RunQueue(queue.root)
    assert [job.state for job in other.jobs()] == ["running", "waiting"]
    other.ensure_worker()
    pid_in(queue.worker_lock)
    before = epochs_of(queue, run_id)
    wait(lambda: epochs_of(queue, run_id) > before)
    assert pid_in(queue.lock_of(run_id)) == training  # not started twice
    other.cancel(last)
    other.kill(run_id)
    wait(lambda: states(queue) == ["interrupted", "cancelled"])
    assert "Killed on request after epoch" in queue.job(run_id).message
    wait(lambda: not process.is_locked(queue.worker_lock))
    shutil.rmtree(queue.root / ".queue")  # a run that the queue does not know, as one of the command line
    assert queue.jobs() == []
    queue.resume(run_id)
    wait(lambda: states(queue) == ["running"])


def test_everything_killed_is_interrupted_and_resumes_to_the_same_figures(queue: RunQueue, submit: Submit) -> None:
    broken, other = submit(MEDIUM, user="ann@example.org", name="The first"), submit(MEDIUM)
    wait(lambda: epochs_of(queue, broken) > 4)
    kill(queue.worker_lock)
    kill(queue.lock_of(broken))
    assert states(queue) == ["interrupted", "waiting"]
    job = queue.job(broken)
    assert "without a word after epoch" in job.message
    assert (job.user, job.name, read_about(queue.root / broken).name) == ("ann@example.org", "The first", "The first")
    assert job.started < job.ended
    queue.ensure_worker()  # what waits needs nobody's permission; what was interrupted does
    queue.resume(broken)
    wait(lambda: states(queue) == ["finished", "finished"])
    first, second = queue.job(other), queue.job(broken)
    assert first.started < first.ended <= second.started < second.ended  # one at once, a resumed one is last
    assert same_results(queue, broken, other)
    assert '"hits@1"' in queue.log(broken)
    wait(lambda: not process.is_locked(queue.worker_lock))  # nothing is left to do
    with pytest.raises(QueueError, match="cannot be resumed: it is finished"):
        queue.resume(broken)
    with pytest.raises(QueueError, match="cannot be stopped: it is finished"):
        queue.stop(other)


def test_five_from_two_places_at_once(queue: RunQueue, tiny_data: Path) -> None:
    places = [RunQueue(queue.root), RunQueue(queue.root)]
    ready, ids = threading.Barrier(5), []

    def put(place: RunQueue) -> None:
        ready.wait()
        ids.append(place.submit(data=str(tiny_data), preset="default", settings=LONG))

    threads = [threading.Thread(target=put, args=(places[i % 2],)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 5
    wait(lambda: "running" in states(queue))
    running, *waiting = queue.jobs()
    assert [job.state for job in waiting] == ["waiting"] * 4
    for job in waiting:
        places[0].cancel(job.run_id)
    places[1].kill(running.run_id)
    wait(lambda: not process.is_locked(queue.worker_lock))
    assert states(queue)[1:] == ["cancelled"] * 4
    assert [path.name for path in queue.root.iterdir() if path.name != ".queue"] == [running.run_id]


def test_a_training_that_dies_before_its_run_says_why(queue: RunQueue, tiny_data: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(tiny_data, tmp_path / "set"))
    (data / "ent_links").write_text("broken\n")
    run_id = queue.submit(data=str(data), preset="default", settings=SETTINGS)
    wait(lambda: queue.job(run_id).state == "failed")
    assert "ent_links:1: expected" in queue.job(run_id).message
    assert "ent_links:1: expected" in queue.log(run_id)
    shutil.copy(tiny_data / "ent_links", data / "ent_links")
    queue.resume(run_id)
    wait(lambda: queue.job(run_id).state == "running")
    queue.kill(run_id)
    wait(lambda: queue.job(run_id).state in ("stopped", "interrupted"))
