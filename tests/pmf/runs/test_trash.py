"""Deleted runs and how they come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.errors import RunFormatError, RunLockedError
from pmf.runs import layout
from pmf.runs.lock import RunLock
from pmf.runs.reader import find_runs
from pmf.runs.trash import empty_trash, in_trash, move_to_trash, restore


def run(root: Path, name: str = "run", text: str = "{}") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / layout.CONFIG).write_text(text)
    return folder


def test_there_and_back(tmp_path: Path) -> None:
    gone = move_to_trash(run(tmp_path, text="1"))
    assert gone == tmp_path / ".trash" / "run"
    assert find_runs(tmp_path) == []
    again = move_to_trash(run(tmp_path, text="2"))
    assert again.name == "run-2"
    assert in_trash(tmp_path) == [gone, again]
    run(tmp_path, text="3")
    assert restore(again) == tmp_path / "run-2"
    assert restore(gone) == tmp_path / "run-3"
    assert [(tmp_path / name / layout.CONFIG).read_text() for name in ("run", "run-2", "run-3")] == ["3", "2", "1"]
    assert in_trash(tmp_path) == []


def test_a_run_that_is_written_stays(tmp_path: Path) -> None:
    folder = run(tmp_path)
    with RunLock(folder), pytest.raises(RunLockedError):
        move_to_trash(folder)
    assert (folder / layout.CONFIG).exists()


def test_a_start_that_failed_can_go_too(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / layout.PROCESS_LOG).write_text("pmf: no such data")
    assert move_to_trash(tmp_path / "run").is_dir()


def test_nothing_but_runs_is_moved(tmp_path: Path) -> None:
    outside = run(tmp_path / "elsewhere")
    root = tmp_path / "runs"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "plain").mkdir()
    run(root, ".queue")
    for name in ("link", "plain", "nothing", ".queue", "."):
        with pytest.raises(RunFormatError, match="no run folder"):
            move_to_trash(root / name)
    trash = root / ".trash"
    trash.mkdir()
    (trash / "link").symlink_to(outside)
    for path in (trash / "link", trash / "nothing", outside, trash / ".."):
        with pytest.raises(RunFormatError, match="no deleted run"):
            restore(path)


def test_emptying_takes_runs_and_nothing_behind_a_link(tmp_path: Path) -> None:
    outside = run(tmp_path / "elsewhere")
    root = tmp_path / "runs"
    move_to_trash(run(root, "one"))
    (root / ".trash" / "one" / "link").symlink_to(outside)
    move_to_trash(run(root, "two"))
    assert empty_trash(root) == 2
    assert empty_trash(root) == 0
    assert (outside / layout.CONFIG).exists()
    assert list((root / ".trash").iterdir()) == []
