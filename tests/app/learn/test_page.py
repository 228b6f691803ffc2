"""The Learn page: six steps on the bundled run, whatever else there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.learn.services import freezing as learn_freezing
from app.learn.services import lesson as learn
from app.learn.services import live_lesson
from app.learn.services import task as learn_task
from app.shared.services import access, catalog
from app.shared.services.access import Role, User
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
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


def bundled() -> RunView:
    folder = learn.bundled()
    assert folder is not None
    return RunView(RunReader(folder))


def test_buttons_lead_through_all_steps(lesson: AppTest) -> None:
    test = go(lesson)
    for number, title in enumerate(learn.STEPS, 1):
        assert [element.value for element in test.title] == [title]
        assert test.segmented_control(key="url.step").label == f"Step {number} of 6"
        assert not test.warning
        formulas = sum("$$" in str(element.value) for element in [*test.markdown, *test.latex])
        assert bool(formulas) == (number in (2, 3, 4, 5))
        if number < len(learn.STEPS):
            test.button(key="learn.Next").click().run()
            assert test.query_params["step"] == str(number + 1)
    assert test.button(key="learn.Next").disabled
    test.button(key="learn.Previous").click().run()
    assert [element.value for element in test.title] == [learn.STEPS[4]]


def test_threshold_freezes_pictures(lesson: AppTest) -> None:
    run = bundled()
    found = learn_freezing.pictures(run, open_dataset(run))
    for delta in ("0.70", "0.90"):
        test = go(lesson, step=3, delta=delta)
        judged = found.judged(float(delta))
        assert judged is not None
        shown = {metric.label: metric.value for metric in test.metric}
        assert shown == {
            "Frozen": str(judged.frozen),
            "Precision": f"{judged.precision:.0%}",
            "Recall": f"{judged.recall:.0%}",
        }
    assert test.select_slider(key="url.delta").value == "0.90"


def test_epochs_can_be_played(lesson: AppTest) -> None:
    test = go(lesson, step=4)
    assert test.slider(key="learn.epoch").value == 49
    test.slider(key="learn.epoch").set_value(12).run()
    assert [metric.value for metric in test.metric] == ["0%", "80%"]
    test.slider(key="learn.epoch").set_value(49).run()
    test.button(key="learn.play").click().run()
    assert test.button(key="learn.play").label == "Pause"
    assert test.slider(key="learn.epoch").value < 5  # from the beginning again


def test_training_live_waits_in_the_queue(lesson: AppTest) -> None:
    test = go(lesson, step=4)
    test.button(key="learn.train").click().run()
    assert not test.exception
    assert RunQueue(runs_folder()).jobs() == []  # a lesson is nobody's run
    (job,) = RunQueue(live_lesson.root()).jobs()
    assert test.query_params["training"] == job.run_id
    assert (job.data, job.preset, job.settings["freezing.every"]) == ("demo", "default", "1")
    assert "learn.train" not in {button.key for button in test.button}
    assert "takes its turn" in sentences(test)


def test_viewers_are_told_why_they_cannot_train(lesson: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "local", lambda name: User(name=name, role=Role.VIEWER))
    assert "Training live is for admins" in sentences(go(lesson, step=4))


def test_a_training_is_followed_and_then_played(lesson: AppTest, make_run: MakeRun) -> None:
    make_run(".lessons/moving", state="running")
    make_run(".lessons/done")
    go(lesson, step=4, training="moving")
    assert not lesson.slider
    assert "Gabon" not in sentences(lesson)
    go(lesson, training="done")
    assert lesson.slider(key="learn.epoch").label == "Epoch of done"
    lesson.button(key="learn.recorded").click().run()
    assert lesson.slider(key="learn.epoch").label == "Epoch of atlas"
    assert "no longer kept" in sentences(go(lesson, training="nothing"))


def test_lessons_are_no_runs_and_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun, lesson: AppTest
) -> None:
    run = bundled()
    pair = open_dataset(run).pair
    assert pair is not None
    run_id = live_lesson.start(User(name="ada", role=Role.ADMIN), pair)
    make_run(f".lessons/{run_id}")
    assert run_id not in catalog.run_folders()
    assert live_lesson.sweep() == []  # it has not ended
    queue = RunQueue(live_lesson.root())
    queue.cancel(run_id)
    assert live_lesson.sweep() == []  # it has just ended, somebody may still play it
    later = time.time() + live_lesson.KEPT_SECONDS + 60
    assert live_lesson.sweep(later) == [run_id]
    assert not (live_lesson.root() / run_id).exists()


def test_the_learner_finds_the_over_frozen_pair(lesson: AppTest) -> None:
    found = learn_task.play(bundled(), 0)
    test = go(lesson, step=6)
    assert "Your turn" in sentences(test)
    wrong = 0 if found.answer else 1
    test.button(key=f"learn.pick.{wrong}").click().run()
    assert "Rightly frozen" in sentences(test)
    test.button(key=f"learn.pick.{found.answer}").click().run()
    answer = found.cards[found.answer]
    assert f"from rank **{answer.rank:.0f}** to **{answer.thawed:.0f}**" in sentences(test)
    assert "over-frozen" in sentences(test)
    test.button(key="learn.next").click().run()
    assert "Your turn" in sentences(test)


def test_without_the_bundled_run_it_says_so(
    lesson: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun
) -> None:
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")
    make_run("other")
    assert "needs the run that comes with the app" in sentences(go(lesson, run="other", step=2))
