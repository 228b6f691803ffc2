"""Thresholds that held-out links choose: a modality freezes only what they are found no worse without."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pmf.config import Config
from pmf.data.split import LinkSplit
from pmf.model.freezing import FreezingState
from pmf.model.fusion import block_weights

_CANDIDATES = 5000
_TEMPERATURES = (0.0125, 0.025, 0.05, 0.1)


class FreezingGuard:
    """Chooses each modality's threshold, up to what the schedule allows, by the validation links.

    Links that training never sees say twice what a modality's low relevances are worth. By themselves:
    the threshold is where most features below miss their own counterpart and most above find it.
    Together with the other modalities: it counts only if the links are then found no worse. So where
    even features of low relevance help, nothing freezes; where they mislead, they go.

    Args:
        config: fusion weight, seed.
        split: validation links decide; candidates are drawn from all entities that are not seeds, so
            nothing of the test links is used.
        n_source: number of source entities.
        n_entities: of both graphs.

    Source: ours; the paper raises one threshold for all modalities by the calendar.
    """

    def __init__(self, config: Config, split: LinkSplit, n_source: int, n_entities: int) -> None:
        self.kind = config.freezing.fusion_weight
        rng = np.random.default_rng(config.seed)
        free = rng.permutation(np.setdiff1d(np.arange(n_entities), split.seed_links))
        drawn = free[free < n_source][:_CANDIDATES], free[free >= n_source][:_CANDIDATES]
        sides = [np.union1d(ids, split.val_links[:, side]) for side, ids in enumerate(drawn)]
        self.pools = []
        for here, there in ((0, 1), (1, 0)):
            queries, truth = split.val_links[:, here], split.val_links[:, there]
            place = np.searchsorted(sides[there], truth)
            self.pools.append(tuple(torch.from_numpy(ids) for ids in (queries, sides[there], place)))

    @torch.no_grad()
    def __call__(
        self, state: FreezingState, embeddings: Tensor, relevance: Tensor, threshold: Tensor, epoch: int
    ) -> tuple[FreezingState, list[float]]:
        """The next state and the threshold of each modality that led to it; 0 freezes nothing.

        Args:
            state: what is frozen so far.
            embeddings: `[m, n, d]` unit rows.
            relevance: `[m, n]`, NaN = not scored.
            threshold: `[m]`, what the schedule allows at most.
            epoch: now.
        """
        pools = [tuple(ids.to(embeddings.device) for ids in pool) for pool in self.pools]
        cosines = [embeddings[:, q] @ embeddings[:, t].transpose(1, 2) for q, t, _ in pools]  # [m, q, t]
        loss = self._loss(state, pools, cosines)
        chosen = [0.0] * len(relevance)
        for m in range(len(relevance)):
            found = torch.cat([_found(parts[m], place) for parts, (_, _, place) in zip(cosines, pools, strict=True)])
            queries = torch.cat([queries for queries, _, _ in pools])
            asked = state.active[m, queries] & ~relevance[m, queries].isnan()
            wanted = parting(relevance[m, queries][asked], found[asked], float(threshold[m]))
            alone = torch.full_like(relevance, torch.nan)
            alone[m] = relevance[m]
            proposed = state.update(alone, threshold.new_full(threshold.shape, wanted), epoch)
            proposed_loss = self._loss(proposed, pools, cosines)
            if wanted > 0 and proposed_loss <= loss:
                state, loss, chosen[m] = proposed, proposed_loss, wanted
        return state, chosen

    def _loss(self, state: FreezingState, pools: list[tuple[Tensor, ...]], cosines: list[Tensor]) -> float:
        """Mean negative log-likelihood of the truth, both directions, at the temperature that suits best.

        Fewer modalities make sharper similarities; at one fixed temperature that alone would look like
        a gain or a loss.
        """
        weight = block_weights(state, self.kind, "cosine")
        gaps = []
        for (queries, keys, place), parts in zip(pools, cosines, strict=True):
            fused = torch.zeros_like(parts[0])
            for w, part in zip(weight, parts, strict=True):
                fused.addcmul_(part * w[queries, None], w[keys].expand_as(part))
            # [q, t] against the truth's own similarity, so that its logit is 0
            gaps.append(fused - fused.gather(1, place[:, None]))
        return min(
            float(torch.cat([(gap / temperature).logsumexp(1) for gap in gaps]).mean()) for temperature in _TEMPERATURES
        )


def _found(cosines: Tensor, place: Tensor) -> Tensor:
    """Whether each query's truth is its best candidate, ties not counted, bool `[q]`."""
    truth = cosines.gather(1, place[:, None])
    return (cosines >= truth).sum(1) == 1


def parting(relevance: Tensor, found: Tensor, allowed: float) -> float:
    """The threshold that best parts queries that miss (at or below it) from those that find (above).

    Args:
        relevance: `[q]`.
        found: bool `[q]`.
        allowed: no threshold above this.

    Returns:
        One of the relevances, with the fewest finds below and misses above; 0 where freezing nothing is
        as good.
    """
    order = relevance.argsort(stable=True)
    balance = torch.where(found[order], -1, 1).cumsum(0)
    balance = balance.masked_fill(relevance[order] > allowed, 0)
    if not len(order) or balance.max() <= 0:
        return 0.0
    return float(relevance[order[balance.argmax()]])
