"""Work behind a page, by real processes: started, followed, cancelled, and what is said when it fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.shared.services import background
from app.shared.services.access import NotAllowedError, Role, User
from app.shared.services.run_view import RunView
from pmf import processes as process
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.tasks import TaskStatus, lock_of, log_of

ADMIN = User(name="a", role=Role.ADMIN)
MakeRun = Callable[..., Path]


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    """A run with features of so few entities that its maps need no UMAP."""
    folder = make_run(project=False, modalities=("structure",))
    for name in ("structure", "fused"):
        path = folder / layout.EMBEDDINGS / f"{name}.npy"
        rows = np.load(path)
        rows[10:] = 0
        np.save(path, rows)
    return RunView(RunReader(folder))


def until_it_ended(run: RunView) -> TaskStatus:
    deadline = time.monotonic() + 60
    while (work := background.state(run, "maps")).state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return work


def test_started_twice_it_runs_once_and_ends(run: RunView) -> None:
    assert background.state(run, "maps").state == "idle"
    with pytest.raises(NotAllowedError, match="may not start work on a run"):
        background.start(User(name="v", role=Role.ANNOTATOR), run, "maps")
    background.start(ADMIN, run, "maps")
    background.start(ADMIN, run, "maps")
    assert until_it_ended(run).state == "finished"
    assert run.reader.projection("fused") is not None


def test_cancelled(run: RunView) -> None:
    background.start(ADMIN, run, "maps")
    assert process.is_locked(lock_of(run.reader.folder, "maps"))
    with pytest.raises(NotAllowedError):
        background.cancel(User(name="v", role=Role.VIEWER), run, "maps")
    background.cancel(ADMIN, run, "maps")
    assert until_it_ended(run).state == "cancelled"
    background.cancel(ADMIN, run, "maps")  # of what has ended, nothing is left to cancel


def test_what_went_wrong_is_said(run: RunView) -> None:
    path = run.reader.folder / layout.EMBEDDINGS / "fused.npy"
    path.write_bytes(path.read_bytes()[:-7])
    background.start(ADMIN, run, "maps")
    work = until_it_ended(run)
    assert work.state == "failed"
    assert "fused.npy cannot be read" in work.error


def test_what_cannot_even_start_is_said(run: RunView) -> None:
    (run.reader.folder / layout.CONFIG).write_text("{}")
    with pytest.raises(background.WorkError, match="format None"):
        background.start(ADMIN, run, "maps")
    assert background.state(run, "maps").state == "idle"
    assert "format None" in log_of(run.reader.folder, "maps").read_text()
