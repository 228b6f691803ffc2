"""Every decoder gives what its definition gives on the whole matrix."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from pmf.alignment.evaluation.evaluate import figures
from pmf.alignment.matching import DECODERS
from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import Decode, EvaluationConfig

PLAIN = EvaluationConfig()


@pytest.fixture(params=["kept", "recomputed"])
def tables(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor, int]:
    """31 sources in blocks of 2, 23 targets; one row of either is all zeros, as of an entity with all frozen."""
    torch.manual_seed(3)
    source, target = normalize(torch.randn(31, 8), dim=1), normalize(torch.randn(23, 8), dim=1)
    source[4] = 0
    target[9] = 0
    return source, target, 4 * 31 * 23 - (request.param == "recomputed")


def whole(scores: Similarities) -> Tensor:
    return torch.cat([block.clone() for _, block in scores.blocks()])


def test_there_is_a_decoder_for_every_name() -> None:
    assert tuple(DECODERS) == get_args(Decode)


@pytest.mark.parametrize("iterations", [1, 10])
@pytest.mark.parametrize("swap", [False, True])
def test_sinkhorn_equals_the_plain_formula(tables: tuple[Tensor, Tensor, int], iterations: int, swap: bool) -> None:
    source, target, memory = tables
    if swap:
        source, target = target, source
    config = EvaluationConfig(sinkhorn_temperature=0.1, sinkhorn_iterations=iterations)
    matrix = (source @ target.T).double()
    contrast = (matrix.max(1).values - matrix.mean(1)).mean()
    plan = (matrix / (0.1 * contrast)).exp()
    for _ in range(iterations):
        plan = plan / plan.sum(1, keepdim=True)
        plan = plan / plan.sum(0, keepdim=True)
    ours = whole(DECODERS["sinkhorn"].score(Similarities(source, target, memory), config))
    torch.testing.assert_close(ours.double().exp(), plan, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours.exp().sum(0), torch.ones(len(target)), atol=1e-4, rtol=0)


def test_sinkhorn_means_the_same_at_any_scale(tables: tuple[Tensor, Tensor, int]) -> None:
    """A dot product of three modalities is up to three times a cosine."""
    source, target, memory = tables
    score = DECODERS["sinkhorn"].score
    one, three = (whole(score(Similarities(factor * source, target, memory), PLAIN)) for factor in (1, 3))
    torch.testing.assert_close(one, three, atol=1e-3, rtol=1e-4)


def test_sinkhorn_stays_finite_where_it_is_coldest(tables: tuple[Tensor, Tensor, int]) -> None:
    cold = EvaluationConfig(sinkhorn_temperature=1e-3)
    assert whole(DECODERS["sinkhorn"].score(Similarities(*tables), cold)).isfinite().all()
    same = torch.zeros(3, 2)
    equal = whole(DECODERS["sinkhorn"].score(Similarities(same, same), PLAIN))
    assert equal.isfinite().all()
    assert (equal == equal[0, 0]).all()


def test_sinkhorn_lets_a_sure_pair_decide_for_an_unsure_one() -> None:
    """Source 1 likes target 0 best, but that is source 0's by far."""
    source = torch.eye(2)
    target = torch.tensor([[0.9, 0.51], [0.1, 0.5]])
    truth = torch.tensor([[0, 0], [1, 1]])
    assert Similarities(source, target).rank(truth, 0)[0].greater.tolist() == [0, 1]
    scores = DECODERS["sinkhorn"].score(Similarities(source, target), PLAIN)
    assert scores.rank(truth, 0)[0].greater.tolist() == [0, 0]


def best_assignment(scores: Tensor) -> float:
    """The largest sum over all assignments, one by one."""
    if scores.shape[0] > scores.shape[1]:
        scores = scores.T
    rows = range(len(scores))
    return max(
        float(scores[rows, chosen].sum()) for chosen in itertools.permutations(range(scores.shape[1]), len(rows))
    )


@pytest.mark.parametrize(("s", "t"), [(6, 6), (5, 7), (7, 5), (1, 4)])
def test_hungarian_equals_brute_force(s: int, t: int) -> None:
    decide = DECODERS["hungarian"].decide
    assert decide
    for seed in range(8):
        torch.manual_seed(seed)
        source, target = 20 * torch.randn(s, 3), torch.randn(t, 3)
        source[0] = 0
        scores = Similarities(source, target)
        partner = decide(scores, PLAIN)
        matched = (partner >= 0).nonzero()[:, 0]
        assert len(matched) == len(partner[matched].unique()) == min(s, t)
        matrix = source @ target.T
        assert float(matrix[matched, partner[matched]].sum()) == pytest.approx(best_assignment(matrix), rel=1e-5)


def test_hungarian_leaves_alone_whom_nobody_needs() -> None:
    """Three sources want the same target and no other is among anybody's candidates."""
    decide = DECODERS["hungarian"].decide
    assert decide
    source = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1]])
    target = torch.tensor([[1.0, 0], [0, 1]])
    partner = decide(Similarities(source, target), EvaluationConfig(hungarian_neighbours=1))
    assert sorted(partner.tolist()) == [-1, -1, 0, 1]
    assert partner[3] == 1


def walk(scores: Tensor) -> list[int]:
    """Greedy as it is usually written: all pairs, best first."""
    matched, used = [-1] * len(scores), set()
    for place in scores.flatten().argsort(descending=True).tolist():
        i, j = divmod(place, scores.shape[1])
        if matched[i] < 0 and j not in used:
            matched[i] = j
            used.add(j)
    return matched


def test_greedy_equals_the_walk_over_all_pairs(tables: tuple[Tensor, Tensor, int]) -> None:
    source, target, memory = tables
    source[4], target[9] = source[5] / 2, target[8] / 2  # without ties the walk has one result
    decide = DECODERS["greedy"].decide
    assert decide
    assert decide(Similarities(source, target, memory), PLAIN).tolist() == walk(source @ target.T)
    assert decide(Similarities(target, source, memory), PLAIN).tolist() == walk(target @ source.T)


@pytest.mark.parametrize("name", ["greedy", "hungarian"])
def test_ties_are_matched_one_to_one(name: str) -> None:
    same = torch.ones(4, 2)
    decide = DECODERS[name].decide
    assert decide
    assert sorted(decide(Similarities(same, same[:3]), PLAIN).tolist()) == [-1, 0, 1, 2]
    assert sorted(decide(Similarities(same[:3], same), PLAIN).tolist())[0] >= 0


def test_mutual_nearest_by_hand() -> None:
    source = torch.tensor([[1.0, 0], [0.9, 0.1], [0, 1]])
    target = torch.tensor([[1.0, 0], [0, 1]])
    decide = DECODERS["mutual"].decide
    assert decide
    assert decide(Similarities(source, target), PLAIN).tolist() == [0, -1, 1]


def test_a_decision_moves_its_partner_to_the_front() -> None:
    """Source 1 ranks its truth second; given it, both directions count a hit, and denied it, none does."""
    scores = Similarities(torch.eye(2), torch.tensor([[0.9, 0.51], [0.1, 0.5]]))
    truth = torch.tensor([[0, 0], [1, 1]])
    alone = figures(scores, None, truth)
    assert alone["source_to_target"]["hits@1"] == 0.5
    given = figures(scores, torch.tensor([0, 1]), truth)
    assert [given[d]["hits@1"] for d in given] == [1, 1]
    denied = figures(scores, torch.tensor([1, -1]), truth)
    assert [denied[d]["hits@1"] for d in denied] == [0, 0]
    assert denied["source_to_target"]["mean_rank"] == 2


@pytest.mark.parametrize("decode", get_args(Decode))
@pytest.mark.parametrize("memory", [4 * 40 * 60, 0])
def test_every_decoding_finds_noisy_copies(decode: Decode, memory: int) -> None:
    """More targets than sources, some of either with nothing to tell: their ties are no hits."""
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(60, 16, generator=generator)
    noisy = points[:40] + 0.3 * torch.randn(40, 16, generator=generator)
    fused = normalize(torch.cat([noisy, points]), dim=1)
    fused[:5] = 0
    decoder, truth = DECODERS[decode], torch.arange(40)[:, None].expand(40, 2)
    scores = decoder.score(Similarities(fused[:40], fused[40:], memory), PLAIN)
    partner = decoder.decide and decoder.decide(scores, PLAIN)
    for direction in figures(scores, partner, truth).values():
        assert 0.8 <= direction["hits@1"] <= 35 / 40 + 2 / 40  # by luck a decision may get a blank one right
        assert direction["hits@1"] <= direction["hits@10"] <= 1
