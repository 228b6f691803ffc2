"""What can be chosen for a training: nothing written twice, nothing lost, and the threshold as it will be."""

from __future__ import annotations

import re

import pytest

from app.shared.services import data_sets
from app.shared.services import training_plan as plan
from pmf.config.config import Config, setting_names
from pmf.config.presets import PRESETS, preset
from pmf.errors import ConfigError
from tests.conftest import ROOT


def config_of(name: str, **settings: str) -> Config:
    values = {setting.replace("__", "."): text for setting, text in settings.items()}
    return Config(data="demo", preset=name).with_settings({**preset(name), **values})


def test_every_setting_has_its_meaning() -> None:
    assert {*plan.OPTIONS, "data", "preset"} == set(setting_names())
    for option in plan.OPTIONS.values():
        assert len(option.meaning) > 5
    assert plan.OPTIONS["freezing.growth_rate"].meaning == "factor per scored epoch."


def test_options_know_their_sort() -> None:
    kinds = {name: plan.OPTIONS[name].kind for name in ("freezing.guard", "train.epochs", "loss.temperature", "device")}
    assert kinds == {
        "freezing.guard": "switch",
        "train.epochs": "integer",
        "loss.temperature": "number",
        "device": "text",
    }
    assert plan.OPTIONS["model.attention"].choices == ("published", "gatconv")
    assert plan.OPTIONS["freezing.other_cap"].optional
    assert not plan.OPTIONS["freezing.cap"].optional


@pytest.mark.parametrize("name", PRESETS)
def test_values_survive_text(name: str) -> None:
    config = config_of(name)
    texts = {setting: plan.as_text(plan.value(config, setting)) for setting in plan.OPTIONS}
    assert config.with_settings(texts) == config
    for setting, text in texts.items():
        assert plan.parse(plan.OPTIONS[setting], text) == plan.value(config, setting)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("train.epochs", "many"),
        ("train.epochs", "none"),
        ("train.epochs", "2.5"),
        ("loss.temperature", "nan"),
        ("loss.temperature", "1e999"),
        ("freezing.guard", "perhaps"),
        ("model.attention", "other"),
    ],
)
def test_other_sorts_of_value_are_refused(setting: str, text: str) -> None:
    with pytest.raises(ConfigError, match=rf"{re.escape(setting)} must be .*{re.escape(text)}"):
        plan.parse(plan.OPTIONS[setting], text)


def test_the_bundled_data_set_is_trained_as_by_make_demo() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\ndemo:")[2].partition("atlas_published --preset")[0]
    assert dict(re.findall(r"--set (\S+?)=(\S+)", recipe)) == plan.DEMO_SETTINGS
    assert plan.usual("default", data_sets.DEMO) == preset("default") | plan.DEMO_SETTINGS
    assert plan.usual("default", "elsewhere") == preset("default")


def test_differences_name_what_departs_from_the_preset() -> None:
    rows = plan.differences(config_of("published", freezing__cap="0.5", freezing__other_cap="none", seed="0"))
    assert rows.to_dict("records") == [
        {"Setting": "freezing.cap", "Preset": "0.9", "Yours": "0.5"},
        {"Setting": "freezing.other_cap", "Preset": "0.1", "Yours": "none"},
    ]
    assert plan.differences(config_of("paper")).empty


def test_the_curve_is_the_one_that_training_uses() -> None:
    config = config_of(
        "paper",
        train__epochs="30",
        train__freeze_epochs="20",
        freezing__initial="0.2",
        freezing__growth_rate="1.5",
        freezing__cap="0.6",
        freezing__start_epoch="4",
        freezing__every="3",
    )
    table = plan.threshold_curve(config)
    assert table["epoch"].tolist() == list(range(4, 20))
    assert table["threshold"].tolist()[:4] == pytest.approx([0.2, 0.3, 0.45, 0.6])
    assert set(table["threshold"].tolist()[3:]) == {0.6}
    assert table.loc[table["scored"], "epoch"].tolist() == [4, 7, 10, 13, 16, 19]
    assert set(table["modalities"]) == {"every modality"}


def test_modalities_with_other_caps_have_curves_of_their_own() -> None:
    config = config_of("published", modalities="structure,relation,image")
    last = plan.threshold_curve(config).groupby("modalities", sort=False)["threshold"].last()
    assert last.to_dict() == pytest.approx({"structure, relation": 0.1, "image": 0.9})


def test_no_freezing_no_curve() -> None:
    assert plan.threshold_curve(config_of("default", freezing__enabled="false")).empty
    late = config_of("default", train__epochs="4", train__freeze_epochs="4")
    assert plan.threshold_curve(late).empty
    assert plan.remarks(late) == [
        "Nothing will freeze: relevance is first measured in epoch 5, and stage 1 ends after epoch 3."
    ]


def test_remarks_on_what_is_hardly_meant() -> None:
    assert plan.remarks(config_of("default")) == []
    said = " ".join(
        plan.remarks(config_of("published", train__selection="test", freezing__initial="0.9", freezing__cap="0.4"))
    )
    assert "begins above its cap" in said
    assert "figures flatter" in said
    assert "test ones included" in said


def test_fewer_epochs_freeze_as_large_a_part() -> None:
    paper = config_of("paper")
    assert plan.with_epochs(paper, "20").train.freeze_epochs == 10
    assert plan.with_epochs(paper, "1").train.freeze_epochs == 1
    for text in ("none", "0", "-3", "²"):
        assert plan.with_epochs(paper, text) == paper


def test_a_shared_server_offers_no_setting_that_opens_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "0")
    assert set(plan.NAMES_A_FILE) <= set(plan.offered())
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    assert set(plan.OPTIONS) - set(plan.offered()) == {
        *plan.NAMES_A_FILE,
        *(name for name in plan.OPTIONS if name.startswith("verdicts.")),
    }


def test_the_command_line_says_the_same() -> None:
    line = plan.command("my data", "paper", {"freezing.cap": "0.5"})
    assert line == "python -m pmf train --data 'my data' --preset paper --set freezing.cap=0.5"
