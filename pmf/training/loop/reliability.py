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


def fit_reliability(held_out: HeldOut, cosines: list[Tensor], state: FreezingState, config: Config) -> Tensor:
    """The factor of each modality's share of the similarity under which the truths are the most likely.

    A conditional logit: the probability of a candidate is proportional to `exp(sharpness · similarity)`. The logarithms
    of the factors and of the sharpness have normal priors, so that few links say little, and links that are all found
    not everything.

    Args:
        held_out: validation links and candidates.
        cosines: as `held_out.cosines` gives them, of embeddings that have not been trained on those links.
        state: what is frozen.
        config: fusion weight and scoring.

    Returns:
        `[m]`, above 0, their geometric mean 1.
    """
    zeros = cosines[0].new_zeros(len(cosines[0]))
    links = sum(len(queries) for queries, _, _ in held_out.pools)
    if not links:
        return zeros + 1
    log_factor = zeros.clone().requires_grad_()
    usual = zeros.new_tensor(_SHARPNESS).log()
    log_sharpness = usual.clone().requires_grad_()
    optimizer = LBFGS([log_factor, log_sharpness], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        factor = _centred(log_factor).exp()
        weight = block_weights(state, config.freezing.fusion_weight, config.evaluation.scoring, factor)
        prior = (log_factor.square().sum() + (log_sharpness - usual).square()) / (2 * links)
        total = log_losses(held_out.gaps(weight, cosines), log_sharpness.exp()).mean() + prior
        total.backward()
        return total

    with torch.enable_grad():
        optimizer.step(loss)  # type: ignore[no-untyped-call]
    return _centred(log_factor.detach()).exp()


def _centred(values: Tensor) -> Tensor:
    return values - values.mean()
