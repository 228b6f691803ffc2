"""The losses as the formulas stand (METHOD, "Losses"); `pmf.model.contrast` computes the same faster."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def anchor_weights(active: Tensor, partner: Tensor) -> Tensor:
    """Turn "this anchor takes part" into weights: each direction is a mean, and both are averaged.

    Args:
        active: bool `[…, 2b]`, first half source anchors, second half their target partners.
        partner: bool `[…, 2b]`, whether an entity has the feature at all, in the same order.

    Returns:
        float32 `[…, 2b]`; 0 where the anchor is frozen or missing, or its partner is missing: there is
        nothing to find then. A half without anchors has no weight and gives no loss.
    """
    takes_part = (active & partner.roll(partner.shape[-1] // 2, dims=-1)).float()
    halves = torch.stack(takes_part.chunk(2, dim=-1), dim=-2)  # [..., 2, b]
    return (halves / (2 * halves.sum(-1, keepdim=True).clamp(min=1))).flatten(-2)


def cross_graph_loss(
    embeddings: Tensor,
    weight: Tensor,
    temperature: float,
    others: Tensor | None = None,
    rejected: Tensor | None = None,
) -> Tensor:
    """InfoNCE over a batch of links, both directions, negatives from both graphs (CKG).

    Args:
        embeddings: `[2b, d]` unit or zero rows, sources first, partners in the same order.
        weight: `[2b]` from `anchor_weights`.
        temperature: divides the cosines.
        others: `[e, d]` rows of entities outside the batch, None for none.
        rejected: bool `[2b, e]`, whether somebody said that the two are not the same.

    Returns:
        `Σ_i weight_i · -log(exp(s_ip/t) / Σ_{j ≠ i} exp(s_ij/t))`, p the partner of i; negatives of a
        source are all other targets and all other sources, and the other way round, and what it was
        rejected with.
    """
    logits = embeddings @ embeddings.T / temperature  # [2b, 2b]
    count = len(embeddings)
    logits = logits.masked_fill(torch.eye(count, dtype=torch.bool, device=logits.device), -torch.inf)
    if others is not None and rejected is not None:
        hard = (embeddings @ others.T / temperature).masked_fill(~rejected, -torch.inf)
        logits = torch.cat([logits, hard], dim=1)
    partner = torch.arange(count, device=logits.device).roll(count // 2)
    losses = -logits.log_softmax(dim=1).gather(1, partner[:, None])[:, 0]
    return (losses * weight).sum()


def cross_modality_loss(anchors: Tensor, keys: Tensor, weight: Tensor, temperature: float) -> Tensor:
    """Each entity's feature in one modality must find its own in another (CM).

    Args:
        anchors: `[b, d]` unit or zero rows in modality p.
        keys: `[b, d]` the same entities in modality q.
        weight: `[b]`, 0 where either side is frozen or missing.
        temperature: divides the cosines.

    Returns:
        `Σ_i weight_i · -log(exp(s_ii/t) / Σ_j exp(s_ij/t))`.
    """
    logits = anchors @ keys.T / temperature
    return -(logits.log_softmax(dim=1).diagonal() * weight).sum()


class LearnedWeights(nn.Module):
    """Sum of losses with learned weights, `Σ_k exp(-s_k) · L_k + s_k`.

    Args:
        count: losses in the group; every s starts at 0.

    Source: Kendall et al. 2018, arXiv 1705.07115.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(count))

    def forward(self, losses: Tensor) -> Tensor:
        """`[count]` losses → their weighted sum."""
        return ((-self.log_variance).exp() * losses + self.log_variance).sum()
