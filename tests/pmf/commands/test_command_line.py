"""The commands as a user runs them: real processes, real folders."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pmf.alignment.explanation.shares import cosines, shares
from pmf.cli import main
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.commands import TINY, pmf, start
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def trained(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    done = pmf("train", "--data", tiny_data, "--run", folder, *TINY, "--set", "train.project=true", "--json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_train_leaves_everything_the_layout_names(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, printed = trained
    run = RunReader(folder)
    assert printed["run"] == str(folder)
    assert run.state().name == "finished"
    assert len(run.epoch_reports()) == 8
    for name in (*run.modalities, "fused"):
        embedding, points = run.embedding(name), run.projection(name)
        assert embedding is not None
        assert points is not None
        assert embedding.dtype == np.float16
        assert np.array_equal(np.isfinite(points).all(1), np.asarray(embedding).any(1))
    assert run.projection("aligned") is not None
    failures, predictions = run.failures(), run.predictions()
    assert failures is not None
    assert predictions is not None
    test = predictions[predictions["split"] == "test"]
    assert failures["rank"].tolist() == test["rank"].tolist()
    course, snapshots = run.course(), run.snapshots()
    assert course is not None
    assert snapshots is not None
    assert list(course.columns) == list(layout.COURSE_COLUMNS)
    assert course["epoch"].drop_duplicates().tolist() == snapshots["epochs"].tolist()
    assert course.groupby("epoch").size().tolist() == [2 * 34] * len(snapshots["epochs"])
    frozen_at = run.frozen_at()
    assert frozen_at is not None
    image = run.modalities.index("image")
    assert (frozen_at[image] == layout.MISSING).sum() == 16
    scored = ~np.isnan(run.relevance()).all(axis=(1, 2))
    assert scored.tolist() == [False, False, True, True, True, False, False, False]
    assert {e["kind"] for e in run.events()} == {"state", "phase", "epoch", "results"}
    for event in run.epoch_reports():
        assert set(event["threshold"]) == set(run.modalities)
    assert [event["epoch"] for event in run.epoch_reports() if "proposals" in event] == [2, 3, 4]  # the guard's
    assert run.links["split"].value_counts().to_dict() == {"test": 34, "seed": 16, "validation": 6}
    assert list(run.entities.columns) == ["uri", "label", "side", "type", "degree"]


def test_predictions_speak_for_themselves(trained: tuple[Path, dict[str, Any]]) -> None:
    run = RunReader(trained[0])
    table = run.predictions()
    assert table is not None
    assert list(table.groupby("direction").size()) == [40, 40]  # validation and test links, both ways
    test = table[table["split"] == "test"]
    for direction in layout.DIRECTIONS:
        ranks = test.loc[test["direction"] == direction, "rank"]
        assert (ranks <= 1).mean() == pytest.approx(trained[1][direction]["hits@1"])
    for row in table.itertuples():
        assert (row.rank <= 1) == (row.truth == row.candidates[0] and row.score[0] > row.score[1])
        ours = shares(run, np.full(10, row.query), row.candidates)
        stored = np.stack([getattr(row, f"share_{m}") for m in run.modalities])
        np.testing.assert_allclose(ours, stored, atol=2e-3)  # embeddings are stored in half precision
        np.testing.assert_allclose(stored.sum(0), row.similarity, atol=1e-5)
        assert list(row.score) == sorted(row.score, reverse=True)
    fused = run.embedding("fused")
    assert fused is not None
    pair = np.array([3]), np.array([70])
    whole = (fused[3].astype(np.float32) * fused[70].astype(np.float32)).sum()
    assert shares(run, *pair).sum() == pytest.approx(whole, abs=2e-3)
    assert np.abs(cosines(run, *pair)).max() <= 1.001


def test_evaluate_repeats_the_figures_of_training(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, printed = trained
    done = pmf("evaluate", folder, "--json")
    again = json.loads(done.stdout)
    for name in ("source_to_target", "target_to_source", "scope", "decode", "selection", "split", "seed"):
        assert again[name] == printed[name]
    assert again["selection"] == "last"
    text = pmf("evaluate", folder, "--scope", "open", "--decode", "greedy").stdout
    assert "open candidates, greedy on csls(k=3, rounds=2)" in text
    assert "alignment (greedy)  precision" in text
    assert "fitted on decoys" in text
    cosine = json.loads(pmf("evaluate", folder, "--decode", "cosine", "--json").stdout)
    mutual = json.loads(pmf("evaluate", folder, "--decode", "mutual", "--json").stdout)
    assert cosine["decode"] == "cosine"
    # mutual pairs are a part of each query's own best, by the same scores
    assert mutual["source_to_target"]["hits@1"] <= again["source_to_target"]["hits@1"] + 1e-9
    assert mutual["source_to_target"]["hits@1"] == mutual["target_to_source"]["hits@1"]


@pytest.fixture(scope="module")
def without_rules(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run without rules, which find everybody in so small a data set."""
    folder = tmp_path_factory.mktemp("runs") / "without_rules"
    done = pmf("train", "--data", tiny_data, "--run", folder, *TINY, "--set", "rules.rounds=0")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("decode", ["mutual", "greedy"])
def test_match_writes_a_one_to_one_alignment(without_rules: Path, tmp_path: Path, decode: str) -> None:
    out, dangling = tmp_path / "a.tsv", tmp_path / "d.tsv"
    done = pmf("match", without_rules, "--out", out, "--dangling", dangling, "--decode", decode, "--json")
    table = pd.read_csv(out, sep="\t")
    left = pd.read_csv(dangling, sep="\t")
    said = {"out": str(out), "pairs": len(table), "dangling": str(dangling), "unmatched": 42 - len(table)}
    assert json.loads(done.stdout) == said | {"decode": decode, "calibrated_on": "decoys"}  # 6 validation links
    assert list(left.columns) == ["source", "best_candidate", "similarity", "probability"]
    assert len(set(left["source"]) | set(table["source"])) == 42
    assert list(table.columns) == ["source", "target", "similarity", "probability"]
    assert table["source"].is_unique
    assert table["target"].is_unique
    assert table["probability"].between(0, 1).all()
    assert table["probability"].is_monotonic_decreasing
    given = RunReader(without_rules).links.query("split != 'test'")["source"]  # they are known, not found
    uris = RunReader(without_rules).entities["uri"]
    assert not set(table["source"]) & set(uris[given])
    assert len(table) == 42 if decode == "greedy" else 0 < len(table) < 42


def test_inspect_says_what_is_there(tiny_data: Path) -> None:
    summary = json.loads(pmf("data", "inspect", tiny_data, "--json").stdout)
    assert summary["links"] == 56
    assert summary["source"]["images"] == 56
    assert "links: 56" in pmf("data", "inspect", tiny_data).stdout
    assert main(["data", "inspect", str(tiny_data)]) == 0
    assert logging.getLogger("pmf.data.readers").level == logging.NOTSET  # whoever reads next hears of it


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--preset", "published"], "say what to train on"),
        (["train", "--data", "/nowhere"], "/nowhere"),
        (["train", "--data", "demo", "--preset", "mine"], "unknown preset mine; there are"),
        (["train", "--data", "demo", "--set", "train.epochs"], "--set needs NAME=VALUE, got train.epochs"),
        (["train", "--data", "demo", "--set", "train.epok=3"], "there is no setting train.epok"),
        (["train", "--data", "demo", "--device", "toaster"], "device must be auto, cpu or cuda"),
        (["train", "--data", "demo", "--modalities", "name"], "features.word_vectors"),
        (["evaluate", "/nowhere"], "/nowhere is no run folder: it has no config.json; pmf runs list names those"),
        (["match", "/nowhere", "--out", "x.tsv"], "/nowhere is no run folder"),
        (["data", "inspect", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("pmf: ")]
    assert len(lines) == 1
    assert says in lines[0]
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


def test_bad_input_and_wrong_usage_end_the_process_with_status_2() -> None:
    done = pmf("evaluate", "/nowhere", "--quiet")
    assert done.returncode == 2
    assert done.stderr.startswith("pmf: /nowhere is no run folder")
    assert pmf("train", "--colour", "red").returncode == 2
    assert pmf().returncode == 2


def test_a_finished_run_is_neither_overwritten_nor_resumed(
    trained: tuple[Path, dict[str, Any]], tiny_data: Path
) -> None:
    assert "holds a run already" in pmf("train", "--data", tiny_data, "--run", trained[0], *TINY).stderr
    assert "is finished" in pmf("train", "--resume", trained[0]).stderr
    assert "keeps its settings" in pmf("train", "--resume", trained[0], "--seed", "3").stderr


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_killed_in_the_middle_it_resumes_to_the_same_bits(
    trained: tuple[Path, dict[str, Any]], tiny_data: Path, tmp_path: Path, sign: signal.Signals
) -> None:
    folder = tmp_path / "run"
    process = start("train", "--data", tiny_data, "--run", folder, *TINY)
    deadline = time.monotonic() + 120
    while not (folder / layout.EVENTS).exists() or len(RunReader(folder).epoch_reports()) < 3:
        assert time.monotonic() < deadline
        assert process.is_alive(), "training ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid or 0, sign)
    process.join(60)
    if sign == signal.SIGTERM:  # handled as Ctrl-C is, and unlike it never ignored in a background job
        assert process.exitcode == 130
        assert RunReader(folder).state().name == "stopped"
    else:
        stale = time.time() - layout.STALE_SECONDS - 5
        os.utime(folder / layout.HEARTBEAT, (stale, stale))
        assert RunReader(folder).state().name == "interrupted"
    done = pmf("train", "--resume", folder, "--json")
    assert done.returncode == 0, done.stderr
    whole, again = RunReader(trained[0]), RunReader(folder)
    assert again.state().name == "finished"
    for name in (*whole.modalities, "fused"):
        assert np.array_equal(whole.embedding(name), again.embedding(name))
    assert np.array_equal(whole.weight(), again.weight())
    assert np.array_equal(whole.frozen_at(), again.frozen_at())
    assert np.array_equal(whole.relevance(), again.relevance(), equal_nan=True)
    figures = ("source_to_target", "target_to_source")
    assert [whole.results()[f] for f in figures] == [again.results()[f] for f in figures]


def test_the_engine_wakes_quickly() -> None:
    """`import pmf` and `--help` bring in nothing heavy."""
    heavy = "torch umap plotly streamlit pandas"
    script = f"import sys, pmf, pmf.cli; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert pmf("--help").returncode == 0


@pytest.mark.parametrize(("theirs", "used"), [(None, "1"), ("0", "0")])
def test_tensors_take_large_pages_unless_somebody_said_otherwise(theirs: str | None, used: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "THP_MEM_ALLOC_ENABLE"}
    environment |= {"PYTHONPATH": str(ROOT)} | ({"THP_MEM_ALLOC_ENABLE": theirs} if theirs else {})
    program = "import pmf, os; print(os.environ['THP_MEM_ALLOC_ENABLE'])"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == used
