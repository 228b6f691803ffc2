"""Ranks and figures worked by hand, ties included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pmf.alignment.metrics import rank_metrics, realistic_rank
from pmf.alignment.similarity import Similarities, rank


def test_a_tie_is_half_way_between_best_and_worst() -> None:
    assert realistic_rank(np.array([0, 0, 2]), np.array([0, 3, 1])).tolist() == [1, 2.5, 3.5]


def test_metrics_by_hand() -> None:
    figures = rank_metrics(np.array([1, 2.5, 10, 20]))
    assert figures["hits@1"] == 0.25
    assert figures["hits@10"] == 0.75
    assert figures["mrr"] == pytest.approx((1 + 0.4 + 0.1 + 0.05) / 4)
    assert figures["mean_rank"] == pytest.approx(33.5 / 4)


def test_nothing_has_no_figure() -> None:
    with pytest.raises(ValueError, match="no queries"):
        rank_metrics(np.array([]))


def test_a_query_of_zeros_is_no_hit() -> None:
    """A frozen query is all zeros and ties with everybody: optimistic ranks would call that a hit."""
    source = torch.tensor([[1.0, 0], [0, 0]])
    target = torch.tensor([[1.0, 0], [0, 1], [1, 0]])
    truth = torch.tensor([[0, 0], [1, 1]])
    forward, backward = rank(Similarities(source, target), truth, k=2)
    assert realistic_rank(forward.greater.numpy(), forward.equal.numpy()).tolist() == [1.5, 2.0]
    assert realistic_rank(backward.greater.numpy(), backward.equal.numpy()).tolist() == [1.0, 1.5]
