"""One-to-one: the best pair first."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.alignment.matching.mutual import claims
from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig


def greedy(scores: Similarities, _: EvaluationConfig) -> Tensor:
    """Best pair first: each pair taken removes its two entities.

    Among what is left, mutual best pairs are what the sorted walk over all pairs would take next, so
    taking them all at once gives the same matching in few passes (paper, "greedy" decoding).

    Returns:
        int64 `[s]`, target row of each source row, -1 once the targets are used up.
    """
    device = scores.source.device
    matched = torch.full((len(scores.source),), -1, device=device)
    target_free = torch.ones(len(scores.target), dtype=torch.bool, device=device)
    while bool((matched < 0).any()) and bool(target_free.any()):
        free = matched < 0
        target, score, source = claims(scores, free, target_free)
        here = torch.arange(len(target), device=device)
        taken = free & (score > -torch.inf) & (source[target] == here)
        if not bool(taken.any()):
            break  # scores that are not finite, or ties in a ring: nobody is anybody's best
        matched[taken] = target[taken]
        target_free[target[taken]] = False
    return matched
