"""What can be chosen for a training, what each choice means, and what comes of it, before anything starts."""

from __future__ import annotations

import dataclasses
import shlex
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from app.shared.services import data_sets
from pmf.config.build import hints_of, value_of
from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.errors import ConfigError
from pmf.places import only_root

Kind = Literal["switch", "choice", "integer", "number", "list", "text"]

DEMO_SETTINGS = {"model.width": "64", "model.label_width": "64", "freezing.every": "1"}
"""What the bundled data set is trained with, as `make demo` does: less than a minute, and freezing at every epoch."""

NAMES_A_FILE = ("features.word_vectors", "features.image_encoder")
"""Settings that may open a file of this machine: not offered where people stay in the data root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A setting as something to choose.

    Args:
        name: as on the command line, `section.name`.
        hint: type of its values, as its config class has it.
        meaning: what its config class says of it.
    """

    name: str
    hint: Any
    meaning: str

    @property
    def optional(self) -> bool:
        """Whether it may be none."""
        return typing.get_origin(self.hint) is types.UnionType

    @property
    def choices(self) -> tuple[str, ...]:
        """Of a choice."""
        return typing.get_args(self.hint) if typing.get_origin(self.hint) is Literal else ()

    @property
    def kind(self) -> Kind:
        """Which sort of value it takes."""
        if self.choices:
            return "choice"
        plain = typing.get_args(self.hint)[0] if self.optional else self.hint
        kinds: dict[Any, Kind] = {bool: "switch", int: "integer", float: "number", str: "text"}
        return kinds.get(plain, "list")

    @property
    def section(self) -> str:
        """ "" for settings of the whole run."""
        return self.name.rpartition(".")[0]

    @property
    def title(self) -> str:
        """The name as people read it."""
        return self.name.rpartition(".")[2].replace("_", " ")


def _options(kind: type, prefix: str = "") -> dict[str, Option]:
    meanings = {f.name: f.metadata.get("meaning", "") for f in dataclasses.fields(kind)}
    options: dict[str, Option] = {}
    for name, hint in hints_of(kind).items():
        if dataclasses.is_dataclass(hint):
            options |= _options(typing.cast(type, hint), f"{name}.")
        elif name not in ("data", "preset"):
            options[prefix + name] = Option(name=prefix + name, hint=hint, meaning=meanings[name])
    return options


OPTIONS = _options(Config)
"""Every setting but data and preset, by name."""


def offered() -> dict[str, Option]:
    """The settings that may be chosen here."""
    closed = NAMES_A_FILE if only_root() else ()
    # verdicts come with the page that collects them
    return {name: about for name, about in OPTIONS.items() if name not in closed and about.section != "verdicts"}


def value(config: Config, name: str) -> Any:
    """What a config says of a setting."""
    inner: Any = config
    for part in name.split("."):
        inner = getattr(inner, part)
    return inner


def parse(option: Option, text: str) -> Any:
    """A setting's value from text, of the right sort; whether it is in range is for the whole config to say.

    Raises:
        ConfigError: it is of another sort.
    """
    return value_of(text, option.hint, option.name)


def as_text(chosen: object) -> str:
    """A setting's value as the command line takes it."""
    if isinstance(chosen, tuple | list):
        return ",".join(chosen)
    return "none" if chosen is None else str(chosen).lower() if isinstance(chosen, bool) else str(chosen)


def usual(preset_name: str, data: str) -> dict[str, str]:
    """The settings that a plan begins with: the preset's, and what the bundled data set adds to them."""
    return {**preset(preset_name), **(DEMO_SETTINGS if data == data_sets.DEMO else {})}


def with_epochs(config: Config, epochs: str) -> Config:
    """The config with so many epochs, as large a part of them freezing; itself where that is no number of epochs."""
    if not (epochs.isascii() and epochs.isdigit() and len(epochs) < 10 and int(epochs)):
        return config
    share = config.train.freeze_epochs / config.train.epochs
    return config.with_settings(
        {"train.epochs": epochs, "train.freeze_epochs": str(max(1, round(int(epochs) * share)))}
    )


def planned(base: Config, settings: Mapping[str, str]) -> Config:
    """The config with these settings.

    Raises:
        ConfigError: they cannot be used together, or name no rule.
    """
    from pmf.freezing.rule import rule_of

    config = base.with_settings(settings)
    rule_of(config)
    return config


def differences(config: Config) -> pd.DataFrame:
    """Where a plan departs from its preset: `Setting, Preset, Yours`."""
    base = Config(data=config.data, preset=config.preset).with_settings(preset(config.preset))
    rows = [(name, as_text(value(base, name)), as_text(value(config, name))) for name in OPTIONS]
    return pd.DataFrame([row for row in rows if row[1] != row[2]], columns=["Setting", "Preset", "Yours"])


def lacking(config: Config) -> str:
    """What this machine or the plan lacks for training, in a sentence; "" where nothing."""
    from pmf.training.loop.device import resolve_device

    if "name" in config.modalities and config.features.word_vectors is None:
        return "The modality name needs word vectors: a file, set as features.word_vectors."
    if config.features.word_vectors is not None and not Path(config.features.word_vectors).is_file():
        return f"features.word_vectors names no file: {config.features.word_vectors}."
    try:
        resolve_device(config.device)
    except ConfigError as error:
        return f"{error}."
    return ""


def remarks(config: Config) -> list[str]:
    """What is allowed and yet hardly meant, a sentence each."""
    freezing, train = config.freezing, config.train
    sentences = []
    if not freezing.enabled:
        sentences.append("Freezing is off: only missing features stay out.")
    elif freezing.start_epoch >= train.freeze_epochs:
        sentences.append(
            f"Nothing will freeze: relevance is first measured in epoch {freezing.start_epoch}, "
            f"and stage 1 ends after epoch {train.freeze_epochs - 1}."
        )
    elif freezing.initial > freezing.cap:
        sentences.append("The threshold begins above its cap, so it stays at the cap.")
    if train.selection == "test":
        sentences.append("The epoch is chosen on the test links: its figures flatter, and every page will say so.")
    if config.loss.cross_modality_entities == "linked" and train.freeze_epochs < train.epochs:
        sentences.append(
            "Stage 2 is told which entities have a counterpart, test ones included (as the published code)."
        )
    return sentences


def threshold_curve(config: Config) -> pd.DataFrame:
    """The threshold over the epochs of stage 1: `epoch, modalities, threshold, scored`, equal curves in one."""
    from pmf.freezing.rule import rule_of

    rule, epochs = rule_of(config), range(config.train.freeze_epochs)
    curves: dict[tuple[float | None, ...], list[str]] = {}
    bounds = zip(*map(rule.bounds, epochs), strict=True)
    for modality, curve in zip(config.modalities, bounds, strict=True):
        curves.setdefault(curve, []).append(modality)
    rows = [
        (epoch, ", ".join(modalities) if len(curves) > 1 else "every modality", threshold, rule.measures(epoch))
        for curve, modalities in curves.items()
        for epoch, threshold in zip(epochs, curve, strict=True)
        if threshold is not None
    ]
    return pd.DataFrame(rows, columns=["epoch", "modalities", "threshold", "scored"])


def threshold_note(config: Config) -> str:
    """What people should know of that threshold, a sentence; "" where it is simply so."""
    from pmf.freezing.rule import rule_of

    return rule_of(config).note


def command(data: str, preset_name: str, settings: Mapping[str, str]) -> str:
    """The same training on the command line."""
    chosen = [part for name, text in settings.items() for part in ("--set", f"{name}={text}")]
    return shlex.join(["python", "-m", "pmf", "train", "--data", data, "--preset", preset_name, *chosen])
