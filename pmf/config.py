"""Every setting of a run, by name, with its range; presets live in `pmf/presets.py`.

A setting is addressed as `section.name` (`train.epochs=100`). Unknown names are refused, so a
misspelt setting never trains silently with its default.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pmf.alignment.options import EvaluationConfig
from pmf.errors import ConfigError
from pmf.features.feature_set import MODALITIES, FeatureOptions
from pmf.settings import build, require
from pmf.training.options import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The encoders (METHOD, "Encoders").

    Args:
        width: embedding width d of every modality.
        layers: attention layers of the structure encoder.
        heads: attention heads, averaged.
        attention: "published" = diagonal weights and `exp(-LeakyReLU)`; "gatconv" = PyG's `GATConv`.
        propagation: share of the spread seed labels in the similarity of every modality that has them
            (`pmf.model.propagation`); 0 = learned embeddings alone, as in paper and published code.
        label_width: of those labels.
    """

    width: int = 300
    layers: int = 2
    heads: int = 2
    attention: Literal["published", "gatconv"] = "published"
    propagation: float = 0.0
    label_width: int = 512

    def __post_init__(self) -> None:
        require(self.width > 0, f"model.width must be above 0, got {self.width}")
        require(self.layers > 0, f"model.layers must be above 0, got {self.layers}")
        require(self.heads > 0, f"model.heads must be above 0, got {self.heads}")
        require(0 <= self.propagation < 1, f"model.propagation must lie in [0, 1), got {self.propagation}")
        require(self.label_width > 0, f"model.label_width must be above 0, got {self.label_width}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezingConfig:
    """Relevance, threshold and what a frozen feature means (paper eq. 3-8).

    Args:
        enabled: False never freezes anything (missing features still stay out).
        initial: threshold at the first scored epoch.
        growth_rate: factor per scored epoch.
        cap: largest threshold.
        other_cap: largest threshold of every modality but image; None = `cap` (difference 4).
        start_epoch: first epoch in which relevance is measured.
        every: epochs from one measurement to the next; on large data one costs more than an epoch of training.
        fusion_weight: "graded" = w as in eq. 4; "binary" = any w > 0 counts 1 (difference 1).
        seed_relevance: of a seed entity, "candidates" = best over candidates like everybody's;
            "partner" = cosine to its gold partner (difference 2).
        candidates: relevance is searched among "all" entities of the other graph, or only among its
            linked non-seed entities, "linked"; the rest is then never scored (difference 3). The same
            entities may become links in stage 3.
        guard: the schedule only bounds the thresholds, validation links choose them (`pmf.training.guard`).
    """

    enabled: bool = True
    initial: float = 0.1
    growth_rate: float = 1.2
    cap: float = 0.9
    other_cap: float | None = None
    start_epoch: int = 10
    every: int = 1
    fusion_weight: Literal["graded", "binary"] = "graded"
    seed_relevance: Literal["candidates", "partner"] = "candidates"
    candidates: Literal["all", "linked"] = "all"
    guard: bool = False

    def __post_init__(self) -> None:
        for name in ("initial", "cap", "other_cap"):
            value = getattr(self, name)
            require(value is None or 0 <= value <= 1, f"freezing.{name} must lie in [0, 1], got {value}")
        require(self.growth_rate >= 1, f"freezing.growth_rate must be at least 1, got {self.growth_rate}")
        require(self.every > 0, f"freezing.every must be above 0, got {self.every}")
        require(self.start_epoch >= 0, f"freezing.start_epoch must not be negative, got {self.start_epoch}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """Contrastive losses (METHOD, "Losses").

    Args:
        temperature: divides every cosine.
        image_beta: weight β of the image in cross-modality pairs.
        other_beta: weight β of every other modality there.
        cross_modality_entities: "seeds" only, or every "linked" entity, test ones included: no pair
            leaks, but which entities have a counterpart does (difference 6).
    """

    temperature: float = 0.05
    image_beta: float = 10.0
    other_beta: float = 0.1
    cross_modality_entities: Literal["seeds", "linked"] = "seeds"

    def __post_init__(self) -> None:
        require(self.temperature > 0, f"loss.temperature must be above 0, got {self.temperature}")
        require(min(self.image_beta, self.other_beta) >= 0, "loss.image_beta and loss.other_beta must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictConfig:
    """What people said of pairs, and the run that they looked at (`pmf.training.verdicts`).

    Args:
        file: CSV with the columns source, target, verdict; None = no verdicts.
        base: run folder to go on from with its links, weights and frozen features; None = from the start.
        may_use_test_links: whether verdicts may touch entities of test links, which then are none any more.
    """

    file: str | None = None
    base: str | None = None
    may_use_test_links: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole run.

    Args:
        data: folder of the data set, or "demo" for the bundled one.
        preset: name of the preset it started from.
        modalities: which to learn, in the order of `MODALITIES`.
        split: "ratio" cuts the links by `seed_ratio`, else the name of a split that the data brings.
        seed_ratio: share of the links that training may see.
        seeds: what training starts from: the seed "links", or pairs whose "image", "name" or "char"
            features are each other's nearest (`pmf.training.pivots`); no link is then ever trained on.
        pivots: how many such pairs at most, the most alike first.
        image_ratio: which of the published picture files with left-out pictures to take, None = the whole.
        seed: of every random choice.
        device: "auto" (CUDA if there is one), "cpu" or "cuda".
    """

    data: str
    preset: str = "default"
    modalities: tuple[str, ...] = ("structure", "relation", "attribute")
    split: str = "ratio"
    seed_ratio: float = 0.3
    seeds: Literal["links", "image", "name", "char"] = "links"
    pivots: int = 1000
    image_ratio: float | None = None
    seed: int = 0
    device: str = "auto"
    features: FeatureOptions = field(default_factory=FeatureOptions)
    model: ModelConfig = field(default_factory=ModelConfig)
    freezing: FreezingConfig = field(default_factory=FreezingConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    verdicts: VerdictConfig = field(default_factory=VerdictConfig)

    def __post_init__(self) -> None:
        require(len(self.modalities) > 0, "modalities must name at least one modality")
        unknown = [m for m in self.modalities if m not in MODALITIES]
        require(not unknown, f"unknown modality {', '.join(unknown)}; there are {', '.join(MODALITIES)}")
        require(len(set(self.modalities)) == len(self.modalities), "modalities must not repeat one")
        require(0 < self.seed_ratio < 1, f"seed_ratio must lie in (0, 1), got {self.seed_ratio}")
        require(self.pivots > 1, f"pivots must be above 1, got {self.pivots}")
        require(0 <= self.seed < 2**63, f"seed must lie in [0, 2^63), got {self.seed}")
        ordered = tuple(m for m in MODALITIES if m in self.modalities)
        object.__setattr__(self, "modalities", ordered)

    @property
    def validation_share(self) -> float:
        """Share of the seed links set aside: 0 where neither an epoch, a threshold nor a weight is chosen on them."""
        used = self.train.selection == "validation" or self.freezing.guard or self.evaluation.reliability
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
    names: list[str] = []
    hints = typing.get_type_hints(Config)
    for f in dataclasses.fields(Config):
        inner = hints[f.name]
        if dataclasses.is_dataclass(inner):
            names += [f"{f.name}.{g.name}" for g in dataclasses.fields(inner)]
        else:
            names.append(f.name)
    return names
