"""The run folder: read back, read while it is written, read after a cut at any byte."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.errors import RunFormatError
from pmf.files import replace_file
from pmf.runs import layout
from pmf.runs.graphs import graphs_of
from pmf.runs.lock import RunLock
from pmf.runs.reader import RunReader, find_runs
from pmf.runs.writer import RunWriter
from tests.conftest import ROOT
from tests.trainings import read_all

MODALITIES = ("structure", "image")
CONFIG = {
    "config": {"modalities": list(MODALITIES), "train": {"epochs": 3}},
    "n_source": 2,
    "n_entities": 5,
    "dataset": {"name": "toy", "path": "toy", "fingerprint": "of toy"},
}

PREDICTIONS = pd.DataFrame(
    {"direction": "source_to_target", "query": [1], "split": "test", "truth": 3, "rank": 1.0, "truth_similarity": 0.5}
    | {name: [[0.5, 0.25]] for name in ("score", "similarity", "share_structure", "share_image")}
    | {"candidates": [[3, 2]]}
)


def write_run(folder: Path) -> RunWriter:
    writer = RunWriter(folder, epochs=3, modalities=MODALITIES, n_entities=5)
    entities = pd.DataFrame({"uri": list("abcde"), "label": list("ABCDE"), "side": ["source"] * 2 + ["target"] * 3})
    entities = entities.assign(type="", degree=1)
    links = pd.DataFrame({"source": [0, 1], "target": [2, 3], "split": ["seed", "test"]})
    writer.create(CONFIG, entities, links)
    return writer


def fill(writer: RunWriter) -> None:
    with writer:
        writer.event("state", state="running")
        for epoch in range(3):
            writer.relevance(epoch, np.full((2, 5), epoch / 4))
            writer.frozen_at(np.full((2, 5), -1, np.int16))
            writer.event("epoch", epoch=epoch, losses={"fused": 1.0})
        writer.embedding("fused", np.ones((5, 4), np.float16))
        writer.embedding("image", np.ones((5, 2), np.float16))
        writer.embedding("weight", np.ones((2, 5), np.float32))
        writer.projection("fused", np.ones((5, 2), np.float32))
        writer.snapshots(np.array([0, 2]), [0, 2], [np.ones((2, 4), np.float16)] * 2)
        writer.predictions(PREDICTIONS)
        writer.event("results", at="end", source_to_target={"hits@1": 1.0})
        writer.event("state", state="finished")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    fill(write_run(tmp_path / "one"))
    run = RunReader(tmp_path / "one")
    assert run.run_id == "one"
    assert run.entities["uri"].tolist() == list("abcde")
    assert run.links["split"].tolist() == ["seed", "test"]
    assert run.relevance()[:, 0, 0].tolist() == [0, 0.25, 0.5]
    assert run.frozen_at().tolist() == [[-1] * 5] * 2  # type: ignore[union-attr]
    assert run.state().name == "finished"
    assert [e["epoch"] for e in run.epoch_reports()] == [0, 1, 2]
    assert run.results() is not None
    assert run.results("stage 1") is None
    snapshots = run.snapshots()
    assert snapshots is not None
    assert snapshots["fused"].shape == (2, 2, 4)
    assert run.predictions()["candidates"][0].tolist() == [3, 2]  # type: ignore[index]
    assert find_runs(tmp_path) == [tmp_path / "one"]
    assert find_runs(tmp_path / "nowhere") == []


def test_a_new_run_reads_as_empty(tmp_path: Path) -> None:
    write_run(tmp_path / "new")
    run = RunReader(tmp_path / "new")
    assert np.isnan(run.relevance()).all()
    assert run.relevance().shape == (3, 2, 5)
    assert run.frozen_at() is None
    assert run.embedding("fused") is None
    assert run.weight() is None
    assert run.projection("fused") is None
    assert run.snapshots() is None
    assert run.predictions() is None
    assert run.epoch_reports() == []
    assert run.state().name == "interrupted"  # no heartbeat ever


def test_states(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "run")
    with writer:
        writer.event("state", state="running")
        assert RunReader(writer.folder).state().name == "running"
    stale = time.time() - layout.STALE_SECONDS - 5
    os.utime(writer.folder / layout.HEARTBEAT, (stale, stale))
    state = RunReader(writer.folder).state()
    assert state.name == "interrupted"
    assert "resume" in state.message
    assert state.reason == "killed"
    writer.event("state", state="failed", message="something")  # as before there were reasons
    assert RunReader(writer.folder).state().message == "something"
    assert RunReader(writer.folder).state().reason == "error"
    writer.last_word("stopped", "request", "")
    assert RunReader(writer.folder).state().reason == "request"


def test_a_run_that_nobody_holds_any_more_was_killed(tmp_path: Path) -> None:
    """Told at once, while the heartbeat is fresh; and one that is held but silent is told apart."""
    writer = write_run(tmp_path / "run")
    with writer:
        writer.event("state", state="running")
        with RunLock(writer.folder):
            assert RunReader(writer.folder).state().name == "running"
            os.utime(writer.folder / layout.HEARTBEAT, (1, 1))
            silent = RunReader(writer.folder).state()
            assert (silent.name, silent.reason) == ("interrupted", "")
            assert f"process {os.getpid()}" in silent.message
            os.utime(writer.folder / layout.HEARTBEAT)
        state = RunReader(writer.folder).state()
    assert (state.name, state.reason) == ("interrupted", "killed")
    assert "before the first epoch" in state.message


def test_room_for_the_last_word_is_kept_while_training_lives(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "run")
    reserve = writer.folder / layout.RESERVE
    with writer:
        assert reserve.stat().st_size == 64 * 1024
        writer.last_word("failed", "disk full", "no room")
        assert not reserve.exists()
    with RunWriter(writer.folder, epochs=3, modalities=MODALITIES, n_entities=5):
        assert reserve.exists()
    assert not reserve.exists()


def test_what_a_killed_process_was_writing_is_swept_away(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "run")
    (writer.folder / layout.CHECKPOINTS).mkdir()
    half = writer.folder / layout.CHECKPOINTS / ".last.safetensors.1.tmp"
    renaming = writer.folder / f".{layout.ABOUT}.2.tmp"  # by the app, which need not hold the run
    for path in (half, renaming):
        path.write_text("half")
    with writer:
        assert not half.exists()
        assert renaming.exists()


def test_the_heartbeat_goes_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "HEARTBEAT_SECONDS", 0.02)
    writer = write_run(tmp_path / "run")
    heart = writer.folder / layout.HEARTBEAT
    with writer:
        assert heart.read_text().strip() == str(os.getpid())
        os.utime(heart, (1, 1))
        deadline = time.monotonic() + 10
        while heart.stat().st_mtime == 1:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_folder_is_never_written_over(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    with pytest.raises(RunFormatError, match="holds a run already"):
        write_run(tmp_path / "run")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, lambda p: p.write_text("old"))

    def half(p: Path) -> None:
        p.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_every_file_may_be_cut_at_any_byte(tmp_path: Path) -> None:
    """Small files at every byte, larger ones at the ends and at 60 places between."""
    fill(write_run(tmp_path / "run"))
    rng = random.Random(0)
    files = [p for p in (tmp_path / "run").rglob("*") if p.is_file() and p.name != layout.HEARTBEAT]
    assert len(files) == 12
    for path in files:
        whole = path.read_bytes()
        cuts = range(len(whole))
        for cut in cuts if len(whole) < 100 else [0, 1, len(whole) - 1, *rng.sample(cuts, 60)]:
            path.write_bytes(whole[:cut])
            for sentence in read_all(tmp_path / "run"):
                assert path.name in sentence
                assert "\n" not in sentence
        path.write_bytes(whole)
    assert read_all(tmp_path / "run") == []


def test_after_a_cut_the_log_goes_on(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "run")
    writer.event("epoch", epoch=0)
    path = writer.folder / layout.EVENTS
    path.write_bytes(path.read_bytes() + b'{"kind": "epoch", "epo')
    assert len(list(RunReader(writer.folder).events())) == 1
    writer.event("epoch", epoch=1)
    assert [e["epoch"] for e in RunReader(writer.folder).epoch_reports()] == [0, 1]


def test_an_epoch_trained_again_counts_once(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "run")
    for epoch, note in ((0, "a"), (1, "b"), (1, "c")):
        writer.event("epoch", epoch=epoch, note=note)
    assert [e["note"] for e in RunReader(writer.folder).epoch_reports()] == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "format None"),
        ('{"format": 99}', "format 99"),
        ('{"format": 1}', "config is not there"),
        ("{", "cannot be read"),
    ],
)
def test_a_foreign_config_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / layout.CONFIG).write_text(text)
    with pytest.raises(RunFormatError, match=says):
        RunReader(tmp_path)


def test_no_config_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunFormatError, match="no run folder"):
        RunReader(tmp_path)


def test_an_array_of_another_shape_is_refused(tmp_path: Path) -> None:
    fill(write_run(tmp_path / "run"))
    path = tmp_path / "run" / layout.EMBEDDINGS / "fused.npy"
    np.save(path, np.ones((4, 4), np.float16))
    with pytest.raises(RunFormatError, match=r"shape \(4, 4\), expected \(5, -1\)"):
        RunReader(tmp_path / "run").embedding("fused")


def test_an_array_stays_open_until_its_file_is_another(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "run")
    fill(writer)
    run = RunReader(tmp_path / "run")
    first = run.embedding("fused")
    assert run.embedding("fused") is first
    writer.embedding("fused", np.zeros((5, 4), np.float16))
    again = run.embedding("fused")
    assert again is not None
    assert not again.any()


def test_the_layout_doc_names_every_file(tmp_path: Path) -> None:
    fill(write_run(tmp_path / "run"))
    doc = layout.__doc__ or ""
    for path in (tmp_path / "run").iterdir():
        assert path.name in doc
    assert json.loads((tmp_path / "run" / layout.CONFIG).read_text())["format"] == layout.FORMAT


def test_the_bundled_data_of_a_run_is_found_by_its_name() -> None:
    pair, problem = graphs_of(RunReader(ROOT / "assets" / "runs" / "atlas"))
    assert problem == ""
    assert pair is not None
    assert len(pair) == 1371
