"""One pair explained: by hand, against a plain recomputation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.explanation import explainer as explainer_module
from pmf.alignment.explanation.explainer import Explainer
from pmf.alignment.explanation.records import Feature, Ranks
from pmf.alignment.explanation.shares import candidate_pools, shares
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.split import LinkSplit
from pmf.errors import ConfigError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS, ROOT
from tests.whole_tables import whole


def ranks(candidate: float, truth: float) -> Ranks:
    return Ranks(candidate=candidate, truth=truth)


def test_by_hand(toy: RunReader) -> None:
    """Query 0 scores ¾, 1 and ½ with targets 4 (its truth), 5 and 6."""
    explanation = Explainer(toy).direction(0, 6)
    assert (
        explanation.query,
        explanation.candidate,
        explanation.truth,
        explanation.candidates,
        explanation.outside,
    ) == (0, 6, 4, 3, ())
    assert explanation.fused == ranks(3, 2)
    assert explanation.alone == {"structure": ranks(2.5, 2.5), "image": ranks(1.5, 1.5)}
    assert explanation.without == {"structure": ranks(2.5, 1), "image": ranks(2.5, 2.5)}
    assert explanation.thawed == {"image": ranks(2.5, 2.5)}  # 6 gets ½, the mean of ½, ½ and ½
    assert Explainer(toy).direction(0, 5).without["image"] == ranks(1, 2.5)
    assert Explainer(toy).direction(4, 0).thawed == {}
    assert Explainer(toy).direction(4, 2).thawed == {"image": ranks(1.5, 1.5)}


def test_a_seed_is_ranked_as_if_it_were_a_candidate(toy: RunReader) -> None:
    explanation = Explainer(toy).direction(0, 7)
    assert explanation.outside == (7,)
    assert explanation.fused == ranks(1.5, 2)  # level with 5; the truth's rank does not count it
    assert Explainer(toy, "open").direction(0, 7).fused == ranks(1.5, 3)
    assert Explainer(toy).direction(3, 4).outside == (7,)  # here the truth is the seed


def test_features_say_when_and_why(toy: RunReader) -> None:
    explanation = Explainer(toy).explain(2, 6)
    structure, image = explanation.evidence
    assert structure.source == Feature(state="active", epoch=2, relevance=0.5, threshold=0.125)
    assert image.source == Feature(state="frozen", epoch=1, relevance=0.25, threshold=0.375)
    assert image.target == Feature(state="frozen", epoch=2, relevance=0.5, threshold=0.625)
    assert (image.share, image.cosine) == (0, 1)
    assert Explainer(toy).feature(1, 3) == Feature(state="missing")
    assert explanation.similarity == structure.share == 0.5


def test_what_was_never_scored_has_no_epoch(toy: RunReader) -> None:
    (toy.folder / layout.RELEVANCE).unlink()
    assert Explainer(toy).feature(0, 0) == Feature(state="active")
    frozen = Explainer(toy).feature(1, 2)
    assert (frozen.epoch, frozen.relevance, frozen.threshold) == (1, None, 0.375)


def test_unknown_truth_has_no_rank(toy: RunReader) -> None:
    toy.links.drop(index=0).to_parquet(toy.folder / layout.LINKS)
    explanation = Explainer(RunReader(toy.folder)).direction(0, 5)
    assert explanation.truth is None
    assert explanation.fused.truth is None
    assert explanation.candidates == 2


def test_of_several_truths_the_best_ranked_counts(toy: RunReader) -> None:
    toy.links.loc[4] = [0, 5, "test"]
    assert Explainer(toy).direction(0, 6).truth == 5


def test_neighbours_matched_already(toy: RunReader) -> None:
    """0 and 4 have all others as neighbours; predictions name 1-5 from both sides, 2-6 from the target's alone."""
    star = np.array([[0, 0, 1], [2, 0, 0], [0, 0, 3], [0, 0, 0]])
    graph = KnowledgeGraph(
        entities=list("abcd"),
        relations=["r"],
        attributes=[],
        relation_triples=star,
        attribute_triples=np.empty((0, 2), np.int64),
        attribute_values=[],
    )
    both = GraphPair(name="", path=Path(), format="", source=graph, target=graph, links=np.empty((0, 2), np.int64))
    table = pd.DataFrame({"query": [1, 5, 2, 6], "candidates": [[5, 6], [1], [4, 6], [2, 1]]})
    whole(table, layout.PREDICTIONS, toy.modalities).to_parquet(toy.folder / layout.PREDICTIONS)
    explanation = Explainer(toy).explain(0, 4, both).neighbours
    assert explanation is not None
    assert [(n.source.id, n.target.id, n.known) for n in explanation] == [
        (1, 5, "mutual prediction"),
        (2, 6, "prediction"),
        (3, 7, "seed link"),
    ]
    assert explanation[0].target.uri == "f"
    assert Explainer(toy).explain(1, 5, both).neighbours == ()  # their only neighbours are 0 and 4, never predicted
    assert Explainer(toy).explain(1, 5).neighbours is None


def plain_scores(run: RunReader) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Shares and cosines of every source × target pair, `[modalities, s, t]`, without any of our code."""
    weight = np.load(run.folder / "embeddings" / "weight.npy").astype(np.float64)
    alike = []
    for modality in run.modalities:
        table = np.load(run.folder / "embeddings" / f"{modality}.npy").astype(np.float64)
        alike.append(table[: run.n_source] @ table[run.n_source :].T)
    cosines = np.stack(alike)
    return weight[:, : run.n_source, None] * weight[:, None, run.n_source :] * cosines, cosines


def plain_rank(scores: npt.NDArray[np.float64], pool: list[int], entity: int) -> float:
    others = [scores[other] for other in pool if other != entity]
    return float(1 + sum(s > scores[entity] for s in others) + sum(s == scores[entity] for s in others) / 2)


@pytest.mark.parametrize("scope", ["closed", "open"])
def test_the_bundled_run_against_a_plain_recomputation(scope: str) -> None:
    run = RunReader(ATLAS)
    parts, alike = plain_scores(run)
    explain = Explainer(run, scope)
    sources, targets = (pool.tolist() for pool in candidate_pools(run, scope))
    links = run.links[["source", "target"]].to_numpy()
    partner = dict(links.tolist()) | dict(links[:, ::-1].tolist())
    rng = np.random.default_rng(0)
    for source, target in zip(rng.choice(links[:, 0], 12), rng.integers(run.n_source, run.n_entities, 12), strict=True):
        explanation = explain.explain(int(source), int(target))
        assert sum(row.share for row in explanation.evidence) == pytest.approx(explanation.similarity, abs=1e-12)
        row, column = source, target - run.n_source
        np.testing.assert_allclose([e.share for e in explanation.evidence], parts[:, row, column], atol=1e-12)
        for direction, mine, cosine, pool, shift in (
            (
                explanation.source_to_target,
                parts[:, row],
                alike[:, row],
                [t - run.n_source for t in targets],
                run.n_source,
            ),
            (explanation.target_to_source, parts[:, :, column], alike[:, :, column], sources, 0),
        ):
            assert direction.truth == partner.get(direction.query)
            for who in ("candidate", "truth"):
                entity = getattr(direction, who)
                if entity is None:
                    continue
                assert getattr(direction.fused, who) == plain_rank(mine.sum(0), pool, entity - shift)
                for m, modality in enumerate(run.modalities):
                    without = np.delete(mine, m, axis=0).sum(0)
                    assert getattr(direction.without[modality], who) == plain_rank(without, pool, entity - shift)
                    assert getattr(direction.alone[modality], who) == plain_rank(cosine[m], pool, entity - shift)


def test_thawing_gives_frozen_features_the_mean_active_weight() -> None:
    run = RunReader(ATLAS)
    explain, image = Explainer(run), run.modalities.index("image")
    frozen_at, weight = run.frozen_at(), run.weight()
    assert frozen_at is not None
    assert weight is not None
    query = int(np.flatnonzero(frozen_at[image, : run.n_source] >= 0)[0])
    candidate = int(candidate_pools(run, "closed")[1][0])
    thawed = weight.astype(np.float64)
    thawed[image, frozen_at[image] >= 0] = thawed[image, frozen_at[image] == -1].mean()
    parts = np.zeros(run.n_entities - run.n_source)
    for m, modality in enumerate(run.modalities):
        table = np.asarray(run.embedding(modality), np.float64)
        parts += thawed[m, query] * thawed[m, run.n_source :] * (table[run.n_source :] @ table[query])
    pool = (candidate_pools(run, "closed")[1] - run.n_source).tolist()
    explanation = explain.direction(query, candidate)
    assert explanation.thawed["image"].candidate == plain_rank(parts, pool, candidate - run.n_source)
    assert explanation.thawed["image"] != explanation.fused


def test_frozen_features_agree_with_the_log() -> None:
    run = RunReader(ATLAS)
    frozen_at = run.frozen_at()
    assert frozen_at is not None
    explain = Explainer(run)
    thresholds = {report["epoch"]: report["threshold"] for report in run.epoch_reports()}
    places = np.argwhere(frozen_at >= 0)
    for m, entity in places[np.random.default_rng(1).choice(len(places), 50)]:
        feature = explain.feature(int(m), int(entity))
        assert (feature.state, feature.epoch) == ("frozen", frozen_at[m, entity])
        assert feature.threshold == thresholds[feature.epoch][run.modalities[m]]
        assert feature.relevance is not None
        assert feature.relevance <= feature.threshold + 5e-4  # relevance is stored in half precision


def test_candidates_are_those_of_the_evaluation() -> None:
    run = RunReader(ATLAS)
    seed, validation, test = (
        run.links.loc[run.links["split"] == name, ["source", "target"]].to_numpy()
        for name in ("seed", "validation", "test")
    )
    split = LinkSplit(seed_links=seed, val_links=validation, test_links=test)
    for scope in ("closed", "open"):
        pool = Candidates.test(split, scope, run.n_source, run.n_entities)
        for ours, theirs in zip(candidate_pools(run, scope), (pool.source, pool.target), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_large_tables_are_read_in_blocks_to_the_same_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunReader(ATLAS)
    kept = Explainer(run).explain(5, 800)
    monkeypatch.setattr(explainer_module, "KEEP_BYTES", 0)
    monkeypatch.setattr(explainer_module, "_ROWS", 37)
    read = Explainer(run)
    assert read.explain(5, 800) == kept
    assert not read._kept


@pytest.mark.parametrize("pair", [(0, 3), (4, 5), (-1, 5), (0, 8)])
def test_what_is_no_pair_is_refused(toy: RunReader, pair: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match=r"no pair .* target entities 4 … 7"):
        Explainer(toy).explain(*pair)


def test_shares_of_many_pairs_at_once(toy: RunReader) -> None:
    parts = shares(toy, np.array([[0], [1]]), np.array([4, 5, 6]))
    assert parts.shape == (2, 2, 3)
    np.testing.assert_array_equal(parts[:, 0], [[0.5, 1, 0.5], [0.25, 0, 0]])


def test_explaining_a_pair_needs_no_torch() -> None:
    script = "import sys, pmf.alignment.explanation.explainer; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_entities_that_are_never_aligned_are_no_candidates(toy: RunReader) -> None:
    """As in evaluation, which would otherwise rank the truth among others than the explanation does."""
    file = toy.folder / layout.ENTITIES
    pd.read_parquet(file).assign(context=[False] * 3 + [True] + [False] * 4).to_parquet(file)
    pools = candidate_pools(RunReader(toy.folder), "open")
    assert [pool.tolist() for pool in pools] == [[0, 1, 2], [4, 5, 6, 7]]
