"""Stage 3: pairs that keep finding each other become seed links (paper, "iterative")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from pmf.alignment.matching import mutual_nearest
from pmf.alignment.search.approximate import compare
from pmf.arrays import Ids, no_ids
from pmf.config.config import Config
from pmf.config.evaluation import EvaluationConfig
from pmf.data.split import LinkSplit, among, free_ids, linked_ids
from pmf.distributed import ALONE, Processes
from pmf.errors import CheckpointMismatchError
from pmf.training.links.verdicts import Verdicts


@dataclass(slots=True)
class LinkCollector:
    """Remembers who has been mutual nearest neighbours for how long.

    Args:
        source: int64 `[s]` source entities that may still be matched, sorted.
        target: int64 `[t]` target entities, sorted.
        checks: in how many checks in a row a pair must be found.
        rejected: int64 `[r, 2]`, pairs that never become links.
        partner: int64 `[s]` target entity of each source at the last check, -1 for none.
        streak: int64 `[s]`, in how many checks in a row so far.
        added: int64 `[a, 2]`, links made so far; what is in it stays.
    """

    source: Ids
    target: Ids
    checks: int
    rejected: Ids = field(default_factory=lambda: no_ids(0, 2))
    partner: Ids = field(init=False)
    streak: Ids = field(init=False)
    added: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.partner = np.full(len(self.source), -1)
        self.streak = np.zeros(len(self.source), np.int64)
        self.added = np.empty((0, 2), np.int64)

    @classmethod
    def of(cls, config: Config, split: LinkSplit, verdicts: Verdicts, n_source: int, n_entities: int) -> LinkCollector:
        """Of the entities that may become links in stage 3, which are those that relevance is searched among."""
        every = config.freezing.candidates == "all"
        sides = free_ids(split, n_source, n_entities) if every else linked_ids(split)
        source, target = (np.setdiff1d(side, verdicts.alone) for side in sides)
        return cls(source, target, config.train.stable_checks, verdicts.rejected)

    def check(self, fused: Tensor, config: EvaluationConfig, processes: Processes = ALONE) -> int:
        """Look for mutual nearest neighbours (by CSLS) among those not yet linked; return how many links came.

        Args:
            fused: `[n, D]`.
            config: `csls_k` and `csls_rounds`.
            processes: the processes that train together; each compares its part, and all take what the first one has.
        """
        free = ~np.isin(self.source, self.added[:, 0])
        target = np.setdiff1d(self.target, self.added[:, 1])
        sides = (torch.from_numpy(ids).to(fused.device) for ids in (self.source[free], target))
        rows, columns = (fused[side] for side in sides)
        scores = compare(rows, columns, config, processes).csls(config.csls_k, config.csls_rounds)
        row = mutual_nearest(scores, config).cpu().numpy()
        partner = np.full(len(self.source), -1)
        partner[free] = np.where(row >= 0, target[row], -1)
        partner = processes.first(torch.from_numpy(partner)).numpy()
        partner[among(np.stack([self.source, partner], axis=1), self.rejected)] = -1
        self.streak = np.where(
            (partner >= 0) & (partner == self.partner), self.streak + 1, (partner >= 0).astype(np.int64)
        )
        self.partner = partner
        stable = self.streak >= self.checks
        self.added = np.concatenate([self.added, np.stack([self.source[stable], partner[stable]], axis=1)])
        return int(stable.sum())

    def precision(self, split: LinkSplit) -> float | None:
        """Share of the added links that are true, of those whose truth is known; to report, never to decide."""
        links = np.concatenate([split.val_links, split.test_links])
        judged = self.added[np.isin(self.added, links).any(axis=1)]
        truth = set(map(tuple, links.tolist()))
        return float(np.mean([tuple(link) in truth for link in judged.tolist()])) if len(judged) else None

    def tensors(self) -> dict[str, Tensor]:
        """For the checkpoint."""
        return {f"collector.{name}": torch.from_numpy(getattr(self, name)) for name in ("partner", "streak", "added")}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`.

        Raises:
            CheckpointMismatchError: they were written before there was a stage 3.
        """
        if not self.tensors().keys() <= tensors.keys():
            raise CheckpointMismatchError("the checkpoint was written by an older version; train this run anew")
        for name in ("partner", "streak", "added"):
            setattr(self, name, tensors[f"collector.{name}"].numpy())
