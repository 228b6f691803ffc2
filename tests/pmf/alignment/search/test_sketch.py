"""Rows of one-byte numbers against what float32 gives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pmf.alignment.search import sketch, tiles
from pmf.alignment.search.approximate import NearSimilarities
from pmf.alignment.search.sketch import Sketch, sketch_of
from pmf.benchmarks.search import planted_pairs
from pmf.config.evaluation import EvaluationConfig

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.skipif(not sketch.has_products(), reason="this processor has no such products"),
]

N, MEMORY = 3000, 64 * 2**20


@pytest.fixture(autouse=True)
def of_few_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch, "FEW", 0)
    monkeypatch.setattr(sketch, "MANY", 0)
    monkeypatch.setattr(tiles, "_TILE", 256)


def of(source: Tensor, target: Tensor, recall: float, bias: float = 0.0) -> Sketch | None:
    both = torch.full((len(source),), bias), torch.full((len(target),), bias)
    return sketch_of(source, target, 32, bias=both, recall=recall, memory=MEMORY)


def test_rows_are_as_short_as_a_sample_allows() -> None:
    """Rows drawn evenly from all directions: any that are left out are missed."""
    torch.manual_seed(0)
    source, target = (torch.nn.functional.normalize(torch.randn(N, 300)) for _ in range(2))
    widths = []
    for recall in (0.2, 0.999):
        made = of(source, target, recall)
        assert made is not None
        widths.append(made.source.shape[1])
        products = torch._int_mm(made.source[:50], made.target.T) * made.unit
        error = (products - source[:50] @ target.T).abs().max()
        assert error < (0.01 if made.source.shape[1] == 300 else 0.4)
    assert widths == [128, 300]


def test_where_one_number_outweighs_all_others_there_is_none() -> None:
    """One byte then tells nothing of the others."""
    source, target = planted_pairs(N, 40, seed=1)
    assert of(source, target, 0.98) is not None
    for rows in (source, target):
        rows[:, 0] = 1000
    assert of(source, target, 0.98) is None


def test_few_rows_and_other_processors_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = planted_pairs(N, 40, seed=1)
    monkeypatch.setattr(sketch, "FEW", N)
    assert of(source, target, 0.98) is None
    monkeypatch.setattr(sketch, "FEW", N - 1)
    assert of(source, target, 0.98) is not None
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_f": True})
    assert of(source, target, 0.98) is None


@pytest.mark.parametrize("width", [40, 300])
@pytest.mark.parametrize("rounds", [0, 1])
def test_a_search_finds_what_is_asked_for_and_scores_it_exactly(
    width: int, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With hubs held back, too; 300 numbers become 128."""
    source, target = planted_pairs(N, width, seed=2)
    source[:20], target[50:60] = 0, 0
    config = EvaluationConfig(exact_pairs=0, index_recall=0.9 if width == 300 else 0.98)
    made: list[int] = []
    sketch_for = sketch._sketch

    def counted(*given: Tensor) -> Sketch:
        one = sketch_for(*given)  # type: ignore[arg-type]
        made.append(one.source.shape[1])
        return one

    monkeypatch.setattr(sketch, "_sketch", counted)
    scores = NearSimilarities(source, target, config).csls(3, rounds)
    found = scores.nearest(0, 10), scores.nearest(1, 10)
    assert made == [min(width, 128)] * (1 + rounds)
    assert min(scores.recall(10).values()) > 0.98 * config.index_recall
    for side, best in enumerate(found):
        queries = torch.arange(N)[:, None].expand_as(best.ids)
        pairs = torch.stack([queries, best.ids] if side == 0 else [best.ids, queries], dim=2).flatten(0, 1)
        torch.testing.assert_close(best.scores.flatten(), scores.at(pairs), atol=1e-5, rtol=0)
        assert (best.scores.diff(dim=1) <= 0).all()


def test_among_equals_the_numbers_of_entities_do_not_tell_who_belongs_together() -> None:
    rows = planted_pairs(1000, 16, seed=5)[0].repeat_interleave(2, dim=0)
    zeros, made = torch.zeros(len(rows)), of(rows, rows.clone(), 0.98)
    assert made is not None
    both = tiles.nearest_by_tiles(rows, rows.clone(), 5, bias=(zeros, zeros), sketch=made)
    best, back = (found.ids[:, 0] for found in both)
    mutual = back[best] == torch.arange(len(rows))
    assert mutual.sum() == 1000
    assert 0.4 < (best == torch.arange(len(rows)))[mutual].float().mean() < 0.6
