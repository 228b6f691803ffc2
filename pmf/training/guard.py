"""A brake on freezing: the threshold of a modality rises only as long as held-out links do not suffer."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pmf.config import Config
from pmf.data.split import LinkSplit
from pmf.model.freezing import FreezingState
from pmf.model.fusion import block_weights


class FreezingGuard:
    """Lets a modality freeze more only when validation links are found at least as well without it.

    The schedule proposes, links that training never sees decide, one modality after the other. So a
    threshold adapts to what a modality's relevance is worth: where even features of low relevance help,
    nothing freezes; where they mislead, they go.

    Args:
        config: fusion weight and temperature.
        split: validation links decide; candidates are all entities that are not seeds, so nothing of the
            test links is used.
        n_source: number of source entities.
        n_entities: of both graphs.

    Source: ours; the paper raises one threshold for all modalities by the calendar.
    """

    def __init__(self, config: Config, split: LinkSplit, n_source: int, n_entities: int) -> None:
        self.kind = config.freezing.fusion_weight
        self.temperature = config.loss.temperature
        everyone = np.arange(n_entities)
        free = np.setdiff1d(everyone, split.seed_links)
        sides = free[free < n_source], free[free >= n_source]
        self.pools = []
        for here, there in ((0, 1), (1, 0)):
            queries, truth = split.val_links[:, here], split.val_links[:, there]
            place = np.searchsorted(sides[there], truth)
            self.pools.append(tuple(torch.from_numpy(ids) for ids in (queries, sides[there], place)))

    @torch.no_grad()
    def __call__(
        self, state: FreezingState, embeddings: Tensor, relevance: Tensor, threshold: Tensor, epoch: int
    ) -> FreezingState:
        """The next state; a modality whose freezing would raise the validation loss stays as it is.

        Args:
            state: what is frozen so far.
            embeddings: `[m, n, d]` unit rows.
            relevance: `[m, n]`, NaN = not scored.
            threshold: `[m]`, what the schedule proposes.
            epoch: now.
        """
        pools = [tuple(ids.to(embeddings.device) for ids in pool) for pool in self.pools]
        cosines = [embeddings[:, q] @ embeddings[:, t].transpose(1, 2) for q, t, _ in pools]  # [m, q, t]
        loss = self._loss(state, pools, cosines)
        for m in range(len(relevance)):
            alone = torch.full_like(relevance, torch.nan)
            alone[m] = relevance[m]
            proposed = state.update(alone, threshold, epoch)
            if torch.equal(proposed.frozen_at, state.frozen_at) and self.kind == "binary":
                continue
            proposed_loss = self._loss(proposed, pools, cosines)
            if proposed_loss <= loss:
                state, loss = proposed, proposed_loss
        return state

    def _loss(self, state: FreezingState, pools: list[tuple[Tensor, ...]], cosines: list[Tensor]) -> float:
        """Mean negative log-likelihood of the truth, both directions."""
        weight = block_weights(state, self.kind, "cosine")
        losses = []
        for (queries, keys, place), parts in zip(pools, cosines, strict=True):
            fused = torch.zeros_like(parts[0])
            for w, part in zip(weight, parts, strict=True):
                fused.addcmul_(part * w[queries, None], w[keys].expand_as(part))
            logits = fused / self.temperature
            here = torch.arange(len(queries), device=logits.device)
            losses.append((logits.logsumexp(1) - logits[here, place]).mean())
        return float(torch.stack(losses).mean())
