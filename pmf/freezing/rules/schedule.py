"""The paper's rule: everything at or below the scheduled threshold freezes."""

from __future__ import annotations

import torch

from pmf.freezing.rule import Decision, FreezingRule, Measurement
from pmf.freezing.state import FreezingState


class ScheduleRule(FreezingRule):
    """Freezes what does not exceed the schedule's threshold (paper eq. 4-7)."""

    def decide(self, state: FreezingState, measured: Measurement) -> Decision:
        """The state after this measurement, and each modality's threshold."""
        threshold = self.bounds(measured.epoch)
        limit = torch.tensor(threshold, device=measured.relevance.device)
        return state.update(measured.relevance, limit, measured.epoch), threshold


RULE = ScheduleRule
