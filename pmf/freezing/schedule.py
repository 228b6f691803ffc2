"""How the threshold of a modality rises over the epochs."""

from __future__ import annotations

from dataclasses import dataclass

from pmf.config.model import FreezingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSchedule:
    """The threshold δ over the epochs: `min(cap, initial · growth_rate^scored epochs so far)`.

    Args:
        initial: at `start_epoch`, in [0, 1].
        growth_rate: factor per epoch, at least 1.
        cap: upper bound, in [0, 1].
        start_epoch: first scored epoch.
        end_epoch: first epoch that is not scored any more.

    Source: paper, section "Progressive modality freezing"; caps per modality: METHOD, difference 4.
    """

    initial: float
    growth_rate: float
    cap: float
    start_epoch: int
    end_epoch: int

    def at(self, epoch: int) -> float | None:
        """δ of an epoch, None where nothing is scored."""
        if not self.start_epoch <= epoch < self.end_epoch:
            return None
        return min(self.cap, self.initial * self.growth_rate ** (epoch - self.start_epoch))

    @classmethod
    def of(cls, config: FreezingConfig, modality: str, freeze_epochs: int) -> ThresholdSchedule:
        """The schedule of one modality; scoring ends with stage 1."""
        capped = config.cap if modality == "image" or config.other_cap is None else config.other_cap
        return cls(
            initial=config.initial,
            growth_rate=config.growth_rate,
            cap=capped,
            start_epoch=config.start_epoch,
            end_epoch=freeze_epochs if config.enabled else 0,
        )
