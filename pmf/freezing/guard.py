"""Thresholds that held-out links choose: a modality freezes only what they are surely found better without."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from pmf.freezing.fusion import block_weights
from pmf.freezing.held_out import HeldOut
from pmf.freezing.state import FreezingState


class FreezingGuard:
    """Chooses each modality's threshold, up to what the schedule allows, by the validation links.

    Links that training never sees say twice what a modality's low relevances are worth. By themselves:
    the threshold is where most features below miss their own counterpart and most above find it.
    Together with the other modalities: it counts only if the links are then found no worse than now, and
    better than if none of this modality were frozen, by two standard errors. So where even features of
    low relevance help, or too few links tell, nothing freezes; where they mislead, they go.

    Args:
        kind: how the fusion weighs what is not frozen.
        held_out: the links that decide.

    Source: ours; the paper raises one threshold for all modalities by the calendar.
    """

    def __init__(self, kind: Literal["graded", "binary"], held_out: HeldOut) -> None:
        self.kind, self.held_out = kind, held_out

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
        pools, cosines = self.held_out.pools, self.held_out.cosines(embeddings)
        queries = torch.cat([queries for queries, _, _ in pools])
        losses = self._losses(state, cosines)
        chosen = [0.0] * len(relevance)
        for m in range(len(relevance)):
            found = torch.cat([_found(parts[m], place) for parts, (_, _, place) in zip(cosines, pools, strict=True)])
            asked = state.active[m, queries] & ~relevance[m, queries].isnan()
            wanted = parting(relevance[m, queries][asked], found[asked], float(threshold[m]))
            alone = torch.full_like(relevance, torch.nan)
            alone[m] = relevance[m]
            proposed = state.update(alone, threshold.new_full(threshold.shape, wanted), epoch)
            after = self._losses(proposed, cosines)
            no_worse = wanted > 0 and bool(after.mean() <= losses.mean())
            if no_worse and surely_better(self._losses(thawed(state, m), cosines) - after):
                state, losses, chosen[m] = proposed, after, wanted
        return state, chosen

    def _losses(self, state: FreezingState, cosines: list[Tensor]) -> Tensor:
        return self.held_out.losses(block_weights(state, self.kind, "cosine"), cosines)


def thawed(state: FreezingState, modality: int) -> FreezingState:
    """The state, had nothing of this modality ever been frozen."""
    weight = state.weight.clone()
    weight[modality] = torch.where(state.frozen[modality], 1.0, weight[modality])
    return FreezingState(state.frozen_at, weight)


def surely_better(gain: Tensor) -> bool:
    """Whether the mean of `gain` `[q]` lies above 0 by two standard errors.

    Two, because either direction of a link gains from the same thing, and there are many proposals.
    """
    return len(gain) > 1 and bool(gain.mean() > 2 * gain.std() / len(gain) ** 0.5)


def _found(cosines: Tensor, place: Tensor) -> Tensor:
    """Whether each query's truth is its best candidate, ties not counted, bool `[q]`."""
    truth = cosines.gather(1, place.to(cosines.device)[:, None])
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
