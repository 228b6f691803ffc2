"""The Learn page: what it sends to the browser, and the trainings that lessons start."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.learn.services import lesson as learn
from app.learn.services import live_lesson
from app.learn.services.words import TITLES
from app.learn.widgets import stage
from app.shared.services import access, catalog
from app.shared.services.access import Role, User
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import as_text
from pmf.places import runs_folder
from pmf.queue.queue import RunQueue
from pmf.runs.reader import RunReader
from tests.app.pages import go, sentences, session

MakeRun = Callable[..., Path]


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page before its first run; own runs lie where `make_run` puts them, and nothing is trained."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(RunQueue, "ensure_worker", lambda self: None)
    return session("learn")


def sent(test: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser got: "lesson", "pictures" and "live"."""
    data = [json.loads(component.proto.json) for component in test.get("bidi_component") if component.proto.json]
    return {one["kind"]: one for one in data if "kind" in one}


def test_the_browser_gets_the_lesson_its_pictures_and_no_training(lesson: AppTest) -> None:
    got = sent(go(lesson))
    assert [step["title"] for step in got["lesson"]["steps"]] == list(TITLES)
    assert got["lesson"]["run"] == learn.LESSON
    assert got["pictures"]["pictures"]
    assert (got["live"]["training"], got["live"]["why"]) == (None, "")


def test_training_live_waits_in_a_queue_of_its_own(lesson: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter([("cap", False)])
    monkeypatch.setattr(stage, "live", lambda *_: next(asked, (None, False)))
    test = go(lesson)
    assert not test.exception
    assert RunQueue(runs_folder()).jobs() == []  # a lesson is nobody's run
    (job,) = RunQueue(live_lesson.root()).jobs()
    assert test.query_params["training"] == job.run_id


def test_training_live_changes_one_thing(lesson: AppTest) -> None:
    run = RunView(RunReader(catalog.BUNDLED / learn.LESSON))
    pair = open_dataset(run).pair
    assert pair is not None
    recorded = run.reader.facts.settings
    for name, change in live_lesson.CHANGES.items():
        run_id = live_lesson.start(User(name="ada", role=Role.ADMIN), run, pair, name)
        job = next(job for job in RunQueue(live_lesson.root()).jobs() if job.run_id == run_id)
        changed = {setting for setting, text in job.settings.items() if text != as_text(recorded[setting])}
        assert changed == {"train.project", *change.settings}
        assert (job.preset, job.name) == ("default", change.words)
        assert (job.data == "demo") == (not change.half)


def test_viewers_are_told_why_they_cannot_train(lesson: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "local", lambda name: User(name=name, role=Role.VIEWER))
    assert "Training live is for admins" in sent(go(lesson))["live"]["why"]


def test_a_training_is_followed_to_its_end(lesson: AppTest, make_run: MakeRun) -> None:
    make_run(".lessons/moving", state="running")
    make_run(".lessons/done")
    moving = sent(go(lesson, training="moving"))["live"]["training"]
    assert moving["moves"]
    done = sent(go(lesson, training="done"))["live"]["training"]
    assert not done["moves"]
    assert done["curves"]["last"] == done["curves"]["epochs"] - 1
    gone = sent(go(lesson, training="nothing"))["live"]
    assert "no longer kept" in gone["notice"]
    assert gone["training"] is None


def test_lessons_are_no_runs_and_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun, lesson: AppTest
) -> None:
    folder = learn.bundled()
    assert folder is not None
    run = RunView(RunReader(folder))
    pair = open_dataset(run).pair
    assert pair is not None
    run_id = live_lesson.start(User(name="ada", role=Role.ADMIN), run, pair, "cap")
    make_run(f".lessons/{run_id}")
    assert run_id not in catalog.run_folders()
    assert live_lesson.sweep() == []  # it has not ended
    queue = RunQueue(live_lesson.root())
    queue.cancel(run_id)
    assert live_lesson.sweep() == []  # it has just ended, somebody may still look at it
    later = time.time() + live_lesson.KEPT_SECONDS + 60
    assert live_lesson.sweep(later) == [run_id]
    assert not (live_lesson.root() / run_id).exists()


def test_without_the_bundled_run_it_says_so(
    lesson: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun
) -> None:
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")
    make_run("other")
    assert "needs the run that comes with the app" in sentences(go(lesson, run="other"))
