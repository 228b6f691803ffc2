"""Each entity's best, found by tiles or by an index, against what all pairs give."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from pmf.alignment.confidence.pair_features import views
from pmf.alignment.evaluation.evaluate import Candidates, evaluate, figures, search_figures, top_candidates
from pmf.alignment.matching import DECODERS, mutual_nearest
from pmf.alignment.search import approximate as near
from pmf.alignment.search import index, tiles
from pmf.alignment.search.approximate import NearSimilarities, best_similarity, compare
from pmf.alignment.search.similarity import Similarities, best_cosine
from pmf.benchmarks.search import planted_pairs
from pmf.config.evaluation import EvaluationConfig
from pmf.errors import ConfigError

TILED = EvaluationConfig(exact_pairs=0, csls_rounds=2)
ALWAYS = dataclasses.replace(TILED, index_pairs=0)
EXACT = dataclasses.replace(TILED, exact_pairs=10**10)
WAYS = pytest.mark.parametrize("way", [ALWAYS, TILED], ids=["index", "tiles"])
pytestmark = pytest.mark.usefixtures("one_thread")

NOBODY = torch.empty(0, 2, dtype=torch.int64)


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index looks into every cell and shortens nothing out, so that it misses nothing."""
    monkeypatch.setattr(index, "SHORTLIST", 10**6)
    monkeypatch.setattr(near, "CANDIDATES", 10**6)


def tables(source: int = 90, target: int = 70) -> tuple[Tensor, Tensor]:
    """Rows of 24 numbers; three of either side are zeros, as of entities with all frozen."""
    rows = planted_pairs(max(source, target), 24, seed=4)
    one, other = rows[0][:source].clone(), rows[1][:target].clone()
    one[5:8] = 0
    other[11:14] = 0
    return one, other


def links(count: int) -> Tensor:
    return torch.arange(count)[:, None].expand(count, 2)


@WAYS
@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_statistics_candidates_and_ranks_equal_all_pairs(way: EvaluationConfig, rounds: int) -> None:
    found, plain = (compare(*tables(), config).csls(3, rounds) for config in (way, EXACT))
    assert isinstance(found, NearSimilarities)
    torch.testing.assert_close(found.row_offset, plain.row_offset)
    torch.testing.assert_close(found.col_offset, plain.col_offset)
    one_more = [ranking.scores for ranking in plain.rank(NOBODY, 11)]
    for ours, theirs, counted, eleven in zip(
        found.rank(links(60), 10), plain.rank(links(60), 10), found.count(links(60)), one_more, strict=True
    ):
        torch.testing.assert_close(ours.scores, theirs.scores, atol=1e-5, rtol=0)
        told_apart = eleven.diff(dim=1).abs().amin(1) > 1e-5  # equals may come in any order
        assert told_apart.sum() > 30
        assert torch.equal(ours.candidates[told_apart], theirs.candidates[told_apart])
        seen = torch.arange(60) > 13  # a row of zeros ties with others but for the last digit
        for one, two, three in zip((ours.greater, ours.equal), (theirs.greater, theirs.equal), counted, strict=True):
            assert torch.equal(one[seen], two[seen])
            assert torch.equal(three[seen], two[seen])
    assert found.recall(10) == {"source_to_target": 1, "target_to_source": 1}
    torch.testing.assert_close(found.plain().rank(NOBODY, 5)[0].scores, plain.plain().rank(NOBODY, 5)[0].scores)


@WAYS
@pytest.mark.usefixtures("everywhere")
def test_decisions_relevance_and_evidence_equal_all_pairs(way: EvaluationConfig) -> None:
    found, plain = (compare(*tables(), config).csls(3, 2) for config in (way, EXACT))
    assert torch.equal(mutual_nearest(found, way)[14:], mutual_nearest(plain, EXACT)[14:])
    for ours, theirs in zip(best_similarity(*tables(), way), best_cosine(*tables()), strict=True):
        torch.testing.assert_close(ours, theirs)
    rows, nothing = torch.arange(14, 60), torch.full((46,), -1)
    for ours, theirs in zip(views(found.plain(), 3), views(plain.plain(), 3), strict=True):
        chosen = theirs.choose(rows, nothing)
        torch.testing.assert_close(ours.features(rows, chosen, nothing), theirs.features(rows, chosen, nothing))


@pytest.mark.parametrize("width", [40, 41])
def test_an_index_finds_most_of_many_and_the_same_again(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With quantised rows, as of many keys."""
    monkeypatch.setattr(index, "_FEW", 1000)
    source, target = planted_pairs(2000, width, seed=1)
    source[:20], target[50:60] = 0, 0
    config = dataclasses.replace(ALWAYS, index_recall=0.95)
    first, second = (compare(source, target, config).csls(3, 2) for _ in range(2))
    exact = Similarities(source, target).csls(3, 2)
    assert isinstance(first, NearSimilarities)
    assert min(first.recall(10).values()) > 0.93
    assert (first.row_offset - exact.row_offset).abs().mean() < 0.05 * exact.row_offset.std()
    for ours, again, theirs in zip(*(scores.rank(links(1500), 10) for scores in (first, second, exact)), strict=True):
        assert torch.equal(ours.candidates, again.candidates)
        assert torch.equal(ours.scores, again.scores)
        assert ours.scores.isfinite().all()  # of rows of zeros, too
        kept = (ours.candidates[:, :, None] == theirs.candidates[:, None, :]).any(1).float().mean()
        assert kept > 0.9
        assert ((ours.greater == 0) == (theirs.greater == 0)).float().mean() > 0.97
        assert ours.greater.max() <= near.CANDIDATES


def test_fewer_cells_find_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """What recall reports is measured, and asking for more of it makes it more."""
    monkeypatch.setattr(index, "SHORTLIST", 40)
    source, target = planted_pairs(3000, 40, seed=1)
    shares = []
    for wanted in (0.01, 0.99):
        scores = compare(source, target, dataclasses.replace(ALWAYS, index_recall=wanted))
        assert isinstance(scores, NearSimilarities)
        exact = (source @ target.T).topk(10, dim=1).indices
        ours = scores.rank(NOBODY, 10)[0].candidates
        shares.append(float((ours[:, :, None] == exact[:, None, :]).any(1).float().mean()))
        assert scores.recall(10)["source_to_target"] == pytest.approx(shares[-1], abs=0.03)
    assert shares[0] < 0.97 < shares[1] + 0.005


@pytest.mark.parametrize("bias", [0.0, 1.0])
@pytest.mark.parametrize(("k", "size"), [(1, 7), (5, 48), (40, 33), (40, 512), (700, 100)])
def test_tiles_of_any_size_find_what_all_products_give(
    k: int, size: int, bias: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "_TILE", size)
    source, target = planted_pairs(500, 24, seed=3)
    source, target[40:43] = source[:90], 0
    generator = torch.Generator().manual_seed(0)
    mine, theirs = (bias * torch.rand(count, generator=generator) for count in (90, 500))
    both = tiles.nearest_by_tiles(source, target, k, bias=(mine, theirs))
    products = source @ target.T
    for found, scores in zip(both, (products + theirs, products.T + mine), strict=True):
        best = scores.topk(min(k, scores.shape[1]), dim=1)
        torch.testing.assert_close(found.scores, best.values, atol=1e-5, rtol=0)
        torch.testing.assert_close(found.scores, scores.gather(1, found.ids), atol=1e-5, rtol=0)
        assert all(len(row.unique()) == len(row) for row in found.ids)


def test_what_a_decoding_found_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """CSLS and the evidence for probabilities need two searches together: by cosine, and by what CSLS makes of it."""
    looked, nearest = [], near.nearest_by_tiles
    monkeypatch.setattr(near, "nearest_by_tiles", lambda *a, **k: looked.append(1) or nearest(*a, **k))
    scores = compare(*tables(), TILED).csls(3, 1)
    mutual_nearest(scores, TILED)
    assert len(looked) == 2
    both = views(scores.plain(), 3)
    assert len(looked) == 2
    for ours, theirs in zip(both, views(compare(*tables(), TILED), 3), strict=True):
        assert torch.equal(ours.best, theirs.best)
        assert torch.equal(ours.nearest, theirs.nearest)


def test_tiles_make_each_product_once() -> None:
    """For either side's candidates; those listed are then scored anew, by other operations."""
    source, target = planted_pairs(300, 24, seed=3)
    zeros = torch.zeros(300)
    with FlopCounterMode(display=False) as counter:
        tiles.nearest_by_tiles(source, target, 5, bias=(zeros, zeros))
    counts = counter.get_flop_counts()["Global"]
    assert counts[torch.ops.aten.addmm] == 2 * 300 * 300 * 24


def test_among_equals_the_numbers_of_entities_do_not_tell_who_belongs_together() -> None:
    """A thousand twins on either side, each equal to two of the other: half of the mutual pairs are of one number."""
    rows = planted_pairs(1000, 16, seed=5)[0].repeat_interleave(2, dim=0)
    zeros = torch.zeros(len(rows))
    best, back = (found.ids[:, 0] for found in tiles.nearest_by_tiles(rows, rows.clone(), 5, bias=(zeros, zeros)))
    mutual = back[best] == torch.arange(len(rows))
    assert mutual.sum() == 1000
    assert 0.4 < (best == torch.arange(len(rows)))[mutual].float().mean() < 0.6


def test_tiles_leave_the_precision_of_others_alone() -> None:
    before = torch.get_float32_matmul_precision()
    queries, keys = planted_pairs(5, 8, seed=3)
    with pytest.raises(RuntimeError):
        tiles.nearest_by_tiles(queries, keys[:, :4], 2, bias=(torch.zeros(5), torch.zeros(5)))
    assert torch.get_float32_matmul_precision() == before == "highest"


@WAYS
@pytest.mark.parametrize(("sources", "targets"), [(1, 1), (2, 40), (40, 2), (3, 3)])
def test_few_on_a_side(sources: int, targets: int, way: EvaluationConfig) -> None:
    source, target = planted_pairs(40, 8, seed=2)
    found, plain = (compare(source[:sources], target[:targets], c).csls(3, 2) for c in (way, EXACT))
    assert isinstance(found, NearSimilarities)
    for ours, theirs in zip(found.rank(links(1), 10), plain.rank(links(1), 10), strict=True):
        torch.testing.assert_close(ours.scores, theirs.scores, atol=1e-5, rtol=0)
        assert ours.greater.tolist() == theirs.greater.clamp(max=near.CANDIDATES).tolist()


def test_an_empty_side_needs_no_index() -> None:
    source, target = planted_pairs(5, 8, seed=2)
    assert type(compare(source[:0], target, ALWAYS)) is Similarities
    assert [side.tolist() for side in best_similarity(source, target[:0], ALWAYS)] == [[0] * 5, []]


def test_the_size_decides() -> None:
    source, target = planted_pairs(20, 8, seed=2)
    at, below = (dataclasses.replace(ALWAYS, exact_pairs=pairs) for pairs in (400, 399))
    assert type(compare(source, target, at)) is Similarities
    assert type(compare(source, target, below)) is NearSimilarities
    assert not near.too_many(20, 20, below, torch.device("cuda"))
    assert EvaluationConfig().exact_pairs == 100_000**2


@pytest.mark.parametrize("pairs", [0, 10**10])
def test_memory_bounds_what_is_kept_and_every_block(pairs: int) -> None:
    """1 MiB of scores: 700 × 500 are more, so nothing is kept, and a block has 39 rows."""
    source, target = planted_pairs(700, 8, seed=2)
    small = compare(source, target[:500], dataclasses.replace(ALWAYS, exact_pairs=pairs, memory_mb=1))
    assert max(len(scores) for _, scores in small.blocks()) == 39
    assert not small._kept
    if isinstance(small, NearSimilarities):
        assert max(scores.nbytes for _, scores in small._against_all(0, torch.arange(700))) <= 2**20 * 0.075
    large = compare(source, target[:500], dataclasses.replace(ALWAYS, exact_pairs=pairs, memory_mb=2))
    assert sum(scores.shape[0] for _, scores in large.blocks()) == 700
    assert sum(kept.nbytes for kept in large._kept.values()) == 4 * 700 * 500


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("memory_mb", 0, "evaluation.memory_mb must be above 0, got 0"),
        ("exact_pairs", -1, "evaluation.exact_pairs must not be negative, got -1"),
        ("index_pairs", -1, "evaluation.index_pairs must not be negative, got -1"),
        ("index_recall", 0.0, r"evaluation.index_recall must lie in \(0, 1\], got 0.0"),
        ("index_recall", 1.5, r"evaluation.index_recall must lie in \(0, 1\], got 1.5"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: float, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        EvaluationConfig(**{name: value})  # type: ignore[arg-type]


def test_without_the_library_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs the package faiss-cpu: python -m pip install faiss-cpu") as error:
        compare(*tables(), ALWAYS)
    assert "\n" not in str(error.value)
    assert type(compare(*tables(), EXACT)) is Similarities
    assert type(compare(*tables(), TILED)) is NearSimilarities  # which needs none


def test_rows_that_are_compared_need_not_be_there_twice() -> None:
    """They move to the top of the table; figures are the same to the bit."""
    source, target = planted_pairs(300, 30, seed=3)
    fused = torch.cat([source, target])
    truth = np.stack([np.arange(20, 200, 3), np.arange(320, 500, 3)], axis=1)
    pool = Candidates(source=np.arange(20, 250, 3), target=np.arange(302, 600, 3), truth=truth)
    expected = evaluate(fused, pool, EXACT)
    plain = pool.similarities(fused, EXACT)
    moved = pool.similarities(fused, EXACT, in_place=True)
    assert torch.equal(moved.source, plain.source)
    assert torch.equal(moved.target, plain.target)
    assert moved.source.data_ptr() == fused.data_ptr()
    assert moved.target.untyped_storage().data_ptr() == fused.untyped_storage().data_ptr()
    assert evaluate(torch.cat([source, target]), pool, EXACT, in_place=True) == expected


def test_figures_are_of_a_sample_of_the_links(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = planted_pairs(300, 30, seed=3)
    fused = torch.cat([source, target])
    truth = np.stack([np.arange(200), np.arange(300, 500)], axis=1)
    pool = Candidates(source=np.arange(300), target=np.arange(300, 600), truth=truth)
    whole = evaluate(fused, pool, EXACT)
    assert evaluate(fused, pool, ALWAYS)["source_to_target"]["hits@10"] == pytest.approx(
        whole["source_to_target"]["hits@10"], abs=0.02
    )
    monkeypatch.setattr(near, "_JUDGED", 50)
    scores = pool.scores(fused, ALWAYS)
    assert isinstance(scores, NearSimilarities)
    drawn = scores.judged(pool.rows(truth))
    assert len(drawn) == len(drawn.unique(dim=0)) == 50
    exact = figures(pool.scores(fused, EXACT), None, drawn)
    for direction, found in evaluate(fused, pool, ALWAYS).items():
        assert found == pytest.approx(exact[direction], rel=0.05)
    told = search_figures(scores, pool, ALWAYS)
    assert told is not None
    assert (told["k"], told["ranked_links"], told["links"]) == (10, 50, 200)
    assert min(told["recall"].values()) > 0.93
    assert search_figures(pool.scores(fused, EXACT), pool, EXACT) is None
    assert [len(r.candidates) for r in top_candidates(fused, pool, ALWAYS)] == [300, 300]


@WAYS
@pytest.mark.parametrize("decode", DECODERS)
def test_every_decoding_works_with_candidates_alone(decode: str, way: EvaluationConfig) -> None:
    source, target = planted_pairs(300, 30, seed=3)
    decoder, found = DECODERS[decode], []
    for config in (dataclasses.replace(way, index_recall=1.0), EXACT):
        scores = decoder.score(compare(source, target, config), config)
        partner = decoder.decide and decoder.decide(scores, config)
        found.append(figures(scores, partner, links(200))["source_to_target"]["hits@1"])
    assert found[0] == pytest.approx(found[1], abs=0.02)
    assert found[1] > 0.5
