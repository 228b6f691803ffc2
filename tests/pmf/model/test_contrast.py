"""The blocked losses are the plain formulas, in value and in slope."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from pmf.model import contrast, losses


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contrast, "BLOCK", 7)  # many blocks, and a last one that is not full


def random_rows(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()


@pytest.mark.parametrize("kept", [0, 2**28])
@pytest.mark.parametrize(("modalities", "links"), [(1, 1), (1, 9), (3, 16), (4, 10)])
def test_cross_graph_losses_equal_the_plain_formula(
    modalities: int, links: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrast, "KEPT_BYTES", kept)
    inputs = random_rows(modalities, 2 * links, 5)
    fusion = normalize(torch.rand(modalities, 2 * links, dtype=torch.float64), dim=0)
    anchor = torch.rand(modalities + 1, 2 * links, dtype=torch.float64)
    factor = torch.rand(modalities + 1, dtype=torch.float64)
    rows = normalize(inputs, dim=-1)
    fused = (rows * fusion[..., None]).transpose(0, 1).flatten(1)

    plain = torch.stack([losses.cross_graph_loss(r, a, 0.05) for r, a in zip([*rows, fused], anchor, strict=True)])
    fast = contrast.cross_graph_losses(rows, fusion, anchor, 0.05)

    torch.testing.assert_close(fast, plain, rtol=1e-10, atol=1e-10)
    (slope,) = torch.autograd.grad((plain * factor).sum(), inputs, retain_graph=True)
    (fast_slope,) = torch.autograd.grad((fast * factor).sum(), inputs)
    torch.testing.assert_close(fast_slope, slope, rtol=1e-9, atol=1e-9)


def test_scores_that_are_kept_change_no_bit_of_a_gradient_also_where_it_is_asked_for_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, fusion, anchor = random_rows(2, 40, 6), torch.rand(2, 40).double(), torch.rand(3, 40).double()
    slopes = []
    for kept in (0, 2**28):
        monkeypatch.setattr(contrast, "KEPT_BYTES", kept)
        loss = contrast.cross_graph_losses(rows, fusion, anchor, 0.05).sum()
        slopes += [torch.autograd.grad(loss, rows, retain_graph=True)[0] for _ in range(2)]
    assert all(torch.equal(slope, slopes[0]) for slope in slopes)


def test_rejected_pairs_join_the_negatives_of_the_plain_formula() -> None:
    inputs, apart = random_rows(2, 18, 5), random_rows(2, 4, 6)
    other_rows = normalize(apart[..., :5], dim=-1)  # of four entities outside the batch
    weights = [normalize(torch.rand(2, count, dtype=torch.float64), dim=0) for count in (18, 4)]
    anchor = torch.rand(3, 18, dtype=torch.float64)
    anchors, others = torch.tensor([0, 0, 11, 17, 3]), torch.tensor([0, 1, 1, 2, 3])
    rejected = torch.zeros(18, 4, dtype=torch.bool)
    rejected[anchors, others] = True
    rows = normalize(inputs, dim=-1)
    fused = [(r * w[..., None]).transpose(0, 1).flatten(1) for r, w in zip((rows, other_rows), weights, strict=True)]

    plain = torch.stack(
        [
            losses.cross_graph_loss(table, a, 0.05, other, rejected)
            for table, other, a in zip([*rows, fused[0]], [*other_rows, fused[1]], anchor, strict=True)
        ]
    )
    more = contrast.hard_negatives(rows, weights[0], anchors, other_rows[:, others], weights[1][:, others], 0.05)
    fast = contrast.cross_graph_losses(rows, weights[0], anchor, 0.05, more)

    torch.testing.assert_close(fast, plain, rtol=1e-10, atol=1e-10)
    assert (plain > contrast.cross_graph_losses(rows, weights[0], anchor, 0.05)).all()
    slopes = torch.autograd.grad(plain.sum(), (inputs, apart), retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(fast.sum(), (inputs, apart)), slopes, rtol=1e-9, atol=1e-9)


def test_cross_modality_loss_equals_the_plain_formula() -> None:
    first, second = random_rows(17, 5), random_rows(17, 6)[:, :5]
    weight = torch.rand(17, dtype=torch.float64)
    rows = normalize(first, dim=-1), normalize(second, dim=-1)
    plain = losses.cross_modality_loss(*rows, weight, 0.05)
    fast = contrast.cross_modality_loss(*rows, weight, 0.05)
    torch.testing.assert_close(fast, plain, rtol=1e-10, atol=1e-10)
    slopes = torch.autograd.grad(plain, (first, second), retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(fast, (first, second)), slopes, rtol=1e-9, atol=1e-9)


def test_zero_rows_are_harmless() -> None:
    rows = torch.zeros(2, 8, 4)
    fusion = torch.zeros(2, 8)
    inputs = rows.clone().requires_grad_()
    value = contrast.cross_graph_losses(inputs, fusion, torch.zeros(3, 8), 0.05)
    value.sum().backward()
    assert value.tolist() == [0, 0, 0]
    assert inputs.grad is not None
    assert bool((inputs.grad == 0).all())
