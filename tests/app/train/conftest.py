"""The Train page over a queue that nobody works on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pmf.queue.queue import RunQueue
from tests.app.pages import open_page

OpenTrain = Callable[..., AppTest]


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> RunQueue:
    """The queue of the runs folder, which nobody works on: what is submitted waits."""
    shutil.copytree(data_folder, tmp_path / "data" / "own" / "twelve")
    monkeypatch.setenv("PMF_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(RunQueue, "ensure_worker", lambda self: None)
    return RunQueue(tmp_path / "runs")


@pytest.fixture
def open_train(queue: RunQueue) -> OpenTrain:
    """Opens the page with query parameters."""

    def open_(**parameters: object) -> AppTest:
        return open_page("train", **{name.replace("__", "."): value for name, value in parameters.items()})

    return open_
