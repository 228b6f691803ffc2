"""Freezing: by hand, and as properties of any relevance."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pmf.config.model import FreezingConfig
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.schedule import ThresholdSchedule
from pmf.freezing.state import FreezingState

NAN = float("nan")


def one(values: list[float], present: list[bool] | None = None) -> tuple[FreezingState, Tensor]:
    present = present or [True] * len(values)
    return FreezingState.initial(torch.tensor([present])), torch.tensor([values])


def test_weights_by_hand() -> None:
    state, relevance = one([0.2, 0.5, 0.8, NAN])
    after = state.update(relevance, torch.tensor([0.3]), epoch=4)
    assert after.weight[0].tolist() == pytest.approx([0, 0.4, 1, 1])
    assert after.frozen_at[0].tolist() == [4, -1, -1, -1]


def test_no_relevance_above_the_threshold_freezes_all_and_divides_by_nothing() -> None:
    for best in (0.3, 0.2999):
        state, relevance = one([0.1, best])
        after = state.update(relevance, torch.tensor([0.3]), epoch=0)
        assert after.frozen.all()
        assert after.weight.tolist() == [[0, 0]]


def test_a_missing_feature_is_not_a_frozen_one() -> None:
    state, relevance = one([NAN, 0.1, 0.9], [False, True, True])
    after = state.update(relevance, torch.tensor([0.5]), epoch=2)
    assert after.missing.tolist() == [[True, False, False]]
    assert after.frozen.tolist() == [[False, True, False]]
    assert after.active.tolist() == [[False, False, True]]


@given(
    present=st.lists(st.booleans(), min_size=6, max_size=6),
    epochs=st.lists(
        st.lists(st.one_of(st.just(NAN), st.floats(0, 1, width=32)), min_size=6, max_size=6), min_size=1, max_size=5
    ),
    thresholds=st.lists(st.floats(0, 1, width=32), min_size=5, max_size=5),
    order=st.permutations(range(6)),
)
def test_properties(present: list[bool], epochs: list[list[float]], thresholds: list[float], order: list[int]) -> None:
    state = FreezingState.initial(torch.tensor([present]))
    shuffled = FreezingState.initial(torch.tensor([present])[:, order])
    for epoch, (values, threshold) in enumerate(zip(epochs, thresholds, strict=False)):
        relevance = torch.tensor([values]).masked_fill(~torch.tensor([present]), NAN)
        delta = torch.tensor([threshold])
        before, state = state, state.update(relevance, delta, epoch)
        shuffled = shuffled.update(relevance[:, order], delta, epoch)
        assert not (before.frozen & ~state.frozen).any()  # never thaws
        assert torch.equal(before.frozen_at[before.frozen], state.frozen_at[before.frozen])  # nor is it redated
        assert torch.equal(before.missing, state.missing)
        assert bool(((state.weight >= 0) & (state.weight <= 1)).all())
        assert not state.weight[~state.active].any()
        assert torch.equal(shuffled.frozen_at, state.frozen_at[:, order])  # names do not matter
        assert torch.equal(shuffled.weight, state.weight[:, order])
        assert torch.equal(before.frozen_at[relevance.isnan()], state.frozen_at[relevance.isnan()])


def test_schedule_grows_to_its_cap_between_start_and_end() -> None:
    schedule = ThresholdSchedule(initial=0.1, growth_rate=2, cap=0.5, start_epoch=3, end_epoch=8)
    assert [schedule.at(e) for e in range(9)] == [None, None, None, 0.1, 0.2, 0.4, 0.5, 0.5, None]


def test_only_the_image_grows_in_the_published_caps() -> None:
    setting = FreezingConfig(other_cap=0.1, start_epoch=0)
    image, other = (ThresholdSchedule.of(setting, m, 50) for m in ("image", "structure"))
    assert image.at(49) == 0.9
    assert other.at(49) == 0.1
    assert ThresholdSchedule.of(FreezingConfig(enabled=False), "image", 50).at(20) is None


def test_fusion_weights_by_hand() -> None:
    state = FreezingState(torch.tensor([[-1, 3], [-1, 3]], dtype=torch.int16), torch.tensor([[0.3, 0], [0.4, 0]]))
    assert block_weights(state, "graded", "dot").T.tolist() == [pytest.approx([0.3, 0.4]), [0, 0]]
    assert block_weights(state, "graded", "cosine").T.tolist() == [pytest.approx([0.6, 0.8]), [0, 0]]
    assert block_weights(state, "binary", "dot").T.tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize("together", [False, True])
def test_fused_embeddings_by_hand(*, together: bool) -> None:
    embeddings = torch.tensor([[[1.0, 0], [1, 0]], [[0, 1.0], [0, 1]]])
    weight = torch.tensor([[0.6, 0], [0.8, 0]])
    if together:  # in memory all of an entity's side by side
        embeddings = embeddings.transpose(0, 1).contiguous().transpose(0, 1)
    before = embeddings.clone()
    by_hand = [pytest.approx([0.6, 0, 0, 0.8]), [0, 0, 0, 0]]
    assert fuse(embeddings, weight).tolist() == by_hand
    assert torch.equal(embeddings, before)
    fused = fuse(embeddings, weight, in_place=True)
    assert fused.tolist() == by_hand
    assert (fused.data_ptr() == embeddings.data_ptr()) == together
