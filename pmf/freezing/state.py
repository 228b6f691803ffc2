"""What is frozen, since when, and how much the rest counts: pure state, no training in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pmf.runs.layout import MISSING, NEVER_FROZEN


@dataclass(frozen=True, slots=True)
class FreezingState:
    """Per modality and entity, what freezing has decided so far.

    Args:
        frozen_at: int16 `[m, n]`, epoch frozen, -1 never, -2 missing from the start.
        weight: float32 `[m, n]` in [0, 1], w of paper eq. 4; 0 where frozen or missing, 1 before scoring.
    """

    frozen_at: Tensor
    weight: Tensor

    @classmethod
    def initial(cls, present: Tensor) -> FreezingState:
        """Nothing frozen but what is missing.

        Args:
            present: bool `[m, n]`.
        """
        frozen_at = torch.where(present, NEVER_FROZEN, MISSING).to(torch.int16)
        return cls(frozen_at, present.float())

    def of(self, entities: Tensor) -> FreezingState:
        """The state of some entities `[r]` alone, `[m, r]`."""
        return FreezingState(self.frozen_at[:, entities], self.weight[:, entities])

    @property
    def frozen(self) -> Tensor:
        """Bool `[m, n]`: frozen as irrelevant; missing features are not in it."""
        return self.frozen_at >= 0

    @property
    def missing(self) -> Tensor:
        """Bool `[m, n]`."""
        return self.frozen_at == MISSING

    @property
    def active(self) -> Tensor:
        """Bool `[m, n]`: neither frozen nor missing."""
        return self.frozen_at == NEVER_FROZEN

    def update(self, relevance: Tensor, threshold: Tensor, epoch: int) -> FreezingState:
        """Freeze what does not exceed the threshold; nothing ever thaws.

        Args:
            relevance: float32 `[m, n]` in [0, 1]; NaN = not scored, which changes nothing.
            threshold: float32 `[m]`, δ per modality.
            epoch: written into `frozen_at` of what freezes now.

        Returns:
            The next state. Where no relevance of a modality exceeds δ, all that was scored is frozen
            and nothing is divided (METHOD, difference 5).

        Source: paper eq. 4-6, `w = ReLU((α - δ) / (max α - δ))`.
        """
        scored = ~relevance.isnan() & ~self.missing
        alpha = torch.where(scored, relevance, 0.0)
        above = (alpha - threshold[:, None]).clamp(min=0)  # [m, n]
        span = above.amax(dim=1, keepdim=True)  # max α - δ, or 0
        graded = torch.where(span > 0, above / span.clamp(min=torch.finfo(span.dtype).tiny), 0.0)
        newly = scored & self.active & (above == 0)
        frozen_at = torch.where(newly, torch.tensor(epoch, dtype=torch.int16, device=newly.device), self.frozen_at)
        weight = torch.where(scored & (frozen_at == NEVER_FROZEN), graded, self.weight)
        return FreezingState(frozen_at, torch.where(newly, 0.0, weight))
