"""The figures of an epoch of training, and the state of the best epoch so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from pmf.freezing.rule import Proposal

Metrics = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochReport:
    """What one epoch did; per-modality values are in the order of the config's modalities.

    Args:
        measured: whether relevance was measured.
        relevance: float32 `[m, n]`, None where it was not.
        threshold: δ per modality, None where nothing was scored.
        proposals: what the freezing rule weighed, None where nothing of a modality was worth weighing; empty where
            nothing was measured, and for rules that weigh nothing.
        metrics: "validation" or "test" → direction → figures; empty where the epoch was not evaluated.
        collected: what stage 3 made of this epoch: links "added", and the "precision" of all added so far
            where it is known; empty where it did not look.
        rules: what rules found before this epoch (`pmf.training.links.rules`); empty where they did not look. With
            `seed_noise` also how many seed links are "swapped", and how many of those are doubted ("swapped_doubted").
        rules_seconds: of `train_seconds`, what they took.
        stage_ended: whether this was the last epoch of its stage.
    """

    epoch: int
    stage: int
    losses: dict[str, float]
    learning_rate: float
    measured: bool
    threshold: list[float | None]
    proposals: Sequence[Proposal | None]
    frozen_share: list[float]
    missing_share: list[float]
    metrics: Metrics
    collected: dict[str, float | None]
    rules: dict[str, float]
    relevance: Tensor | None
    rules_seconds: float
    train_seconds: float
    eval_seconds: float
    peak_memory_bytes: int
    stage_ended: bool


@dataclass(frozen=True, slots=True)
class Best:
    """The best state so far by the selection rule: model, masks and where it was.

    Args:
        metric: mean MRR of both directions on the links that select.
        epoch: when.
        tensors: model and freezing state.
    """

    metric: float
    epoch: int
    tensors: dict[str, Tensor]
