"""Ranks and figures worked by hand, ties included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pmf.alignment.metrics import alignment_metrics, rank_metrics, realistic_rank, reliability
from pmf.alignment.search.similarity import Similarities


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
    forward, backward = Similarities(source, target).rank(truth, k=2)
    assert realistic_rank(forward.greater.numpy(), forward.equal.numpy()).tolist() == [1.5, 2.0]
    assert realistic_rank(backward.greater.numpy(), backward.equal.numpy()).tolist() == [1.0, 1.5]


def test_an_alignment_is_judged_where_the_truth_speaks() -> None:
    """Six sources; 0-0, 1-1, 2-2, 3-3 are known. Nobody knows about source 4, 5 and target 4, 5."""
    truth = np.array([[0, 0], [1, 1], [2, 2], [3, 3]])
    partner = np.array([0, 4, -1, 2, 3, 5])  # right; both wrong; missed; wrong; wrong by its target; unknown
    assert alignment_metrics(partner, truth) == {
        "predicted": 5,
        "judged": 4,
        "correct": 1,
        "precision": 0.25,
        "recall": 0.25,
        "f1": 0.25,
    }
    nothing = alignment_metrics(np.full(6, -1), truth)
    assert (nothing["predicted"], nothing["precision"], nothing["recall"], nothing["f1"]) == (0, 0, 0, 0)
    assert alignment_metrics(np.arange(6), truth)["precision"] == 1


def test_an_entity_with_two_counterparts_counts_both() -> None:
    figures = alignment_metrics(np.array([1, -1]), np.array([[0, 0], [0, 1]]))
    assert (figures["correct"], figures["precision"], figures["recall"]) == (1, 1, 0.5)


def test_reliability_by_hand() -> None:
    figures = reliability(np.array([0.1, 0.3, 0.8, 1.0]), np.array([False, True, True, True]), bins=2)
    assert figures["brier"] == pytest.approx((0.01 + 0.49 + 0.04 + 0) / 4)
    assert figures["base_rate_brier"] == 0.75 * 0.25
    assert figures["curve"] == [
        {"probability": pytest.approx(0.2), "observed": 0.5, "n": 2},
        {"probability": pytest.approx(0.9), "observed": 1.0, "n": 2},
    ]
    thirds = reliability(np.array([0.0, 1.0]), np.array([True, True]), bins=3)
    assert [b["n"] for b in thirds["curve"]] == [1, 1]  # the bin between is empty, and 1 is in the last
