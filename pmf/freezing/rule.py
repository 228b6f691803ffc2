"""What decides on freezing: when relevance is measured, and what freezes by it. Each rule is a file in `rules/`."""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from torch import Tensor

from pmf.config.config import Config
from pmf.errors import ConfigError
from pmf.freezing import rules
from pmf.freezing.held_out import HeldOut
from pmf.freezing.schedule import ThresholdSchedule
from pmf.freezing.state import FreezingState

Decision = tuple[FreezingState, list[float | None]]
"""The next state, and the threshold δ of each modality that led to it; 0 freezes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a rule decides by.

    Args:
        epoch: now.
        embeddings: `[m, n, d]`, unit rows.
        relevance: float32 `[m, n]` in [0, 1]; NaN = not scored.
        held_out: the validation links as a judge; without any where none are set aside (`Config.validation_share`).
    """

    epoch: int
    embeddings: Tensor
    relevance: Tensor
    held_out: HeldOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A threshold that a rule weighed for one modality, and what the validation links said of it.

    Gains are what the mean negative log-likelihood of the links' counterparts falls by, in nats, `[q]` queries.

    Args:
        threshold: δ, above 0.
        features: how many more would freeze.
        gain: against a modality of which nothing ever froze.
        error: standard error of that gain.
        gain_now: against what is frozen so far.
        taken: whether it became the threshold.
    """

    threshold: float
    features: int
    gain: float
    error: float
    gain_now: float
    taken: bool


class FreezingRule(ABC):
    """Decides what freezes. Trainer, estimate and pages ask it, and nobody asks the settings beside it.

    A rule of its own defines `decide`, and the other methods where it does not measure by the calendar of
    `freezing.start_epoch` and `freezing.every` or has no threshold to show beforehand.

    Args:
        config: of the run.
    """

    note = ""
    """What people should know of the thresholds that `bounds` gives, a sentence."""

    def __init__(self, config: Config) -> None:
        self.config = config.freezing
        self.proposals: Sequence[Proposal | None] = ()
        """What was weighed at the last measurement, by modality, for people to read; many rules weigh nothing."""
        until = config.train.freeze_epochs
        self.schedules = [ThresholdSchedule.of(config.freezing, name, until) for name in config.modalities]

    def bounds(self, epoch: int) -> list[float | None]:
        """The highest threshold of each modality in an epoch, as far as it is known beforehand; None = no freezing."""
        return [schedule.at(epoch) for schedule in self.schedules]

    def measures(self, epoch: int) -> bool:
        """Whether relevance is measured in an epoch."""
        due = (epoch - self.config.start_epoch) % self.config.every == 0
        return due and None not in self.bounds(epoch)

    @abstractmethod
    def decide(self, state: FreezingState, measured: Measurement) -> Decision:
        """The state after a measurement. What is frozen never thaws."""


def rule_of(config: Config) -> FreezingRule:
    """The rule that the config names.

    Raises:
        ConfigError: there is no such rule.
    """
    names = [info.name for info in pkgutil.iter_modules(rules.__path__)]
    if config.freezing.rule_name not in names:
        raise ConfigError(f"freezing.rule must be one of {', '.join(names)}, got {config.freezing.rule_name}")
    rule: type[FreezingRule] = import_module(f"{rules.__name__}.{config.freezing.rule_name}").RULE
    return rule(config)
