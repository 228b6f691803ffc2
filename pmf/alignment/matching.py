"""One-to-one decisions from scores: who is matched with whom."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.alignment.similarity import Similarities


def _claims(similarities: Similarities, source_free: Tensor, target_free: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Best free target of every source row, its score, and best free source of every target row."""
    best_target = torch.zeros(len(source_free), dtype=torch.int64, device=source_free.device)
    best_score = torch.full((len(source_free),), -torch.inf, device=source_free.device)
    column_score = torch.full((len(target_free),), -torch.inf, device=source_free.device)
    best_source = torch.zeros(len(target_free), dtype=torch.int64, device=source_free.device)
    for part, scores in similarities.blocks():
        scores[:, ~target_free] = -torch.inf
        scores[~source_free[part]] = -torch.inf
        best_score[part], best_target[part] = scores.max(1)
        top, row = scores.max(0)
        better = top > column_score  # the first of equals wins, whatever the block size
        best_source[better] = row[better] + part.start
        column_score = torch.maximum(column_score, top)
    return best_target, best_score, best_source


def mutual_nearest(similarities: Similarities) -> Tensor:
    """Pairs that are each other's best candidate.

    Returns:
        int64 `[s]`, target row of each source row, -1 for none.
    """
    every_source = torch.ones(len(similarities.source), dtype=torch.bool, device=similarities.source.device)
    every_target = torch.ones(len(similarities.target), dtype=torch.bool, device=similarities.source.device)
    target, _, source = _claims(similarities, every_source, every_target)
    here = torch.arange(len(target), device=target.device)
    return torch.where(source[target] == here, target, -1)


def greedy(similarities: Similarities) -> Tensor:
    """One-to-one, best pair first: each pair taken removes its two entities.

    Among what is left, mutual best pairs are what the sorted walk over all pairs would take next, so
    taking them all at once gives the same matching in few passes (paper, "greedy" decoding).

    Returns:
        int64 `[s]`, target row of each source row, -1 once the targets are used up.
    """
    device = similarities.source.device
    matched = torch.full((len(similarities.source),), -1, device=device)
    target_free = torch.ones(len(similarities.target), dtype=torch.bool, device=device)
    while bool((matched < 0).any()) and bool(target_free.any()):
        free = matched < 0
        target, score, source = _claims(similarities, free, target_free)
        here = torch.arange(len(target), device=device)
        taken = free & (score > -torch.inf) & (source[target] == here)
        if not bool(taken.any()):
            break  # scores that are not finite, or ties in a ring: nobody is anybody's best
        matched[taken] = target[taken]
        target_free[target[taken]] = False
    return matched
