"""How the modalities of an entity become one embedding (paper eq. 8)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from pmf.freezing.state import FreezingState


def block_weights(
    state: FreezingState,
    kind: Literal["graded", "binary"],
    scoring: Literal["cosine", "dot"],
    reliability: Tensor | None = None,
) -> Tensor:
    """The factor of each modality's unit embedding in the fused one.

    Args:
        state: weights w and what is frozen.
        kind: "graded" takes w as it is (paper), "binary" counts any w > 0 as 1 (published code).
        scoring: "cosine" makes the fused row a unit vector, "dot" leaves it as it is.
        reliability: `[m]`, the factor of each modality's share of a similarity; None = all count alike.

    Returns:
        float32 `[m, n]`; a column of zeros where an entity has nothing left.
    """
    weight = state.weight if kind == "graded" else (state.weight > 0).float()
    if reliability is not None:
        weight = weight * reliability.sqrt()[:, None]
    if scoring == "dot":
        return weight
    norm = torch.linalg.vector_norm(weight, dim=0)
    return weight / torch.where(norm > 0, norm, 1.0)  # of nothing left nothing comes, and no infinite slope


def fuse(embeddings: Tensor, weight: Tensor, *, in_place: bool = False) -> Tensor:
    """Concatenate `weight_m · h_m` over the modalities.

    Args:
        embeddings: `[m, n, d]`, unit rows.
        weight: `[m, n]`.
        in_place: let the embeddings become the fused ones, if all of an entity's lie side by side, as those of
            `PMFModel.embed_all` do: whole tables are the largest things in memory.

    Returns:
        `[n, m · d]`.
    """
    weighted = torch.mul(embeddings, weight[..., None], out=embeddings if in_place else None)
    return weighted.transpose(0, 1).flatten(1)
