"""The smallest change of weights, and the way through the epochs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.optimize import minimize

from pmf.alignment.evaluation.evaluate import Candidates, evaluate
from pmf.alignment.explanation.shares import candidate_pools, shares
from pmf.config.evaluation import EvaluationConfig
from pmf.errors import ConfigError
from pmf.failures.path import path
from pmf.failures.repair import nearest_factors, smallest_change
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from pmf.training.recording.rank_history import standing
from tests.pmf.failures.conftest import predict


def test_nearest_factors_are_those_of_a_general_solver() -> None:
    rng = np.random.default_rng(0)
    solvable = 0
    for _ in range(30):
        ahead = rng.normal(size=(3, 6)) * 0.2 + rng.normal() * 0.1
        factors = nearest_factors(ahead)
        other = minimize(
            lambda f: ((f - 1) ** 2).sum(),
            np.ones(3),
            constraints=[{"type": "ineq", "fun": lambda f, ahead=ahead: f @ ahead - 1e-6}],
            bounds=[(0, None)] * 3,
            method="SLSQP",
        )
        assert (factors is not None) == (other.success and (other.x @ ahead > -1e-7).all())
        if factors is not None:
            solvable += 1
            assert factors == pytest.approx(other.x, abs=1e-3)
    assert 5 < solvable < 28


def test_by_hand() -> None:
    ahead = np.array([[0.3, 0.2], [-0.4, 0.1]])  # one rival is ahead by 0.1, because of the second modality
    assert nearest_factors(ahead) == pytest.approx([1 + 0.1 * 0.3 / 0.25, 1 - 0.1 * 0.4 / 0.25], abs=1e-4)
    assert nearest_factors(np.array([[-0.1], [-0.2]])) is None
    assert nearest_factors(np.array([[0.1], [0.2]])) == pytest.approx([1, 1])


def test_repairs_of_a_run_put_the_truth_first(atlas: RunReader) -> None:
    table = atlas.failures()
    assert table is not None
    wrong = table[(table["similarity_rank"] > 1)].iloc[::6]
    pools = candidate_pools(atlas, "closed")
    kinds = set()
    for row in wrong.to_dict("records"):
        change = smallest_change(atlas, row["query"], row["truth"])
        assert change.rank == row["similarity_rank"]
        pool = pools[row["direction"] == layout.SOURCE_TO_TARGET]
        parts = shares(atlas, np.array(row["query"]), pool)
        repairs = [change.factors] if change.factors else []
        repairs += [dict.fromkeys(atlas.modalities, 1.0) | {name: f} for name, f in change.single.items()]
        for factors in repairs:
            scores = np.array([factors[name] for name in atlas.modalities]) @ parts
            assert pool[scores.argmax()] == row["truth"]
        for name in atlas.modalities:
            assert change.without[name] == row[f"without_{name}"]
            assert (change.without[name] > 1) or name in change.single
        kinds.add((change.factors is None, bool(change.single)))
    assert kinds >= {(True, False), (False, True)}  # some cannot be repaired, some by one modality


def test_repaired_ranks_are_those_of_the_run_evaluated_anew(atlas: RunReader, alike: RunReader) -> None:
    for run in (atlas, alike):
        table = run.failures()
        assert table is not None
        config = run.facts.config()
        pool = Candidates.test(stored_split(run), "closed", run.n_source, run.n_entities)
        weight = np.array(run.weight(), np.float32)
        for m, modality in enumerate(run.modalities):
            kept = [place for place in range(len(weight)) if place != m]
            parts = [weight[place][:, None] * np.asarray(run.embedding(run.modalities[place])) for place in kept]
            fused = torch.nn.functional.normalize(torch.from_numpy(np.hstack(parts)).float(), dim=1)
            anew = evaluate(fused, pool, config.evaluation)
            for direction, part in table.groupby("direction"):
                hits = (part[f"repaired_without_{modality}"] <= 1).mean()
                assert hits == pytest.approx(anew[direction]["hits@1"], abs=0.003)
        assert table["repaired_thawed_structure"].isna().all()  # it froze nothing
        assert (table["repaired_thawed_image"] >= 1).all()


def test_what_is_said_to_repair_an_error_does(atlas: RunReader, tmp_path: Path) -> None:
    """Each modality is taken out of the run and everything predicted again: who then is first, error by error."""
    table = atlas.failures()
    assert table is not None
    wrong = table[~table["right"]].set_index("query")
    repaired = 0
    for m, modality in enumerate(atlas.modalities):
        run = RunReader(shutil.copytree(atlas.folder, tmp_path / modality))
        weight = np.array(run.weight())
        weight[m] = 0
        np.save(run.folder / "embeddings" / "weight.npy", weight / np.linalg.norm(weight, axis=0).clip(min=1e-9))
        predict(run)
        predictions = run.predictions()
        assert predictions is not None
        first = {row.query: row.candidates[0] for row in predictions.itertuples()}
        puts_it_first = np.array([first[query] == truth for query, truth in wrong["truth"].items()])
        said = (wrong[f"repaired_without_{modality}"] <= 1).to_numpy()
        assert (puts_it_first == said).all()
        blamed = (wrong["cause"] == "imbalance") & (wrong["modality"] == modality)
        assert puts_it_first[blamed].all()
        repaired += said.sum()
    assert repaired > 10


def test_against_one_rival(atlas: RunReader) -> None:
    table = atlas.failures()
    assert table is not None
    row = table[~table["right"] & (table["similarity_rank"] > 5)].iloc[0]
    one = smallest_change(atlas, row["query"], row["truth"], np.array([row["prediction"]]))
    assert one.rank <= 2 < smallest_change(atlas, row["query"], row["truth"]).rank
    with pytest.raises(ConfigError, match="there is no pair"):
        smallest_change(atlas, 0, 1)


def test_path_ends_where_the_run_ends(atlas: RunReader, tmp_path: Path) -> None:
    """Of a run that kept a sample's embeddings only."""
    shutil.copytree(atlas.folder, tmp_path / "run", ignore=shutil.ignore_patterns(layout.COURSE))
    atlas = RunReader(tmp_path / "run")
    snapshots, fused, predictions = atlas.snapshots(), atlas.embedding("fused"), atlas.predictions()
    assert snapshots is not None
    assert fused is not None
    assert predictions is not None
    sample = snapshots["sample"]
    seen = predictions[predictions["query"].isin(sample) & (predictions["split"] == "test")].iloc[::100]
    for row in seen.to_dict("records"):
        steps = path(atlas, row["query"])
        assert steps is not None
        assert steps["epoch"].tolist() == snapshots["epochs"].tolist()
        others = sample[(sample >= atlas.n_source) == (row["query"] < atlas.n_source)]
        scores = fused[others].astype(float) @ fused[row["query"]].astype(float)
        truth = scores[others == row["truth"]]
        last = steps.iloc[-1]
        assert last["similarity_truth"] == pytest.approx(truth[0], abs=2e-3)
        assert abs(last["rank"] - (1 + (scores > truth).sum())) <= 1
        assert last["candidates"] == len(others)
        rivals = np.where(others == row["truth"], -np.inf, scores)
        assert last["similarity_rival"] == pytest.approx(rivals.max(), abs=2e-3)
        assert last["rival"] in others[rivals > rivals.max() - 4e-3]
        assert steps.attrs["sampled"]


def test_path_of_any_test_query_where_its_course_was_kept(atlas: RunReader, tmp_path: Path) -> None:
    fused = torch.from_numpy(np.asarray(atlas.embedding("fused"), np.float32))
    pool = Candidates.test(stored_split(atlas), "closed", atlas.n_source, atlas.n_entities)
    folder = tmp_path / "run"
    shutil.copytree(atlas.folder, folder)
    kept = {10: fused[:, : fused.shape[1] // 2], 49: fused}
    search = EvaluationConfig()
    pd.concat([standing(rows, pool, epoch, search) for epoch, rows in kept.items()]).to_parquet(folder / layout.COURSE)
    run = RunReader(folder)
    for source, target in pool.truth[::40].tolist():
        for query, truth, others in ((source, target, pool.target), (target, source, pool.source)):
            steps = path(run, query)
            assert steps is not None
            assert steps["epoch"].tolist() == [10, 49]
            assert "sampled" not in steps.attrs
            for row, rows in zip(steps.to_dict("records"), kept.values(), strict=True):
                scores = (rows[others] @ rows[query]).numpy()
                own = scores[others == truth][0]
                rival = scores[others != truth].max()
                assert row["candidates"] == len(others)
                assert abs(row["rank"] - 1 - (scores > own).sum()) <= 1
                assert row["similarity_truth"] == pytest.approx(own, abs=1e-5)
                assert row["similarity_rival"] == pytest.approx(rival, abs=1e-5)
                assert row["rival"] != truth
                assert scores[others == row["rival"]][0] == pytest.approx(rival, abs=1e-5)
    seed = int(atlas.links.loc[atlas.links["split"] == "seed", "source"].iloc[0])
    assert path(run, seed) is None


def test_no_path_outside_the_sample(atlas: RunReader) -> None:
    snapshots = atlas.snapshots()
    assert snapshots is not None
    outside = np.setdiff1d(np.arange(atlas.n_entities), snapshots["sample"])
    assert path(atlas, int(outside[0])) is None
