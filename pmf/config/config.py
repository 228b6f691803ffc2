"""Every setting of a run, by name, with its range; presets live in `pmf/config/presets.py`.

A setting is addressed as `section.name` (`train.epochs=100`). Unknown names are refused, so a
misspelt setting never trains silently with its default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pmf.config.build import build, require, setting
from pmf.config.evaluation import EvaluationConfig
from pmf.config.features import FeatureOptions
from pmf.config.model import FreezingConfig, LossConfig, ModelConfig
from pmf.config.rules import RuleConfig
from pmf.config.training import TrainConfig
from pmf.errors import ConfigError
from pmf.modalities import MODALITIES, RECORDED

SEEDS = ("links", *(name for name, modality in MODALITIES.items() if modality.items is None))
"""What training can start from: links, or a modality whose entities are compared by their vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictConfig:
    """What people said of pairs, and the run that they looked at (`pmf.training.links.verdicts`)."""

    file: str | None = setting(None, "CSV with the columns source, target, verdict; None = no verdicts.")
    relations: str | None = setting(
        None,
        "CSV with the columns source, target, inverse, verdict: pairs of relations that mean the same or do not, which "
        "rules and spread labels take as certain; None = no such verdicts.",
    )
    base: str | None = setting(
        None, "run folder to go on from with its links, weights and frozen features; None = from the start."
    )
    may_use_test_links: bool = setting(
        False, "whether verdicts may touch entities of test links, which then are none any more."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole run."""

    data: str = field(metadata={"meaning": 'folder of the data set, or "demo" for the bundled one.'})
    preset: str = setting("default", "name of the preset it started from.")
    modalities: tuple[str, ...] = setting(
        ("structure", "relation", "attribute"), "which to learn, in the order of `MODALITIES`."
    )
    split: str = setting(
        "ratio", '"ratio" cuts the links by `seed_ratio`, else the name of a split that the data brings.'
    )
    seed_ratio: float = setting(0.3, "share of the links that training may see; 1 = all, and nothing is measured.")
    seed_noise: float = setting(
        0.0, "share of the seed and validation links that are made wrong, to study what wrong links do."
    )
    seeds: str = setting(
        "links",
        'what training starts from: the seed "links", or pairs whose features in a modality with vectors '
        "(value, image, name, char) are each other's nearest (`pmf.training.links.pivots`); no link is then ever "
        'trained on. Without word vectors "name" goes by the letters of the names.',
        choices=SEEDS,
    )
    negatives: bool = setting(
        True,
        "whether pairs that the data marks as not the same train as pairs that somebody rejected do, but for those of "
        "entities of test links.",
    )
    pivots: int = setting(1000, "how many such pairs at most, the most alike first.")
    image_ratio: float | None = setting(
        None, "which of the published picture files with left-out pictures to take, None = the whole."
    )
    seed: int = setting(0, "of every random choice.")
    device: str = setting("auto", '"auto" (CUDA if there is one), "cpu" or "cuda".')
    features: FeatureOptions = field(default_factory=FeatureOptions)
    model: ModelConfig = field(default_factory=ModelConfig)
    freezing: FreezingConfig = field(default_factory=FreezingConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    rules: RuleConfig = field(default_factory=RuleConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    verdicts: VerdictConfig = field(default_factory=VerdictConfig)

    def __post_init__(self) -> None:
        require(len(self.modalities) > 0, "modalities must name at least one modality")
        unknown = [m for m in self.modalities if m not in RECORDED]  # an adopted run's settings are read back, too
        require(not unknown, f"unknown modality {', '.join(unknown)}; there are {', '.join(MODALITIES)}")
        require(len(set(self.modalities)) == len(self.modalities), "modalities must not repeat one")
        percent = f"; for {self.seed_ratio:g} % say {self.seed_ratio / 100:g}" if 1 < self.seed_ratio <= 100 else ""
        none = "; to start without links: --set seeds=value, name or image" if self.seed_ratio == 0 else ""
        require(0 < self.seed_ratio <= 1, f"seed_ratio must lie in (0, 1], got {self.seed_ratio:g}{percent}{none}")
        require(0 <= self.seed_noise < 1, f"seed_noise must lie in [0, 1), got {self.seed_noise}")
        require(self.pivots > 1, f"pivots must be above 1, got {self.pivots}")
        require(0 <= self.seed < 2**63, f"seed must lie in [0, 2^63), got {self.seed}")
        unused = (
            "verdicts.relations are evidence for rules and spread labels, and there are neither: set rules.rounds to 2"
        )
        used = self.rules.rounds > 0 or self.model.propagation > 0
        require(used or self.verdicts.relations is None, unused)
        ordered = tuple(m for m in RECORDED if m in self.modalities)
        object.__setattr__(self, "modalities", ordered)

    @property
    def validation_share(self) -> float:
        """Share of the seed links set aside: 0 where neither an epoch, a threshold, a weight nor rules are chosen."""
        judged = self.freezing.rule_name != "schedule"  # every other rule may ask them
        weighed = judged or self.evaluation.reliability or self.rules.rounds > 0
        used = self.train.selection == "validation" or weighed
        return self.train.validation_share if used else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """The inverse of `to_dict`.

        Raises:
            ConfigError: an unknown name, or a value of the wrong type or range.
        """
        return build(cls, values)

    def with_settings(self, settings: Mapping[str, str]) -> Config:
        """A copy with settings given as text, e.g. `{"train.epochs": "100"}`.

        Raises:
            ConfigError: an unknown name, or a value of the wrong type or range.
        """
        values = self.to_dict()
        for name, text in settings.items():
            *path, last = name.split(".")
            target = values
            for part in path:
                target = target.get(part, {})
            if not isinstance(target, dict) or last not in target or isinstance(target[last], dict):
                raise ConfigError(f"there is no setting {name}; known: {', '.join(sorted(setting_names()))}")
            target[last] = text
        return build(Config, values)


def setting_names() -> list[str]:
    """Every setting as `section.name`, top-level ones without a section."""
    return list(by_name(Config(data="").to_dict()))


def by_name(values: Mapping[str, Any], section: str = "") -> dict[str, Any]:
    """Nested settings as one level, each as `section.name`."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= by_name(value, f"{section}{name}.")
        else:
            flat[section + name] = value
    return flat
