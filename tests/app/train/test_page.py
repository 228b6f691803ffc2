"""The Train page: one click on the bundled data, every setting, and what cannot be trained."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import training_plan as plan
from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.queue.job import Job
from pmf.queue.queue import RunQueue
from tests.app.pages import press, ran, sentences

OpenTrain = Callable[..., AppTest]


def labels(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def traces(test: AppTest) -> dict[str, dict[str, Any]]:
    """Traces of the first figure on the page, by name."""
    return {trace["name"]: trace for trace in json.loads(test.get("plotly_chart")[0].proto.spec)["data"]}


def numbers(packed: dict[str, str]) -> np.ndarray:
    """An array of a figure, as it goes to the browser."""
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])


def resolved(job: Job) -> Config:
    return Config(data=job.data, preset=job.preset).with_settings({**preset(job.preset), **job.settings})


def test_one_click_trains_the_bundled_data(open_train: OpenTrain, queue: RunQueue) -> None:
    test = open_train()
    assert "25 epochs on atlas" in sentences(test)
    test.text_input(key="train_form.name").set_value(" my *first* ")
    press(test, "Train")
    (job,) = queue.jobs()
    assert (job.data, job.preset, job.state, job.name) == ("demo", "default", "waiting", "my *first*")
    assert "my *first*" in [element.value.replace("\\", "") for element in test.header]
    assert dict(job.settings) == plan.DEMO_SETTINGS | {"modalities": "structure,relation,attribute,image"}
    assert test.query_params["run"] == job.run_id
    assert test.query_params["tab"] == "watch"
    assert "Cancel" in labels(test)


def test_every_setting_has_a_widget_with_its_meaning(open_train: OpenTrain) -> None:
    test = open_train(data="own/twelve", seed_ratio=0.6)
    kinds = (test.number_input, test.selectbox, test.text_input, test.toggle, test.slider, test.button_group)
    shown = {str(widget.key).removeprefix("url.") for widgets in kinds for widget in widgets}
    assert set(plan.offered()) - shown == {"split", "modalities"} - shown
    words = sentences(test)
    for name in ("train.batch_size", "freezing.guard", "loss.temperature", "evaluation.scope", "pivots"):
        assert plan.OPTIONS[name].meaning in words
    assert test.slider(key="url.freezing.cap").help == plan.OPTIONS["freezing.cap"].meaning


def test_the_curve_follows_what_is_set(open_train: OpenTrain) -> None:
    test = open_train()
    assert max(numbers(traces(test)["δ of every modality"]["y"])) == pytest.approx(0.9)
    ran(test.slider(key="url.freezing.cap").set_value(0.4).run())
    assert max(numbers(traces(test)["δ of every modality"]["y"])) == pytest.approx(0.4)
    ran(test.number_input(key="url.freezing.start_epoch").set_value(20).run())
    assert min(numbers(traces(test)["δ of every modality"]["x"])) == 20
    ran(test.toggle(key="url.freezing.enabled").set_value(False).run())
    assert not test.get("plotly_chart")
    assert "Freezing is off" in sentences(test)


def test_a_plan_has_a_permalink(open_train: OpenTrain, queue: RunQueue) -> None:
    test = open_train()
    ran(test.number_input(key="url.train.epochs").set_value(20).run())
    ran(test.selectbox(key="url.model.attention").set_value("gatconv").run())
    ran(test.number_input(key="url.train.learning_rate").set_value(0.002).run())
    changed = set(test.query_params) - {"data", "preset", "tab"}
    assert changed == {"train.epochs", "model.attention", "train.learning_rate"}
    again = open_train(**{name.replace(".", "__"): test.query_params[name] for name in test.query_params})
    assert again.number_input(key="url.train.freeze_epochs").value == 20
    press(again, "Train")
    config = resolved(queue.jobs()[0])
    assert (config.train.epochs, config.train.freeze_epochs) == (20, 20)
    assert (config.model.attention, config.train.learning_rate) == ("gatconv", 0.002)
    ran(test.selectbox(key="url.model.attention").set_value("published").run())
    assert "model.attention" not in test.query_params


def test_what_differs_from_the_preset_is_shown_before_the_start(open_train: OpenTrain) -> None:
    test = open_train(preset="paper", freezing__cap=0.5, data="own/twelve", seed_ratio=0.6)
    table = next(frame.value for frame in test.dataframe if "Yours" in frame.value)
    assert table.set_index("Setting")["Yours"].to_dict() == {
        "freezing.cap": "0.5",
        "seed_ratio": "0.6",
        "modalities": "structure,relation,attribute,image",
    }
    command = next(code.value for code in test.code if "pmf train" in code.value)
    assert "--preset paper" in command
    assert "--set freezing.cap=0.5" in command


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"train__epochs": 10, "train__freeze_epochs": 20}, "freeze_epochs must lie in 1 … train.epochs (10), got 20"),
        ({"modalities": "none"}, "Choose at least one modality"),
        ({"train__batch_size": 0}, "train.batch_size must be above 0, got 0"),
        ({"features__image_encoder": "magic"}, "features.image_encoder must be descriptor"),
        ({"model__propagation": 1}, "model.propagation must lie in [0, 1)"),
        ({"device": "abacus"}, "device must be auto, cpu or cuda"),
        ({"modalities": "structure,name"}, "set as features.word_vectors"),
        ({"modalities": "name", "features__word_vectors": "/nowhere"}, "names no file: /nowhere"),
    ],
)
def test_what_cannot_be_trained_is_explained_first(
    open_train: OpenTrain, parameters: dict[str, object], said: str
) -> None:
    test = open_train(**parameters)
    assert said in sentences(test)
    assert test.button(key="train_start.start").disabled
    assert test.button(key="train_start.estimate").disabled


@pytest.mark.parametrize(
    "parameters",
    [
        {"train__epochs": "many", "preset": "nobody's", "freezing__cap": "7", "seed_ratio": "2", "seed": "<b>"},
        {"model__attention": "**x**", "freezing__guard": "maybe", "modalities": "structure,<script>", "tab": "?"},
        {"loss__temperature": "nan", "train__learning_rate": "1e999", "train__freeze_epochs": "-1", "split": "x"},
    ],
)
def test_nonsense_in_the_address_bar_is_passed_over(open_train: OpenTrain, parameters: dict[str, object]) -> None:
    test = open_train(**parameters)
    assert "epochs on atlas" in sentences(test)
    assert not test.button(key="train_start.start").disabled


def test_no_such_data_set_is_one_sentence(open_train: OpenTrain) -> None:
    assert "a data set folder" in sentences(open_train(data="/nowhere/at/all"))


def test_an_estimate_comes_from_a_real_calibration(open_train: OpenTrain, queue: RunQueue) -> None:
    test = open_train(
        data="own/twelve",
        seed_ratio=0.6,
        modalities="structure,attribute",
        model__width=8,
        model__label_width=8,
        train__epochs=4,
        train__project="false",
        freezing__start_epoch=1,
    )
    press(test, "Estimate")
    matched = re.search(r"About \*\*([\d.]+) s\*\* in all: ([\d.]+) s an epoch; ([\d.]+) GB of memory", sentences(test))
    assert matched
    total, epoch, memory = map(float, matched.groups())
    assert 4 * epoch <= total + 0.5
    assert 0.05 < memory < 4
    assert not queue.jobs()
    ran(test.number_input(key="url.train.epochs").set_value(3).run())
    assert "in all" not in sentences(test)  # that was of another plan


def test_what_it_would_take_is_there_at_once(open_train: OpenTrain) -> None:
    test = open_train(data="demo")
    assert re.search(r"About \*\*\d+ s\*\*: training [\d.]+ s · drawing maps", sentences(test))
    assert "From the run atlas on these data; refined while it trains" in sentences(test)


def test_what_is_used_is_said_before_the_start(open_train: OpenTrain) -> None:
    test = open_train(data="demo")
    said = " ".join(block.value for block in test.markdown).replace("\\", "")
    assert "structure: used; all entities have a neighbour" in said
    assert "links: 663 known; 179 train, 20 validate, 464 test" in said
    assert "char: not used: this is the bundled example, and names would give the answer away" in said
