"""Evaluate and match from the bundled run: real pictures and names, no test link ever fitted on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from pmf.alignment.confidence.calibration import observe_both, table_of
from pmf.alignment.confidence.pair_features import views
from pmf.alignment.evaluation.align import match_run
from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.evaluation.of_run import counterparts_of, evaluate_run, stored_fused
from pmf.config.evaluation import Decode, EvaluationConfig
from pmf.errors import ConfigError
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS

DIRECTIONS = ("source_to_target", "target_to_source")


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    return {decode: evaluate_run(RunReader(ATLAS), decode=decode) for decode in get_args(Decode)}


def test_queries_together_beat_queries_alone(figures: dict[str, dict[str, Any]]) -> None:
    for direction in DIRECTIONS:
        hits = {decode: result[direction]["hits@1"] for decode, result in figures.items()}
        assert hits["sinkhorn"] > hits["csls"]
        assert hits["hungarian"] > hits["csls"]
        assert hits["mutual"] <= hits["csls"]


def test_a_decision_has_the_hits_of_its_recall(figures: dict[str, dict[str, Any]]) -> None:
    for decode in ("mutual", "greedy", "hungarian"):
        alignment = figures[decode]["alignment"]
        assert alignment["rule"] == decode
        assert alignment["recall"] == pytest.approx(figures[decode]["source_to_target"]["hits@1"])
        assert alignment["correct"] <= alignment["judged"] <= alignment["predicted"]
    assert figures["csls"]["alignment"] == figures["mutual"]["alignment"]  # the rule where there is no other
    assert figures["mutual"]["alignment"]["precision"] > figures["hungarian"]["alignment"]["precision"]


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    """The bundled run with evidence for its validation links, which it is too old to have."""
    run = copy_with_links(tmp_path_factory.mktemp("observed") / "run", RunReader(ATLAS).links)
    split = stored_split(run)
    pool = Candidates.free(run.n_source, run.n_entities, split.seed_links.ravel())
    setting = EvaluationConfig()
    both = views(pool.similarities(stored_fused(run), setting), setting.csls_k)
    table_of(observe_both(both, pool.rows(split.val_links))).to_parquet(run.folder / "held_back.parquet")
    return run


def test_probabilities_are_fitted_on_what_was_held_back(observed: RunReader, tmp_path: Path) -> None:
    counterparts = counterparts_of(observed)
    assert counterparts is not None
    assert counterparts == evaluate_run(observed, decode="sinkhorn")["counterparts"]
    assert counterparts["calibrated_on"] == match_run(observed, decode="mutual").calibrated_on == "validation"
    assert counterparts["source_to_target"]["right"]["brier"] < 0.1
    table = observed.held_back()
    assert table is not None
    shutil.copytree(observed.folder, tmp_path / "other")
    table.assign(right=table["right"] & (table["margin"] > table["margin"].median())).to_parquet(
        tmp_path / "other" / "held_back.parquet"
    )
    other = match_run(RunReader(tmp_path / "other"), decode="mutual").alignment
    assert other["probability"].mean() < match_run(observed, decode="mutual").alignment["probability"].mean()


def test_many_to_one_keeps_targets_that_others_have(observed: RunReader) -> None:
    """Sources that are given are no part of it; targets that are given may be somebody else's, too."""
    matching = match_run(observed, decode="mutual", one_to_one=False)
    uris, given = observed.entities["uri"].to_numpy(), observed.links[observed.links["split"] != "test"]
    assert matching.alignment["source"].is_unique
    assert not matching.alignment["source"].isin(uris[given["source"]]).any()
    assert matching.alignment["target"].duplicated().any()
    assert matching.alignment["target"].isin(uris[given["target"]]).any()
    assert (matching.alignment["probability"] >= 0.5).all()
    sources = pd.concat([matching.alignment["source"], matching.dangling["source"]])
    assert sorted(sources) == sorted(uris[np.setdiff1d(np.arange(observed.n_source), given["source"])])


def test_probabilities_on_real_test_links(figures: dict[str, dict[str, Any]]) -> None:
    for scope in ("closed", "open"):
        counterparts = evaluate_run(RunReader(ATLAS), scope=scope)["counterparts"]
        for direction in DIRECTIONS:
            for kind in ("right", "counterpart"):
                assert counterparts[direction][kind]["brier"] < 0.7 * counterparts[direction][kind]["base_rate_brier"]
            assert counterparts[direction]["dangling"]["f1"] > 0.67  # saying "none" always
    # the evidence is the same however candidates are ranked in the end
    assert figures["sinkhorn"]["counterparts"] == figures["cosine"]["counterparts"]
    assert json.loads(json.dumps(figures["sinkhorn"])) == figures["sinkhorn"]


@pytest.mark.parametrize("decode", get_args(Decode))
def test_every_rule_writes_a_one_to_one_alignment(decode: str) -> None:
    run = RunReader(ATLAS)
    matching = match_run(run, decode=decode)
    assert list(matching.alignment.columns) == ["source", "target", "similarity", "probability"]
    assert list(matching.dangling.columns) == ["source", "best_candidate", "similarity", "probability"]
    assert matching.alignment["source"].is_unique
    assert matching.alignment["target"].is_unique
    given = run.links[run.links["split"] != "test"]  # seed and validation links are known, not found
    everybody = pd.concat([matching.alignment["source"], matching.dangling["source"]])
    uris = run.entities["uri"].to_numpy()
    assert sorted(everybody) == sorted(uris[np.setdiff1d(np.arange(run.n_source), given["source"])])
    matched = pd.concat([matching.alignment["target"], matching.dangling["best_candidate"]])
    assert not matched.isin(uris[given["target"]]).any()
    for table in (matching.alignment, matching.dangling):
        assert table["probability"].between(0, 1).all()
        assert table["probability"].is_monotonic_decreasing


def copy_with_links(folder: Path, links: pd.DataFrame) -> RunReader:
    shutil.copytree(ATLAS, folder)
    links.to_parquet(folder / "links.parquet")
    return RunReader(folder)


@pytest.mark.parametrize("one_to_one", [True, False])
def test_what_people_said_is_not_the_same_is_no_part_of_it(tmp_path: Path, one_to_one: bool) -> None:
    run = copy_with_links(tmp_path / "run", RunReader(ATLAS).links)
    before = match_run(run, decode="mutual", one_to_one=one_to_one).alignment
    ids = pd.Series(range(run.n_entities), run.entities["uri"])
    no, alone = ([int(ids[one]) for one in before.loc[row, ["source", "target"]]] for row in (0, 1))
    config = json.loads((run.folder / layout.CONFIG).read_text())
    config["review"] = {"matched": [], "rejected": [no], "negatives": [], "alone": [alone[1]]}
    (run.folder / layout.CONFIG).write_text(json.dumps(config))
    after = match_run(RunReader(run.folder), decode="mutual", one_to_one=one_to_one)
    left = before["target"].isin(before.loc[[1], "target"])  # by many, where they may share
    left[0] = True
    pd.testing.assert_frame_equal(after.alignment, before[~left].reset_index(drop=True))
    assert after.denied >= left.sum()
    best = after.dangling.set_index("source")["best_candidate"]
    assert best[before.loc[0, "source"]] != before.loc[0, "target"]


def test_test_links_move_no_probability(tmp_path: Path) -> None:
    """With other test links the alignment is the same to the last digit."""
    run = RunReader(ATLAS)
    links = run.links.copy()
    test = links["split"] == "test"
    links.loc[test, "target"] = links.loc[test, "target"].to_numpy()[::-1]
    shuffled = match_run(copy_with_links(tmp_path / "shuffled", links), decode="mutual")
    plain = match_run(run, decode="mutual")
    pd.testing.assert_frame_equal(shuffled.alignment, plain.alignment)
    pd.testing.assert_frame_equal(shuffled.dangling, plain.dangling)


def test_a_run_at_chance_has_nothing_to_write(tmp_path: Path) -> None:
    run = copy_with_links(tmp_path / "run", RunReader(ATLAS).links)
    with (run.folder / "events.jsonl").open("a", encoding="utf-8") as events:
        chance = {"split": "validation", "links": 20, "at_chance": True}
        events.write(json.dumps({"kind": "results", "time": 1.0, **(run.results() or {}), "chance": chance}) + "\n")
    with pytest.raises(ConfigError, match=r"has nothing to write\. At chance: of its 20 validation links"):
        match_run(RunReader(run.folder), decode="mutual")


def test_where_nothing_was_held_back_decoys_serve() -> None:
    run = RunReader(ATLAS)
    counterparts = evaluate_run(run)["counterparts"]
    assert counterparts["calibrated_on"] == match_run(run, decode="mutual").calibrated_on == "decoys"
    for direction in DIRECTIONS:
        for kind in ("right", "counterpart"):
            assert counterparts[direction][kind]["brier"] < 0.75 * counterparts[direction][kind]["base_rate_brier"]


def test_a_pool_of_two_has_no_evidence(tmp_path: Path) -> None:
    links = RunReader(ATLAS).links
    few = links[links["split"] == "test"].head(2)
    result = evaluate_run(copy_with_links(tmp_path / "few", few))
    assert result["counterparts"] is None
    assert result["source_to_target"]["mean_rank"] <= 2
    run = RunReader(ATLAS)
    run.n_source = 2
    says = r"too few to match: every source entity but 1 is in one of the 199 links .* 3 of either graph .* in Review"
    with pytest.raises(ConfigError, match=says):
        match_run(run, decode="mutual")


@pytest.mark.parametrize(
    ("sources", "targets", "says"),
    [
        (1, 0, r"every source entity is in one of the 697 .* pmf update .* --data NEWFOLDER, or .* --seed-ratio 0\.5"),
        (0.5, 1, r"every target entity is in one of .* --many-to-one gives the 349 other source entities targets that"),
    ],
)
def test_where_all_is_known_match_says_so_and_what_to_do(
    tmp_path: Path, sources: float, targets: int, says: str
) -> None:
    run = RunReader(ATLAS)
    source = np.arange(int(run.n_source * (sources or 1)))
    target = run.n_source + source % (run.n_entities - run.n_source)
    if targets:
        target = np.arange(run.n_source, run.n_entities)
        source = np.resize(source, len(target))
    known = copy_with_links(tmp_path / "run", pd.DataFrame({"source": source, "target": target, "split": "seed"}))
    with pytest.raises(ConfigError, match=says):
        match_run(known, decode="mutual")
    if targets:
        assert set(match_run(known, one_to_one=False).alignment) >= {"source", "target", "probability"}
