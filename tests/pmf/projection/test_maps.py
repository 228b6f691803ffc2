"""The maps of a run: drawn once for each content, measured against what they show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.spatial.distance import cdist
from sklearn import manifold
from threadpoolctl import threadpool_info

from pmf.cli import main
from pmf.places import ASSETS
from pmf.projection import beside, maps
from pmf.projection.drawing import ALIGNED, draw
from pmf.projection.maps import draw_maps, names, outdated, stored
from pmf.projection.quality import Counterparts, counterparts, measure, trustworthiness
from pmf.runs import layout
from pmf.runs.lock import RunLock
from pmf.runs.reader import RunReader
from pmf.runs.tasks import read_task
from pmf.runs.writer import RunWriter
from tests.conftest import ATLAS, ROOT

N = 12  # too few for UMAP: principal components take no time


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of twelve entities on a line; the last has no relation."""
    writer = RunWriter(tmp_path / "run", epochs=1, modalities=("relation",), n_entities=N)
    config = {"config": {"modalities": ["relation"], "train": {"epochs": 1}}, "n_source": 6, "n_entities": N, "seed": 5}
    writer.create(config, pd.DataFrame({"uri": range(N)}), pd.DataFrame({"source": [0], "target": [6]}))
    angle = np.linspace(0, 1.5, N)
    line = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float16)
    writer.embedding("fused", line)
    writer.embedding("relation", np.where(np.arange(N)[:, None] < N - 1, line, 0))
    return writer.folder


def ignore(name: str, done: int, total: int) -> None:
    """A progress that nobody follows."""


def test_only_what_has_changed_is_drawn_again(folder: Path) -> None:
    said: list[tuple[str, int, int]] = []
    assert draw_maps(RunReader(folder), lambda *step: said.append(step)) == ["fused", "relation"]
    assert said == [("fused", 0, 2), ("relation", 1, 2), ("", 2, 2)]
    run = RunReader(folder)
    assert np.isnan(run.projection("relation")[-1]).all()
    fused = folder / layout.PROJECTIONS / "fused.npy"
    before = fused.stat().st_mtime_ns
    assert draw_maps(run, ignore) == []
    relation = folder / layout.EMBEDDINGS / "relation.npy"
    relation.write_bytes(relation.read_bytes()[:-4] + b"\x00\x3c\x00\x00")  # the last entity has a relation now
    assert outdated(run) == ["relation"]
    assert draw_maps(run, ignore) == ["relation"]
    assert np.isfinite(RunReader(folder).projection("relation")).all()
    assert fused.stat().st_mtime_ns == before
    fused.write_bytes(fused.read_bytes()[:-1])
    assert outdated(run) == ["fused"]


def test_the_bundled_maps_are_current_and_show_who_ranks_first() -> None:
    run = RunReader(ASSETS / "runs" / "atlas")
    assert outdated(run) == []
    (counted,) = stored(run)["fused"].counterparts
    assert counted.of_first is not None
    assert counted.of_first > 0.97


@pytest.mark.parametrize("interrupted", [False, True])
def test_two_at_once_are_those_drawn_one_by_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    draw_maps(RunReader(shutil.copytree(folder, tmp_path / "alone")), ignore)
    alone = RunReader(tmp_path / "alone")
    monkeypatch.setattr(maps, "_WORTH_TWO", N)
    monkeypatch.setattr(maps, "cores", lambda: 2)
    if interrupted:  # what the other process does not bring is drawn here
        monkeypatch.setattr(beside, "environment", lambda: {"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"})
    here: list[str] = []
    monkeypatch.setattr(maps, "draw", lambda run, name: here.append(name) or draw(run, name))
    assert draw_maps(RunReader(folder), ignore) == ["fused", "relation"]
    assert here == (["fused", "relation"] if interrupted else ["fused"])
    for name in ("fused", "relation"):
        assert np.array_equal(RunReader(folder).projection(name), alone.projection(name), equal_nan=True)
        assert stored(RunReader(folder))[name].quality == stored(alone)[name].quality
    assert outdated(RunReader(folder)) == []


def test_two_that_draw_share_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, str | int] = {}
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: given.update({"own": threads}))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, env, **__: given.update(env) or MagicMock())
    with beside.drawn_beside(RunReader(ATLAS), ["fused"]):
        assert given["OPENBLAS_NUM_THREADS"] == given["OMP_NUM_THREADS"] == "3"
        assert given["own"] == 3
        assert all(pool["num_threads"] <= 3 for pool in threadpool_info())
    assert given["own"] == 6
    with beside.drawn_beside(RunReader(ATLAS), []):
        assert given["own"] == 6


def test_the_process_that_draws_beside_ends_with_who_was_killed(tmp_path: Path) -> None:
    waiting = f"""
import sys, time
from pathlib import Path
from pmf.projection.beside import drawn_beside
from pmf.runs.reader import RunReader
with drawn_beside(RunReader(Path({str(ATLAS)!r})), ["fused"] * 50):
    print("drawing", flush=True)
    time.sleep(300)
"""
    here = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", waiting], env=here, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"drawing\n"
        (drawing,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
    for _ in range(600):
        if not Path(f"/proc/{drawing}/cmdline").exists() or not Path(f"/proc/{drawing}/cmdline").read_bytes():
            break
        time.sleep(0.05)
    else:
        pytest.fail("it still draws")
    assert list(tmp_path.iterdir()) == []


def test_what_an_older_version_drew_is_drawn_again(folder: Path) -> None:
    run = RunReader(folder)
    draw_maps(run, ignore)
    for text in (
        "",
        "[]",
        '{"fused": {"key": "x"}}',
        '{"fused": {"key": "x", "seconds": 1, "quality": [{"shared": 7}]}}',
    ):
        (folder / layout.MAPS).write_text(text)
        assert stored(run) == {}
        assert outdated(run) == names(run) == ["fused", "relation"]


def test_the_command_draws_and_says_how_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["maps", str(folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["drawn"] == ["fused", "relation"]
    (quality,) = printed["maps"]["fused"]["quality"]
    assert quality["neighbours"] == 2  # of six in each graph
    assert quality["points"] == N
    assert quality["trustworthiness"] > 0.9
    assert read_task(folder, "maps").state == "finished"
    assert main(["maps", str(folder)]) == 0
    assert capsys.readouterr().out.count("current") == 2
    with RunLock(folder):
        assert main(["maps", str(folder)]) == 2
    assert "is being written by" in capsys.readouterr().err


def test_quality_tells_a_faithful_map_from_a_torn_and_a_shuffled_one() -> None:
    rng = np.random.default_rng(0)
    flat = rng.random((300, 2)).astype(np.float32)
    rows = np.c_[flat, np.ones(300)].astype(np.float16)  # seen from afar: cosine tells the places apart
    sides = np.arange(150), np.arange(150, 300)
    whole = measure(rows, flat, sides, 0)
    torn = measure(rows, flat + np.where(flat[:, :1] > 0.5, 9, 0).astype(np.float32), sides, 0)
    shuffled = measure(rows, flat[rng.permutation(300)], sides, 0)
    assert whole is not None
    assert torn is not None
    assert shuffled is not None
    assert whole.neighbours == 15
    assert whole.trustworthiness > 0.95
    assert whole.shared > 0.7
    assert torn.continuity < whole.continuity
    assert shuffled.trustworthiness < 0.6
    assert shuffled.shared == pytest.approx(15 / 149, abs=0.03)


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    rows, points = rng.random((200, 9)), rng.random((200, 2))
    for here, there in ((rows, points), (points, rows)):
        found = trustworthiness(cdist(here, here), cdist(there, there), 15)
        assert found == pytest.approx(manifold.trustworthiness(here, there, n_neighbors=15))


def test_quality_is_of_each_graph_by_itself() -> None:
    points = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    quality = measure(np.c_[points, np.ones(40)], points, (np.arange(30), np.arange(30, 40)), 0)
    assert quality is not None
    assert quality.points == 40
    assert quality.neighbours == 4
    assert measure(np.ones((4, 2)), points[:4], (np.arange(2), np.arange(2, 4)), 0) is None


def test_counterparts_are_counted_by_hand() -> None:
    """Forty on a line, each above its counterpart; then the first counterpart is moved to the far end."""
    line = np.arange(40, dtype=np.float32)
    points = np.concatenate([np.c_[line, np.zeros(40)], np.c_[line, np.ones(40)]]).astype(np.float32)
    sides, pairs = (np.arange(40), np.arange(40, 80)), np.array([[0, 40], [20, 60]])
    ranks = np.array([[1, 1], [2, 99]], np.float32)
    assert counterparts(points, sides, pairs, ranks) == Counterparts(
        neighbours=15, pairs=2, on_map=1.0, in_embedding=0.75, of_first=1.0
    )
    points[40] = 100, 1
    moved = counterparts(points, sides, pairs, ranks)
    assert moved is not None
    assert (moved.on_map, moved.of_first) == (0.5, 0.5)
    assert counterparts(points, sides, pairs[:0], ranks[:, :0]) is None


def test_the_map_of_the_bundled_run_shows_its_alignment() -> None:
    """Most counterparts that rank first lie near on it, at its last epoch as well."""
    folder = Path(__file__).parents[3] / "assets" / "runs" / "atlas"
    run = RunReader(folder)
    known = stored(run)
    assert set(known) == {*names(run)}
    assert outdated(run) == []
    for name in ("fused", ALIGNED):
        last = known[name].counterparts[-1]
        assert last.of_first is not None
        assert last.of_first >= 0.8
        # hardly more than the embedding has: a tie joins both, also where only one of them ranks the other first
        assert last.on_map <= last.in_embedding + 0.01
