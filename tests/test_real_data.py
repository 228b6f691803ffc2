"""Engine and app at full size: DBP15K with 39,000 entities, and emoji with their pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.shared.services import catalog
from pmf.runs.reader import RunReader
from tests.app.pages import session, visit
from tests.conftest import ROOT
from tests.real_runs import command_of, train_two_epochs

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def real_runs(datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with two runs, and what training printed."""
    root = tmp_path_factory.mktemp("real")
    printed = {
        "zh_en": train_two_epochs(
            datasets / "mmkg/DBP15K/zh_en",
            root / "zh_en",
            *("--preset", "published", "--modalities", "structure,relation,attribute"),
        ),
        "emoji": train_two_epochs(datasets / "EMOJI_ZH_EN", root / "emoji"),
    }
    return root, printed


def test_dbp15k_trains_in_bounded_memory(real_runs: tuple[Path, dict[str, Any]]) -> None:
    run = RunReader(real_runs[0] / "zh_en")
    assert run.n_entities == 38_960
    assert run.links["split"].value_counts().to_dict() == {"test": 10_500, "seed": 4_500}
    for report in run.epoch_reports():
        # one float32 matrix of entities × entities alone would be 6 GB
        assert report["peak_memory_bytes"] < 2.5 * 2**30
        assert report["missing_share"]["attribute"] == pytest.approx(0.23, abs=0.01)
    relevance = run.relevance()[0]
    entities = {"source": slice(0, run.n_source), "target": slice(run.n_source, None)}
    for side in entities.values():
        assert np.isfinite(relevance[0, side]).sum() == 15_000  # linked entities only, by this preset
    # two epochs already find fifty times what chance would
    assert real_runs[1]["zh_en"]["source_to_target"]["hits@1"] > 50 / 10_500
    assert real_runs[1]["zh_en"]["decode"] == "csls(k=3, rounds=2)"


def test_default_stays_in_bounded_memory_to_its_end(datasets: Path, tmp_path: Path) -> None:
    """Labels spread, reliability fitted, embeddings stored and every pair compared; two and a half gigabytes in all."""
    one_epoch = ("--set", "train.epochs=1")  # what needs most comes after the last one
    chosen = ("--modalities", "structure,relation,attribute", *one_epoch)
    command = command_of(datasets / "mmkg/DBP15K/zh_en", tmp_path / "run", *chosen)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, process.returncode, usage = os.wait4(process.pid, 0)
    assert process.returncode == 0
    assert RunReader(tmp_path / "run").state().name == "finished"
    assert usage.ru_maxrss * 1024 < 2.5e9


def test_emoji_train_with_their_pictures(real_runs: tuple[Path, dict[str, Any]]) -> None:
    run = RunReader(real_runs[0] / "emoji")
    assert run.modalities == ("structure", "relation", "attribute", "image")
    embedding = run.embedding("image")
    assert embedding is not None
    assert embedding.any(axis=1).sum() == 1_909 + 1_901
    single = real_runs[1]["emoji"]["single_modality"]
    assert single["image"]["source_to_target"]["hits@1"] > 0.3


def test_evaluate_and_match_at_full_size(real_runs: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder = real_runs[0] / "zh_en"
    for command in (["evaluate", str(folder)], ["match", str(folder), "--out", str(tmp_path / "a.tsv")]):
        done = subprocess.run(
            [sys.executable, "-m", "pmf", *command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        said = json.loads(done.stdout)
    assert said["pairs"] == len((tmp_path / "a.tsv").read_text().splitlines()) - 1
    assert 1_000 < said["pairs"] <= 14_888


@pytest.mark.parametrize("name", ["zh_en", "emoji", "atlas"])
def test_every_page_opens(real_runs: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PMF_RUNS", str(real_runs[0]))
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
