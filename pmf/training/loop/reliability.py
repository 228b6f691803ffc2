"""How much each modality should count: as validation links are found best."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.config.config import Config
from pmf.freezing.fusion import block_weights
from pmf.freezing.held_out import HeldOut, log_losses
from pmf.freezing.state import FreezingState
from pmf.training.loop.optimizer import LBFGS

_SHARPNESS = 20.0
_ITERATIONS = 50
_LEAST = 1e-6


def fit_reliability(
    held_out: HeldOut, cosines: list[Tensor], state: FreezingState, config: Config, usual: Tensor | None = None
) -> Tensor:
    """The factor of each modality's share of the similarity under which the truths are the most likely.

    A conditional logit: the probability of a candidate is proportional to `exp(sharpness · similarity)`. The logarithms
    of the factors and of the sharpness have normal priors, so that few links say little, and links that are all found
    not everything.

    Args:
        held_out: validation links and candidates.
        cosines: as `held_out.cosines` gives them, of embeddings that have not been trained on those links.
        state: what is frozen.
        config: fusion weight and scoring.
        usual: `[m]`, the factors where no link says anything, None for 1.

    Returns:
        `[m]`, `usual` times factors of which the geometric mean is 1.
    """
    zeros = cosines[0].new_zeros(len(cosines[0]))
    links = sum(len(queries) for queries, _, _ in held_out.pools)
    start = zeros + 1 if usual is None else usual
    if not links:
        return start
    held_out, cosines = held_out.nearest(cosines)
    log_factor = zeros.clone().requires_grad_()
    usual = zeros.new_tensor(_SHARPNESS).log()
    log_sharpness = usual.clone().requires_grad_()
    optimizer = LBFGS([log_factor, log_sharpness], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        factor = start * _centred(log_factor).exp()
        weight = block_weights(state, config.freezing.fusion_weight, config.evaluation.scoring, factor)
        prior = (log_factor.square().sum() + (log_sharpness - usual).square()) / (2 * links)
        total = log_losses(held_out.gaps(weight, cosines), log_sharpness.exp(), held_out.wrong_share).mean() + prior
        total.backward()
        return total

    with torch.enable_grad():
        optimizer.step(loss)  # type: ignore[no-untyped-call]
    return start * _centred(log_factor.detach()).exp()


def fit_shares(held_out: HeldOut, embeddings: Tensor, usual: Tensor, state: FreezingState, config: Config) -> Tensor:
    """What share of each modality's cosine labels should have, as if they and what is learned were two modalities.

    Args:
        held_out: validation links and candidates.
        embeddings: `[m, n, model.width + p]`, labels behind the learned part.
        usual: `[m]`, the share where no link says anything.
        state: what is frozen.
        config: fusion weight and scoring.

    Returns:
        `[m]`, in [0, 1).
    """
    both = FreezingState(state.frozen_at.repeat(2, 1), state.weight.repeat(2, 1))
    parts = held_out.parts(embeddings, config.model.width)
    start = torch.cat([1 - usual, usual.clamp(min=_LEAST)])  # a square root has no slope at 0
    learned, labels = fit_reliability(held_out, parts, both, config, start).chunk(2)
    return labels / (learned + labels) * (usual > 0)


def _centred(values: Tensor) -> Tensor:
    return values - values.mean()
