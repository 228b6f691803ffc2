"""Settings of the encoders, of freezing and of the losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmf.config.build import require, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The encoders (METHOD, "Encoders")."""

    width: int = setting(300, "embedding width d of every modality.")
    layers: int = setting(2, "attention layers of the structure encoder.")
    heads: int = setting(2, "attention heads, averaged.")
    attention: Literal["published", "gatconv"] = setting(
        "published", '"published" = diagonal weights and `exp(-LeakyReLU)`; "gatconv" = PyG\'s `GATConv`.'
    )
    propagation: float = setting(
        0.0,
        "share of the spread seed labels in the similarity of every modality that has them "
        "(`pmf.model.propagation`); 0 = learned embeddings alone, as in paper and published code. With "
        "`evaluation.reliability` it is where the share of each modality starts, and validation links move it.",
    )
    label_width: int = setting(512, "of those labels.")
    direct: float = setting(
        0.0,
        "share of what features say by themselves, before anything is learned, in the similarity of modalities that "
        "write the same thing the same way in both graphs (`pmf.model.direct`); 0 = none. Validation links "
        "move it, too.",
    )
    direct_width: int = setting(1024, "of the sketch that it is taken from.")

    def __post_init__(self) -> None:
        require(self.width > 0, f"model.width must be above 0, got {self.width}")
        require(self.layers > 0, f"model.layers must be above 0, got {self.layers}")
        require(self.heads > 0, f"model.heads must be above 0, got {self.heads}")
        require(0 <= self.propagation < 1, f"model.propagation must lie in [0, 1), got {self.propagation}")
        require(0 <= self.direct < 1, f"model.direct must lie in [0, 1), got {self.direct}")
        require(self.direct_width > 0, f"model.direct_width must be above 0, got {self.direct_width}")
        require(self.label_width > 0, f"model.label_width must be above 0, got {self.label_width}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezingConfig:
    """Relevance, threshold and what a frozen feature means (paper eq. 3-8)."""

    enabled: bool = setting(True, "False never freezes anything (missing features still stay out).")
    initial: float = setting(0.1, "threshold at the first scored epoch.")
    growth_rate: float = setting(1.2, "factor per scored epoch.")
    cap: float = setting(0.9, "largest threshold.")
    other_cap: float | None = setting(
        None, "largest threshold of every modality but image; None = `cap` (difference 4)."
    )
    start_epoch: int = setting(10, "first epoch in which relevance is measured.")
    every: int = setting(
        1, "epochs from one measurement to the next; on large data one costs more than an epoch of training."
    )
    fusion_weight: Literal["graded", "binary"] = setting(
        "graded", '"graded" = w as in eq. 4; "binary" = any w > 0 counts 1 (difference 1).'
    )
    seed_relevance: Literal["candidates", "partner"] = setting(
        "candidates",
        'of a seed entity, "candidates" = best over candidates like everybody\'s; "partner" = cosine to '
        "its gold partner (difference 2).",
    )
    candidates: Literal["all", "linked"] = setting(
        "all",
        'relevance is searched among "all" entities of the other graph, or only among its linked non-seed '
        'entities, "linked"; the rest is then never scored (difference 3). The same entities may become '
        "links in stage 3.",
    )
    guard: bool = setting(
        False,
        "the schedule only bounds the thresholds, validation links choose them (`pmf.freezing.rules.guard`).",
    )
    rule: str | None = setting(
        None,
        'a file of `pmf/freezing/rules` that decides what freezes; None = "guard" with guard, else "schedule".',
    )

    def __post_init__(self) -> None:
        for name in ("initial", "cap", "other_cap"):
            value = getattr(self, name)
            require(value is None or 0 <= value <= 1, f"freezing.{name} must lie in [0, 1], got {value}")
        require(self.growth_rate >= 1, f"freezing.growth_rate must be at least 1, got {self.growth_rate}")
        require(self.every > 0, f"freezing.every must be above 0, got {self.every}")
        require(self.start_epoch >= 0, f"freezing.start_epoch must not be negative, got {self.start_epoch}")

    @property
    def rule_name(self) -> str:
        """The rule that decides."""
        return self.rule or ("guard" if self.guard else "schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """Contrastive losses (METHOD, "Losses")."""

    temperature: float = setting(0.05, "divides every cosine.")
    image_beta: float = setting(10.0, "weight β of the image in cross-modality pairs.")
    other_beta: float = setting(0.1, "weight β of every other modality there.")
    cross_modality_entities: Literal["seeds", "linked"] = setting(
        "seeds",
        '"seeds" only, or every "linked" entity, test ones included: no pair leaks, but which entities '
        "have a counterpart does (difference 6).",
    )

    def __post_init__(self) -> None:
        require(self.temperature > 0, f"loss.temperature must be above 0, got {self.temperature}")
        require(min(self.image_beta, self.other_beta) >= 0, "loss.image_beta and loss.other_beta must not be negative")
