"""The links that a training learns from, as they become more: seeds, those of stage 3, and those of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from pmf.arrays import Ids, no_ids
from pmf.data.split import LinkSplit, touching
from pmf.training.links.iterative import LinkCollector
from pmf.training.links.rules import RuleLinks


@dataclass(frozen=True, slots=True)
class GrowingLinks:
    """All links that train.

    Args:
        split: its seed links are among them, but for those that rules doubt.
        collector: adds links in stage 3.
        rules: finds links; None = learning alone.
    """

    split: LinkSplit
    collector: LinkCollector
    rules: RuleLinks | None

    @property
    def every(self) -> Ids:
        """Int64 `[l, 2]`."""
        return np.concatenate([self._sure, self._free(no_ids(0, 2) if self.rules is None else self.rules.links)])

    @property
    def _sure(self) -> Ids:
        seeds = self.split.seed_links if self.rules is None else self.rules.seeds
        return np.concatenate([seeds, self.collector.added])

    def _free(self, links: Ids) -> Ids:
        """Those of the rules that stage 3 has not settled."""
        return links[~touching(links, self.collector.added)]

    def drawn(self, generator: torch.Generator) -> Tensor:
        """Those of an epoch in random order: of what rules found, no more than there are seeds."""
        links = self._sure
        if self.rules is not None:
            links = np.concatenate([links, self._free(self.rules.sample(generator))])
        return torch.from_numpy(links)[torch.randperm(len(links), generator=generator)]

    def entities(self, which: Literal["seeds", "linked"]) -> Tensor:
        """Entities of the cross-modality objective, `[l, 2]`, sorted: nothing of who belongs to whom is left."""
        links = self.every
        if which == "linked":
            links = np.concatenate([self.split.seed_links, self.split.val_links, self.split.test_links])
        return torch.from_numpy(np.sort(links, axis=0))

    def tensors(self) -> dict[str, Tensor]:
        """For the checkpoint."""
        return self.collector.tensors() | ({} if self.rules is None else self.rules.tensors())

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`.

        Raises:
            CheckpointMismatchError: they were written before there was a stage 3.
        """
        self.collector.restore(tensors)
        if self.rules is not None:
            self.rules.restore(tensors)
