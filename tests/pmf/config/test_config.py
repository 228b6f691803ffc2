from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import pmf
from pmf import errors
from pmf.config.config import Config, setting_names
from pmf.config.presets import PRESETS, preset, settings_of
from pmf.errors import ConfigError

PACKAGE = Path(pmf.__file__).parent


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_config_survives_json(name: str) -> None:
    config = Config(data="somewhere", preset=name, modalities=("image", "structure")).with_settings(preset(name))
    assert config.modalities == ("structure", "image")  # in the order of MODALITIES
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_settings_are_read_by_their_type() -> None:
    config = Config(data="x").with_settings(
        {
            "train.epochs": "120",
            "train.learning_rate": "5e-4",
            "train.project": "false",
            "freezing.other_cap": "0.2",
            "modalities": "char,structure",
            "seed": "7",
        }
    )
    assert config.train.epochs == 120
    assert config.train.learning_rate == 5e-4
    assert config.train.project is False
    assert config.freezing.other_cap == 0.2
    assert config.modalities == ("structure", "char")
    assert config.with_settings({"freezing.other_cap": "none"}).freezing.other_cap is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("train.epoch", "3", "there is no setting train.epoch"),
        ("epochs", "3", "there is no setting epochs"),
        ("train", "3", "there is no setting train;"),
        ("train.epochs.more", "3", "there is no setting train.epochs.more"),
        ("train.epochs", "many", "train.epochs must be a int, got many"),
        ("train.learning_rate", "nan", "train.learning_rate must be finite"),
        ("train.learning_rate", "-1", "train.learning_rate must be above 0"),
        ("train.freeze_epochs", "101", "train.freeze_epochs must lie in 1 … train.epochs"),
        ("train.project", "yes", "train.project must be true or false"),
        ("train.selection", "luck", "train.selection must be one of last, validation, test"),
        ("train.warmup", "1", "train.warmup must lie in"),
        ("train.weight_decay", "-1", "train.weight_decay must not be negative"),
        ("train.fanout", "0", "train.fanout must be above 0"),
        ("train.sampling", "often", "train.sampling must be one of auto, never, always"),
        ("train.snapshots", "-1", "train.snapshots must not be negative"),
        ("train.validation_share", "0", "train.validation_share must lie in"),
        ("freezing.cap", "1.5", "freezing.cap must lie in"),
        ("freezing.growth_rate", "0.5", "freezing.growth_rate must be at least 1"),
        ("freezing.start_epoch", "-1", "freezing.start_epoch must not be negative"),
        ("loss.temperature", "0", "loss.temperature must be above 0"),
        ("loss.other_beta", "-1", "must not be negative"),
        ("model.width", "0", "model.width must be above 0"),
        ("model.heads", "0", "model.heads must be above 0"),
        ("model.layers", "0", "model.layers must be above 0"),
        ("evaluation.csls_k", "0", "evaluation.csls_k must be above 0"),
        ("modalities", "structure,smell", "unknown modality smell"),
        ("modalities", "image,image", "must not repeat"),
        ("seed_ratio", "1.1", "seed_ratio must lie in (0, 1]"),
        ("seed_ratio", "30", "seed_ratio must lie in (0, 1], got 30; for 30 % say 0.3"),
        ("seed_ratio", "0", "to start without links: --set seeds=value, name or image"),
        ("seed", "-1", "seed must lie in"),
    ],
)
def test_a_bad_setting_is_one_sentence(name: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        Config(data="x").with_settings({name: value})


def test_no_modalities_and_wrong_types_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least one modality"):
        Config(data="x", modalities=())
    with pytest.raises(ConfigError, match=r"there is no setting train\.colour"):
        Config.from_dict({"data": "x", "train": {"colour": 1}})
    with pytest.raises(ConfigError, match=r"train\.epochs must be a int, got 1.5"):
        Config.from_dict({"data": "x", "train": {"epochs": 1.5}})
    with pytest.raises(ConfigError, match="unknown preset mine"):
        preset("mine")


def test_every_setting_is_read_somewhere() -> None:
    """A field nobody reads is deleted: its name stands in the engine outside the config."""
    written_in = ("config.py", "presets.py", "options.py")
    code = "".join(p.read_text() for p in PACKAGE.rglob("*.py") if p.name not in written_in)
    unread = [name for name in setting_names() if not re.search(rf"\.{name.split('.')[-1]}\b", code)]
    assert unread == []


def test_the_preset_table_is_what_the_presets_say() -> None:
    from pmf.config import presets

    rows = re.findall(r"^\| +\d* +\| (\S+) +\| (.+?) +\| (.+?) +\| (.+?) +\|$", presets.__doc__ or "", re.M)
    assert len(rows) == 23
    for setting, *values in rows:
        section, name = setting.split(".")
        for preset_name, shown in zip(("paper", "published", "default"), values, strict=True):
            config = Config(data="x").with_settings(preset(preset_name))
            actual = getattr(getattr(config, section), name)
            if shown == "as cap":
                assert actual is None
            elif shown != "(no CSLS)":
                assert str(actual) == shown, (setting, preset_name)


def test_the_error_tree_is_drawn_as_it_is() -> None:
    """All of it, wherever in the package it is written, and whatever other tests have imported."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py"))
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    written = [c.name for c in classes if any(isinstance(b, ast.Name) and b.id == "PMFError" for b in c.bases)]
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(written)
    assert {c.__name__ for c in errors.PMFError.__subclasses__()} >= set(drawn)


@pytest.mark.parametrize(
    ("name", "settings", "stages"),
    [
        ("default", {}, (25, 25)),
        ("default", {"train.epochs": "7"}, (7, 7)),
        ("default", {"train.epochs": "40"}, (40, 40)),
        ("default", {"train.epochs": "40", "train.freeze_epochs": "9"}, (40, 9)),
        ("published", {"train.epochs": "70"}, (70, 50)),
        ("published", {"train.epochs": "20"}, (20, 20)),
    ],
)
def test_who_names_the_epochs_alone_need_not_know_of_stages(
    name: str, settings: dict[str, str], stages: tuple[int, int]
) -> None:
    train = Config(data="x").with_settings(settings_of(name, settings)).train
    assert (train.epochs, train.freeze_epochs) == stages
