"""One update of the model after the other: gradient, clipping, optimiser, learning rate."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from pmf.config.training import TrainConfig
from pmf.freezing.state import FreezingState
from pmf.model.pmf import PMFModel
from pmf.training.loop.optimizer import RowAdamW, clip_gradients, warm_cosine

Objective = Callable[[Tensor, FreezingState], tuple[Tensor, dict[str, Tensor]]]
"""Batch and state → the scalar to minimise, and its parts by name."""


class Stepper:
    """Updates a model.

    Args:
        model: where it trains.
        setting: rate, decay, clipping.

    Attributes:
        done: steps of that stage.
        rate: learning rate of the last step.
    """

    def __init__(self, model: PMFModel, setting: TrainConfig) -> None:
        self.model, self.setting, self.rate = model, setting, 0.0
        self.begin_stage()

    @functools.cached_property
    def optimizer(self) -> RowAdamW:
        """Of the stage under way; made when it is first needed: an update needs none."""
        setting = self.setting
        return RowAdamW(
            self.model.parameters(), lr=setting.learning_rate, weight_decay=setting.weight_decay, fused=True
        )

    @property
    def moments(self) -> dict[int, dict[str, Tensor]]:
        """What the optimiser remembers, by the place of its parameter; nothing before the first step."""
        return self.optimizer.state_dict()["state"] if "optimizer" in self.__dict__ else {}

    def begin_stage(self) -> None:
        """Start anew with optimiser and learning rate; gradients go, too."""
        self.done = 0
        self.model.zero_grad(set_to_none=True)
        self.__dict__.pop("optimizer", None)

    def __call__(
        self, objective: Objective, batch: Tensor, state: FreezingState, total: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """One update.

        Args:
            objective: of the model.
            batch: of its entities.
            state: what is frozen.
            total: steps of the whole stage.
            generator: draws neighbours, where they are drawn.

        Returns:
            The loss and its parts; they stay on the device, which nobody here waits for.
        """
        self.rate = self.setting.learning_rate * warm_cosine(self.done, total, self.setting.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.optimizer.zero_grad(set_to_none=True)
        self.model.draw_neighbours(generator)
        loss, parts = objective(batch, state)
        loss.backward()
        self.model.add_gradients()
        clip_gradients(self.model.parameters(), self.setting.gradient_clip)
        self.optimizer.step()
        self.done += 1
        return loss.detach(), parts
