"""Blocks give what the whole matrix gives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from pmf.alignment.search import similarity
from pmf.alignment.search.similarity import Similarities, best_cosine


@pytest.fixture(params=["kept", "kept in small blocks", "recomputed"])
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Tensor, Tensor, int]:
    torch.manual_seed(3)
    if request.param == "kept in small blocks":
        monkeypatch.setattr(similarity, "_CACHED_ROWS", 2)
    source, target = normalize(torch.randn(31, 8), dim=1), normalize(torch.randn(23, 8), dim=1)
    return source, target, 4 * 31 * 23 - (request.param == "recomputed")  # 2 rows a block


def plain_csls(scores: Tensor, k: int, rounds: int) -> Tensor:
    for _ in range(rounds):
        rows = scores.sort(dim=1, descending=True).values[:, :k].mean(1, keepdim=True)
        columns = scores.sort(dim=0, descending=True).values[:k].mean(0, keepdim=True)
        scores = 2 * scores - rows - columns
    return scores


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_scores_candidates_and_ranks_equal_the_plain_path(tables: tuple[Tensor, Tensor, int], rounds: int) -> None:
    source, target, memory = tables
    blocks = Similarities(source, target, memory).csls(3, rounds)
    plain = plain_csls(source @ target.T, 3, rounds)
    torch.testing.assert_close(torch.cat([scores.clone() for _, scores in blocks.blocks()]), plain)
    truth = torch.stack([torch.arange(22, -1, -1), torch.arange(23)], dim=1)
    for ranking, matrix, pairs in zip(blocks.rank(truth, 4), (plain, plain.T), (truth, truth.flip(1)), strict=True):
        best = matrix.topk(4, dim=1)
        torch.testing.assert_close(ranking.scores, best.values)
        assert torch.equal(ranking.candidates, best.indices)
        gold = matrix[pairs[:, 0], pairs[:, 1]]
        assert torch.equal(ranking.greater.long(), (matrix[pairs[:, 0]] > gold[:, None]).sum(1))
        assert not ranking.equal.any()


def test_relevance_is_the_best_of_the_other_side(tables: tuple[Tensor, Tensor, int]) -> None:
    source, target, memory = tables
    rows, columns = best_cosine(source, target, memory)
    torch.testing.assert_close(rows, (source @ target.T).amax(1))
    torch.testing.assert_close(columns, (source @ target.T).amax(0))
    nothing = best_cosine(source[:0], target)
    assert len(nothing[0]) == 0
    assert not nothing[1].any()


def test_some_are_ranked_among_everybody_as_in_the_whole(tables: tuple[Tensor, Tensor, int]) -> None:
    whole = Similarities(*tables).csls(3, 2)
    truth = torch.stack([torch.arange(23), torch.arange(23)], dim=1)
    rows, everybody = torch.tensor([4, 9, 17]), torch.arange(23)
    mine = torch.tensor([[0, 4], [1, 9], [2, 17]])
    some, every = whole.among(rows, everybody).rank(mine, 5)[0], whole.rank(truth, 5)[0]
    assert torch.equal(some.candidates, every.candidates[rows])
    torch.testing.assert_close(some.scores, every.scores[rows])
    assert torch.equal(some.greater, every.greater[rows])
    nobody = whole.among(rows[:0], everybody).rank(mine[:0], 5)
    assert nobody[0].candidates.shape == (0, 5)


def test_plain_takes_every_scaling_back(tables: tuple[Tensor, Tensor, int]) -> None:
    scaled = Similarities(*tables).csls(3, 2)
    before = torch.cat([scores.clone() for _, scores in scaled.blocks()])
    plain = torch.cat([scores.clone() for _, scores in scaled.plain().blocks()])
    torch.testing.assert_close(plain, tables[0] @ tables[1].T)
    torch.testing.assert_close(torch.cat([scores.clone() for _, scores in scaled.blocks()]), before)


def test_several_truths_of_an_entity_and_ties_count_as_in_the_whole_matrix(tables: tuple[Tensor, Tensor, int]) -> None:
    source, target, memory = tables
    source, target = (4 * source).round(), (4 * target).round()  # whole numbers: nothing is rounded below
    target[7:12] = target[3]  # ties in a row
    source[20:26] = source[1]  # and in a column
    truth = torch.tensor([[1, 3], [1, 4], [20, 3], [5, 3], [5, 8], [30, 22]])
    plain = source @ target.T
    scores = Similarities(source, target, memory)
    for ranking, matrix, pairs in zip(scores.rank(truth, 0), (plain, plain.T), (truth, truth.flip(1)), strict=True):
        gold = matrix[pairs[:, 0], pairs[:, 1]][:, None]
        assert torch.equal(ranking.greater.long(), (matrix[pairs[:, 0]] > gold).sum(1))
        assert torch.equal(ranking.equal.long(), (matrix[pairs[:, 0]] == gold).sum(1) - 1)
        assert ranking.equal.any()
