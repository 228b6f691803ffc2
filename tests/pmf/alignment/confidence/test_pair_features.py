"""The evidence without a candidate is what the whole matrix says when that candidate is left out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from pmf.alignment.confidence.pair_features import View, views
from pmf.alignment.search.similarity import Similarities

K = 3
MEMORY = 4600  # 5 rows of 17 a block


@pytest.fixture
def tables() -> tuple[Tensor, Tensor]:
    torch.manual_seed(5)
    points = torch.randn(21, 6)
    source = normalize(points + 0.4 * torch.randn(21, 6), dim=1)
    target = normalize(points[:17], dim=1)
    source[2] = 0
    return source, target


def plainly(matrix: Tensor, query: int, candidate: int, withheld: int) -> list[float]:
    """One row of evidence, from the whole matrix `[q, c]`, one step at a time."""
    columns = [j for j in range(matrix.shape[1]) if j != withheld]
    candidate_mean = matrix.sort(dim=0, descending=True).values[:K].mean(0)
    query_mean = matrix.sort(dim=1, descending=True).values[:, :K].mean(1)
    query_mean[query] = matrix[query, columns].sort(descending=True).values[:K].mean()
    csls = 2 * matrix - query_mean[:, None] - candidate_mean
    own = csls[query, candidate]
    margin = own - max(csls[query, j] for j in columns if j != candidate)
    claim = own - max(csls[i, candidate] for i in range(len(matrix)) if i != query)
    mutual = margin >= 0 and claim >= 0
    return [float(matrix[query, candidate]), float(own), float(margin), float(claim), float(mutual)]


@pytest.mark.parametrize("direction", [0, 1])
def test_features_equal_the_plain_path(tables: tuple[Tensor, Tensor], direction: int) -> None:
    view = views(Similarities(*tables, MEMORY), K)[direction]
    matrix = tables[0] @ tables[1].T if direction == 0 else tables[1] @ tables[0].T
    queries = torch.arange(len(matrix))
    nothing = torch.full_like(queries, -1)
    best = view.choose(queries, nothing)
    second = view.choose(queries, best)
    for candidates, withheld in ((best, nothing), (second, best), (second, nothing), (best, second)):
        ours = view.features(queries, candidates, withheld)
        plain = [
            plainly(matrix, *row) for row in zip(queries.tolist(), candidates.tolist(), withheld.tolist(), strict=True)
        ]
        torch.testing.assert_close(ours, torch.tensor(plain), atol=2e-6, rtol=0)


def test_the_best_candidate_is_the_best_by_csls_but_the_one_withheld(tables: tuple[Tensor, Tensor]) -> None:
    view = views(Similarities(*tables, MEMORY), K)[0]
    scores = torch.cat([block.clone() for _, block in Similarities(*tables, MEMORY).csls(K, 1).blocks()])
    order = scores.argsort(dim=1, descending=True)
    queries = torch.arange(len(scores))
    assert torch.equal(view.choose(queries, torch.full_like(queries, -1)), order[:, 0])
    assert torch.equal(view.choose(queries, order[:, 0]), order[:, 1])
    assert torch.equal(view.choose(queries, order[:, 5]), order[:, 0])


def test_three_candidates_are_enough() -> None:
    small: tuple[View, View] = views(Similarities(torch.eye(3), torch.eye(3)), k=10)
    rows = torch.arange(3)
    for view in small:
        assert torch.equal(view.choose(rows, torch.full_like(rows, -1)), rows)
        assert view.features(rows, view.choose(rows, rows), rows).isfinite().all()
