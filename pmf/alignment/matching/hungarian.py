"""One-to-one: the assignment with the largest sum of scores."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from torch import Tensor

from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig


def hungarian(scores: Similarities, config: EvaluationConfig) -> Tensor:
    """The assignment with the largest sum, over the best candidates of either side.

    A pair outside both entities' candidates hardly ever belongs to the optimum, and without them the
    problem is sparse: memory stays bounded, and a sparse Jonker-Volgenant solver takes a third of the
    dense one's time. With max(s, t) candidates the assignment is exact.

    Args:
        scores: of s sources and t targets.
        config: how many candidates of an entity, of either side, may become its partner.

    Returns:
        int64 `[s]`, target row of each source row, -1 where all its candidates are better used elsewhere.
    """
    graph = _graph(scores, config.hungarian_neighbours)
    source, target = min_weight_full_bipartite_matching(graph, maximize=True)
    partner = np.full(len(scores.source), -1)
    partner[source] = np.where(target < len(scores.target), target, -1)
    return torch.from_numpy(partner).to(scores.source.device)


def _graph(similarities: Similarities, neighbours: int) -> csr_array[np.float64]:
    """Candidate pairs `[s, t + s]`, all weights above 0; the last s columns stand for "no partner".

    Staying alone weighs less than any pair, so that a full matching exists whatever the candidates are.
    """
    s, t = len(similarities.source), len(similarities.target)
    nothing = torch.empty(0, 2, dtype=torch.int64, device=similarities.source.device)
    forward, backward = (
        (r.candidates.cpu().numpy(), r.scores.double().cpu().numpy()) for r in similarities.rank(nothing, neighbours)
    )
    rows = np.concatenate([np.arange(s).repeat(forward[0].shape[1]), backward[0].ravel()])
    columns = np.concatenate([forward[0].ravel(), np.arange(t).repeat(backward[0].shape[1])])
    scores = np.concatenate([forward[1].ravel(), backward[1].ravel()])
    _, once = np.unique(rows * t + columns, return_index=True)
    weights = scores[once] - scores.min() + 2
    alone = np.arange(s)
    return csr_array(
        (
            np.concatenate([weights, np.ones(s)]),
            (np.concatenate([rows[once], alone]), np.concatenate([columns[once], t + alone])),
        ),
        shape=(s, t + s),
    )
