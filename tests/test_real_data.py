"""Engine and app at full size: DBP15K with 39,000 entities, and emoji with their pictures."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from app.shared.services import catalog
from pmf.runs.reader import RunReader
from tests.app.pages import session, visit
from tests.commands import pmf
from tests.conftest import ROOT
from tests.real_runs import command_of, train_two_epochs

pytestmark = [pytest.mark.real, pytest.mark.full]


@pytest.fixture(scope="module")
def real_runs(datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs."""
    root = tmp_path_factory.mktemp("real")
    train_two_epochs(datasets / "EMOJI_ZH_EN", root / "emoji")
    return root


@pytest.fixture(scope="module")
def memory(real_runs: Path, datasets: Path) -> int:
    """The most bytes that a training on DBP15K took, `zh_en` in the folder of runs."""
    chosen = ("--modalities", "structure,relation,attribute", "--set", "train.epochs=1")  # its end needs most
    narrow = (
        "--set",
        "model.width=64",
        "--set",
        "model.label_width=64",
    )  # all pairs are compared in a third of the time
    command = command_of(datasets / "mmkg/DBP15K/zh_en", real_runs / "zh_en", *chosen, *narrow)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, process.returncode, usage = os.wait4(process.pid, 0)
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


def test_dbp15k_trains_in_bounded_memory(real_runs: Path, memory: int) -> None:
    """Rules, labels spread, reliability fitted, embeddings stored, every pair compared: 2 GB in all."""
    assert memory < 2e9  # one float32 matrix of entities × entities alone would be 6 GB
    run = RunReader(real_runs / "zh_en")
    assert run.state().name == "finished"
    assert run.n_entities == 38_960
    splits = run.links["split"].value_counts()
    assert splits["test"] == 10_500
    assert splits.sum() == 15_000
    (report,) = run.epoch_reports()
    assert report["missing_share"]["attribute"] == pytest.approx(0.23, abs=0.01)
    results = run.results()
    assert results is not None
    assert results["source_to_target"]["hits@1"] > 0.7
    assert results["decode"] == "csls(k=3, rounds=2)"


def test_emoji_train_with_their_pictures(real_runs: Path) -> None:
    run = RunReader(real_runs / "emoji")
    assert run.modalities == ("structure", "relation", "attribute", "image")
    embedding = run.embedding("image")
    assert embedding is not None
    assert embedding.any(axis=1).sum() == 1_909 + 1_901
    results = run.results()
    assert results is not None
    assert results["single_modality"]["image"]["source_to_target"]["hits@1"] > 0.3


@pytest.mark.usefixtures("memory")
def test_evaluate_and_match_at_full_size(real_runs: Path, tmp_path: Path) -> None:
    folder, out = real_runs / "zh_en", tmp_path / "a.tsv"
    again = json.loads(pmf("evaluate", folder, "--json").stdout)
    results = RunReader(folder).results()
    assert results is not None
    assert again["source_to_target"] == results["source_to_target"]
    written = json.loads(pmf("match", folder, "--out", out, "--json").stdout)
    assert written["pairs"] == len(out.read_text().splitlines()) - 1
    assert 1_000 < written["pairs"] <= 14_888


@pytest.mark.parametrize("name", ["zh_en", "emoji", "atlas"])
@pytest.mark.usefixtures("memory")
def test_every_page_opens(real_runs: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PMF_RUNS", str(real_runs))
    assert (catalog.BUNDLED / "atlas").is_dir()
    test = session("start")
    test.default_timeout = 120
    test.run()
    for page in ("overview", "freezing", "embeddings", "matches"):
        visit(test, page, run=name)
        # the sentence on Overview that says how good the run is may be a warning, and says what to do
        others = [one.value for one in test.warning if one.icon != ":material/drag_handle:"]
        assert not others, others[0]
        assert test.selectbox(key="url.run").value == name
