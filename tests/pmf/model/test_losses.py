"""The plain losses, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from pmf.model.losses import LearnedWeights, anchor_weights, cross_graph_loss, cross_modality_loss


def test_cross_graph_loss_by_hand() -> None:
    # two links in the plane; source rows e1, e2, target rows e1, e2
    rows = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    # every row: partner cos 1, two others cos 0; temperature 1
    each = -math.log(math.e / (math.e + 2))
    assert cross_graph_loss(rows, torch.full((4,), 0.25), 1.0).item() == pytest.approx(each)
    assert cross_graph_loss(rows, torch.tensor([1.0, 0, 0, 0]), 1.0).item() == pytest.approx(each)


def test_cross_modality_loss_by_hand() -> None:
    anchors = torch.tensor([[1.0, 0], [0, 1]])
    keys = torch.tensor([[1.0, 0], [1, 0]])
    right = -math.log(math.e / (2 * math.e))
    assert cross_modality_loss(anchors, keys, torch.tensor([1.0, 0.0]), 1.0).item() == pytest.approx(right)


def test_an_anchor_needs_its_own_feature_and_its_partners() -> None:
    active = torch.tensor([True, True, False, True, True, True])  # sources 0-2, targets 3-5
    present = torch.tensor([True, True, True, True, False, True])
    # source 1 has no partner feature, source 2 is frozen, target 4 is out by `active` of its own? it is
    # active here, and its partner (source 1) is present, so only what is said counts
    weights = anchor_weights(active, present)
    assert weights.tolist() == pytest.approx([1 / 2, 0, 0, 1 / 6, 1 / 6, 1 / 6])


def test_a_side_without_anchors_has_no_weight() -> None:
    active = torch.tensor([False, False, True, True])
    assert anchor_weights(active, torch.ones(4, dtype=torch.bool)).tolist() == pytest.approx([0, 0, 0.25, 0.25])


def test_learned_weights_start_at_the_plain_sum() -> None:
    group = LearnedWeights(2)
    assert group(torch.tensor([1.5, 2.0])).item() == pytest.approx(3.5)
    with torch.no_grad():
        group.log_variance.copy_(torch.tensor([math.log(2), 0.0]))
    assert group(torch.tensor([1.5, 2.0])).item() == pytest.approx(0.75 + math.log(2) + 2)
