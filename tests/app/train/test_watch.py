"""The Train page: trainings that wait, run, have stopped or cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import access
from app.shared.services.access import Role, User
from pmf.processes import try_lock
from pmf.queue.queue import RunQueue
from pmf.runs import layout
from tests.app.pages import press, ran, sentences
from tests.app.train.test_page import labels

OpenTrain = Callable[..., AppTest]


MakeRun = Callable[..., Path]


NEXT = ["See why it fails", "Confirm pairs", "Compare runs", "Take the alignment"]


def test_a_viewer_can_watch_and_nothing_else(
    open_train: OpenTrain, queue: RunQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(open_train(), "Train")
    monkeypatch.setattr(access, "local", lambda name: User(name=name, role=Role.VIEWER))
    test = open_train()
    assert test.button(key="train_start.start").disabled
    assert "Training is for admins" in sentences(test)
    test = open_train(tab="watch")
    assert not {"Cancel", "Stop", "Kill it", "Resume"} & set(labels(test))
    assert test.number_input(key="train_queue.slots").disabled
    assert queue.jobs()[0].run_id in sentences(test)


def test_waiting_cancelled_and_waiting_again(open_train: OpenTrain, queue: RunQueue) -> None:
    test = press(open_train(), "Train")
    assert [badge for badge in labels(test) if badge in ("Cancel", "Resume")] == ["Cancel", "Cancel"]
    press(test, "Cancel")
    assert queue.jobs()[0].state == "cancelled"
    press(test, "Resume")
    assert queue.jobs()[0].state == "waiting"


def test_a_running_one_can_be_stopped_and_a_kill_asks(
    open_train: OpenTrain, queue: RunQueue, make_run: MakeRun
) -> None:
    press(open_train(), "Train")
    (job,) = queue.jobs()
    make_run(job.run_id, state="running")
    lock = try_lock(queue.lock_of(job.run_id))  # as the training's process would hold it
    assert lock is not None
    queue.table.change(job.run_id, ("waiting",), state="running", started=1.0)
    test = open_train(tab="watch", run=job.run_id)
    assert {"Stop", "Kill it"} <= set(labels(test))
    assert "Resume" not in labels(test)
    assert "is lost" in sentences(test)
    assert "Share of entities frozen" in test.get("plotly_chart")[0].proto.spec
    assert "epoch **4** of 8" in test.get("progress")[0].proto.text


def test_how_many_at_once_is_kept(open_train: OpenTrain, queue: RunQueue) -> None:
    test = open_train(tab="watch")
    ran(test.number_input(key="train_queue.slots").set_value(3).run())
    assert queue.slots == 3
    queue.set_slots(2)  # from another tab
    assert ran(test.run()).number_input(key="train_queue.slots").value == 2
    assert queue.slots == 2


def test_nothing_to_watch(open_train: OpenTrain) -> None:
    assert "You have not trained anything yet" in sentences(open_train(tab="watch"))


def test_watching_the_bundled_run(open_train: OpenTrain) -> None:
    test = open_train(run="atlas")
    words = sentences(test)
    assert "Frozen last:** image of these, in epoch 22" in words
    assert "Resume" not in labels(test)
    assert test.warning[0].value.startswith("**This run puts the right counterpart first for 90")
    links = [link.proto.label for link in test.get("page_link")]
    assert [label for label in links if label in NEXT] == NEXT
    titles = [json.loads(figure.proto.spec)["layout"]["title"]["text"] for figure in test.get("plotly_chart")]
    assert titles == [
        "Share of entities frozen and missing",
        "Parts of the loss",
        "Hits@1 on validation links while training",
    ]
    assert "nothing yet" in [code.value for code in test.code]


def test_an_interrupted_run_says_so_and_offers_to_go_on(
    open_train: OpenTrain, make_run: MakeRun, queue: RunQueue
) -> None:
    make_run("cut", state="interrupted")
    (queue.root / "cut" / layout.PROCESS_LOG).write_text("<script>alert(1)</script>")
    test = open_train(run="cut")
    assert "resume it to go on" in sentences(test)
    assert "<script>alert(1)</script>" in [code.value for code in test.code]
    press(test, "Resume")
    assert [(job.run_id, job.state) for job in queue.jobs()] == [("cut", "waiting")]


@pytest.mark.parametrize("run_id", ["other", "../x", "**b** <i>"])
def test_an_unknown_training_is_one_sentence(open_train: OpenTrain, run_id: str) -> None:
    assert f"There is no training called “{run_id}”" in sentences(open_train(run=run_id))


def test_a_damaged_run_is_one_sentence(open_train: OpenTrain, make_run: MakeRun) -> None:
    file = make_run("old") / layout.CONFIG
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    assert "this version reads format 1" in sentences(open_train(run="old"))


def test_a_damaged_queue_is_one_sentence(open_train: OpenTrain, queue: RunQueue) -> None:
    queue.set_slots(2)
    (queue.root / ".queue" / "jobs.sqlite").write_bytes(b"no database at all" * 100)
    assert "jobs.sqlite" in sentences(open_train(tab="watch"))
