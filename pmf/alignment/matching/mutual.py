"""One-to-one: who is each other's best."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.alignment.search.approximate import NearSimilarities
from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig


def mutual_nearest(scores: Similarities, _: EvaluationConfig) -> Tensor:
    """Pairs that are each other's best candidate.

    Returns:
        int64 `[s]`, target row of each source row, -1 for none.
    """
    device = scores.source.device
    if isinstance(scores, NearSimilarities):
        forward, backward = scores.rank(torch.empty(0, 2, dtype=torch.int64), 1)
        target, source = forward.candidates[:, 0], backward.candidates[:, 0]
        return torch.where(source[target] == torch.arange(len(target)), target, -1)
    every_source = torch.ones(len(scores.source), dtype=torch.bool, device=device)
    every_target = torch.ones(len(scores.target), dtype=torch.bool, device=device)
    target, _score, source = claims(scores, every_source, every_target)
    return torch.where(source[target] == torch.arange(len(target), device=device), target, -1)


def claims(similarities: Similarities, source_free: Tensor, target_free: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Who wants whom among the free ones.

    Args:
        similarities: of s sources and t targets.
        source_free: bool `[s]`.
        target_free: bool `[t]`.

    Returns:
        Best free target of every source row `[s]`, its score `[s]`, best free source of every target row `[t]`.
    """
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
    processes, own = similarities.processes, column_score.clone()
    processes.largest(best_score)
    processes.sum(best_target)
    best = own == processes.largest(column_score)
    best_source = -processes.largest(torch.where(best, -best_source, -len(source_free)))  # the uppermost of equals
    return best_target, best_score, best_source
