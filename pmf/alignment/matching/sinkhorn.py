"""Scores that account for competition: the entropic optimal transport plan."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig
from pmf.progress import tell


def sinkhorn(similarities: Similarities, config: EvaluationConfig) -> Similarities:
    """Log of the plan that Sinkhorn's iterations give: rows, then columns normalised, again and again.

    The plan is `exp(s_ij / temperature - f_i - g_j)`, so two offsets and a factor hold it and nothing but
    one block is ever exponentiated. With more targets than sources (or fewer) the columns end with sum 1
    and the rows with equal ones.

    The temperature counts in units of how far the best score of a query lies above its mean one, averaged
    over the sources: what it means then depends neither on the scale of the scores nor on an offset. For
    the same reason CSLS before would change nothing but the start.

    Args:
        similarities: of s sources and t targets, not scaled.
        config: temperature and iterations.

    Returns:
        The similarities themselves, scaled and offset.

    Source:
        Cuturi 2013 (arXiv 1306.0895); as decoding of entity alignment Mao et al. 2021 (arXiv 2109.05211). The
        unit of the temperature is ours: they fix 0.02 to 0.05 on cosines.
    """
    similarities.scale /= config.sinkhorn_temperature * _contrast(similarities)
    for done in range(config.sinkhorn_iterations):
        rows = torch.full_like(similarities.row_offset, -torch.inf)

        def normalised(part: slice, scores: Tensor, rows: Tensor = rows) -> Tensor:
            top = scores.amax(1)
            scores.sub_(top[:, None]).exp_()
            total = scores.sum(1)
            rows[part] = top + total.log()
            return total.reciprocal() @ scores

        columns = similarities.column_sums(normalised)
        similarities.row_offset += similarities.processes.largest(rows)
        similarities.col_offset += columns.clamp(min=torch.finfo(columns.dtype).tiny).log()
        tell("balancing", done + 1, config.sinkhorn_iterations)
    return similarities


def _contrast(similarities: Similarities) -> float:
    """Mean distance of a source row's largest score from its mean; 1 where all scores are the same."""
    above = torch.full_like(similarities.row_offset, -torch.inf)
    for part, scores in similarities.blocks():
        above[part] = scores.amax(1) - scores.mean(1)
    return float(similarities.processes.largest(above).double().mean()) or 1.0
