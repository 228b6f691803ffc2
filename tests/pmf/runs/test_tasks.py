"""Work on a run says how far it is, and how it ended, whatever becomes of its process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from pmf import processes as process
from pmf.errors import ConfigError, RunLockedError
from pmf.runs import layout
from pmf.runs.tasks import TaskStatus, TaskWriter, is_worked_on, lock_of, read_task
from pmf.runs.trash import move_to_trash

HOLD = """
import sys, time
from pathlib import Path
from pmf.runs.tasks import TaskWriter
with TaskWriter(Path(sys.argv[1]), "maps") as work:
    work.progress("half", 1, 2)
    time.sleep(60)
"""


def test_from_nothing_to_the_end(tmp_path: Path) -> None:
    assert read_task(tmp_path, "maps") == TaskStatus()
    with TaskWriter(tmp_path, "maps") as work:
        assert read_task(tmp_path, "maps").state == "running"
        work.progress("first", 0, 4)
        work.progress("first", 1, 4)  # too soon to be written
        assert read_task(tmp_path, "maps") == TaskStatus(state="running", label="first", done=0, total=4)
        work.progress("second", 3, 4)
        assert read_task(tmp_path, "maps").share == 0.75
        work.progress("second", 4, 4)
    assert read_task(tmp_path, "maps") == TaskStatus(state="finished", label="second", done=4, total=4)
    assert read_task(tmp_path, "failures") == TaskStatus()
    assert sorted(path.name for path in (tmp_path / layout.WORK).iterdir()) == ["maps.json", "maps.lock"]


def work_until(error: BaseException, folder: Path) -> None:
    """Work on the maps until an error comes in between."""
    with TaskWriter(folder, "maps") as work:
        work.progress("step", 1, 3)
        raise error


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (ConfigError("No such thing."), "failed", "No such thing."),
        (ValueError("odd"), "failed", "ValueError: odd"),
        (MemoryError(), "failed", "There was not enough memory; end other programs and start it again."),
        (KeyboardInterrupt(), "cancelled", ""),
    ],
)
def test_how_it_ended(tmp_path: Path, error: BaseException, state: str, said: str) -> None:
    with pytest.raises(type(error)):
        work_until(error, tmp_path)
    assert asdict(read_task(tmp_path, "maps")) == {
        "state": state,
        "label": "step",
        "done": 1,
        "total": 3,
        "error": said,
    }
    with TaskWriter(tmp_path, "maps"):
        assert read_task(tmp_path, "maps") == TaskStatus(state="running")


def test_one_process_works_and_a_kill_leaves_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    folder = tmp_path / "run"
    (folder / layout.CONFIG).write_text("{}")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], start_new_session=True):
        deadline = time.monotonic() + 60
        while read_task(folder, "maps").done != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert is_worked_on(folder)
        with pytest.raises(RunLockedError, match="works on the maps"), TaskWriter(folder, "maps"):
            pass
        with pytest.raises(RunLockedError, match="being worked on"):
            move_to_trash(folder)
        with TaskWriter(folder, "failures"):  # another task may go on beside it
            assert read_task(folder, "maps") == TaskStatus(state="running", label="half", done=1, total=2)
        process.send(lock_of(folder, "maps"), signal.SIGKILL)
    work = read_task(folder, "maps")
    assert (work.state, work.done) == ("failed", 1)
    assert "without a word" in work.error
    assert not is_worked_on(folder)
    assert move_to_trash(folder).is_dir()


@pytest.mark.parametrize("text", ["", "[]", '{"state": "finished"}', '{"state": 3, "label": "", "done": "x"}', "\x00"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    with TaskWriter(tmp_path, "maps"):
        pass
    (tmp_path / layout.WORK / "maps.json").write_text(text)
    assert read_task(tmp_path, "maps") == TaskStatus()
