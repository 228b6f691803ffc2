"""Thresholds that held-out links choose: it freezes only what they are surely found better without."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.freezing.fusion import block_weights
from pmf.freezing.rule import Decision, FreezingRule, Measurement, Proposal
from pmf.freezing.state import FreezingState


class GuardRule(FreezingRule):
    """Chooses each modality's threshold, up to what the schedule allows, by the validation links.

    Links that training never sees say twice what a modality's low relevances are worth. By themselves:
    the threshold is where most features below miss their own counterpart and most above find it.
    Together with the other modalities: it counts only if the links are then found no worse than now, and
    better than if none of this modality were frozen, by two standard errors. So where even features of
    low relevance help, or too few links tell, nothing freezes; where they mislead, they go.

    Source: ours; the paper raises one threshold for all modalities by the calendar.
    """

    note = "The guard takes it as an upper bound: links held out of the seeds choose the threshold below it."

    @torch.no_grad()
    def decide(self, state: FreezingState, measured: Measurement) -> Decision:
        """The state after this measurement, and the threshold that was chosen for each modality."""
        held_out, relevance = measured.held_out, measured.relevance
        allowed = torch.tensor(self.bounds(measured.epoch), device=relevance.device)
        pools, cosines = held_out.pools, held_out.cosines(measured.embeddings)
        queries = torch.cat([queries for queries, _, _ in pools])

        def losses_of(state: FreezingState) -> Tensor:
            return held_out.losses(block_weights(state, self.config.fusion_weight, "cosine"), cosines)

        losses = losses_of(state)
        chosen: list[float | None] = [0.0] * len(relevance)
        proposals: list[Proposal | None] = [None] * len(relevance)
        self.proposals = proposals
        for m in range(len(relevance)):
            hits = torch.cat([_found(parts[m], place) for parts, (_, _, place) in zip(cosines, pools, strict=True)])
            scored = state.active[m, queries] & ~relevance[m, queries].isnan()
            wanted = parting(relevance[m, queries][scored], hits[scored], float(allowed[m]))
            if not wanted:
                continue
            alone = torch.full_like(relevance, torch.nan)
            alone[m] = relevance[m]
            proposed = state.update(alone, allowed.new_full(allowed.shape, wanted), measured.epoch)
            after = losses_of(proposed)
            gain, gain_now = losses_of(thawed(state, m)) - after, float(losses.mean() - after.mean())
            taken = gain_now >= 0 and surely_better(gain)
            proposals[m] = Proposal(
                threshold=wanted,
                features=int(proposed.frozen[m].sum() - state.frozen[m].sum()),
                gain=float(gain.mean()),
                error=standard_error(gain),
                gain_now=gain_now,
                taken=taken,
            )
            if taken:
                state, losses, chosen[m] = proposed, after, wanted
        return state, chosen


def thawed(state: FreezingState, modality: int) -> FreezingState:
    """The state, had nothing of this modality ever been frozen."""
    weight = state.weight.clone()
    weight[modality] = torch.where(state.frozen[modality], 1.0, weight[modality])
    return FreezingState(state.frozen_at, weight)


def surely_better(gain: Tensor) -> bool:
    """Whether the mean of `gain` `[q]` lies above 0 by two standard errors.

    Two, because either direction of a link gains from the same thing, and there are many proposals.
    """
    return len(gain) > 1 and float(gain.mean()) > 2 * standard_error(gain)


def standard_error(values: Tensor) -> float:
    """Of the mean of `[q]`; NaN for fewer than two."""
    return float(values.std() / len(values) ** 0.5) if len(values) > 1 else float("nan")


def _found(cosines: Tensor, place: Tensor) -> Tensor:
    """Whether each query's truth is its best candidate, ties not counted, bool `[q]`."""
    truth = cosines.gather(1, place.to(cosines.device)[:, None])
    return (cosines >= truth).sum(1) == 1


def parting(relevance: Tensor, hits: Tensor, allowed: float) -> float:
    """The threshold that best parts queries that miss (at or below it) from those that find (above).

    Args:
        relevance: `[q]`.
        hits: bool `[q]`, which queries find their counterpart.
        allowed: no threshold above this.

    Returns:
        One of the relevances, with the fewest finds below and misses above; 0 where freezing nothing is
        as good.
    """
    order = relevance.argsort(stable=True)
    balance = torch.where(hits[order], -1, 1).cumsum(0)
    balance = balance.masked_fill(relevance[order] > allowed, 0)
    if not len(order) or balance.max() <= 0:
        return 0.0
    return float(relevance[order[balance.argmax()]])


RULE = GuardRule
