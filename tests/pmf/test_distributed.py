"""Several processes against one: the same gradients, the same run, and what is left when one of them is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pmf.alignment.evaluation.evaluate import Candidates, top_candidates
from pmf.alignment.evaluation.of_run import evaluate_run, stored_fused
from pmf.alignment.search import similarity
from pmf.distributed import coalesced
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from tests.commands import as_arguments, pmf
from tests.conftest import ROOT, TINY_SETTINGS
from tests.pmf.ranks import (
    SMALL_BLOCKS,
    together_do,
    train_together,
    write_gradients,
    write_labels,
    write_nearest,
    write_relevance,
    write_scores,
    write_shares,
)


def test_gradients_equal_those_of_one_process(tiny_data: Path, tmp_path: Path) -> None:
    """On one batch of links with hard negatives, frozen and missing features; three processes share it unevenly."""
    together_do(write_gradients, 1, tiny_data, tmp_path / "1")
    alone = load_file(tmp_path / "1.0")
    assert len(alone) > 30
    for processes in (2, 3):
        together_do(write_gradients, processes, tiny_data, tmp_path / str(processes))
        for rank in range(processes):
            together = load_file(tmp_path / f"{processes}.{rank}")
            assert together.keys() == alone.keys()
            for name, gradient in alone.items():
                error = (together[name] - gradient).abs().max()
                assert error <= 1e-5 * max(1.0, float(gradient.abs().max())), name


def test_relevance_is_dealt_out_and_the_same_to_the_bit(tmp_path: Path) -> None:
    """What is counted is rows compared with the other side: no process repeats what another does."""
    together_do(write_relevance, 1, tmp_path / "1")
    alone = load_file(tmp_path / "1.0")
    together_do(write_relevance, 2, tmp_path / "2")
    parts = [load_file(tmp_path / f"2.{rank}") for rank in range(2)]
    for candidates in ("all", "linked"):
        rows = [int(part[f"{candidates}.rows"].sum()) for part in parts]
        assert sum(rows) == int(alone[f"{candidates}.rows"].sum())
        assert max(rows) < 0.7 * sum(rows)
        for part in parts:
            assert torch.equal(part[candidates].nan_to_num(-1), alone[candidates].nan_to_num(-1))


@pytest.mark.parametrize("work", [write_scores, write_nearest, write_labels, write_shares])
def test_work_is_dealt_out_and_the_same_to_the_bit(work: Callable[[Path], None], tmp_path: Path) -> None:
    """Candidates, scores, ranks and decisions, of equals too; labels and fits; with three the parts are uneven."""
    together_do(work, 1, tmp_path / "1")
    alone = load_file(tmp_path / "1.0")
    for processes in (2, 3):
        together_do(work, processes, tmp_path / str(processes))
        parts = [load_file(tmp_path / f"{processes}.{rank}") for rank in range(processes)]
        for name, value in alone.items():
            if name.startswith("rows"):
                rows = [int(part[name]) for part in parts]
                assert max(rows) < 1.4 * int(value) / processes, name
            else:
                assert all(torch.equal(part[name], value) for part in parts), name


def test_what_processes_record_together_is_what_one_finds_in_the_folder(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together_do(train_together, 2, tiny_data, tmp_path / "run")
    run = RunReader(tmp_path / "run")
    assert run.state().name == "finished"
    assert [report["epoch"] for report in run.epoch_reports()] == list(range(run.epochs))
    compared = [int((tmp_path / f"run.{rank}").read_text()) for rank in range(2)]
    assert max(compared) < 0.6 * sum(compared)
    monkeypatch.setattr(similarity, "_CACHED_ROWS", SMALL_BLOCKS)
    results, alone = run.results(), evaluate_run(run)
    pool = Candidates.test(stored_split(run), run.facts.scope, run.n_source, run.n_entities)
    rankings = top_candidates(stored_fused(run), pool, run.facts.config().evaluation)
    table = run.predictions()
    for direction, ranking in zip(layout.DIRECTIONS, rankings, strict=True):
        assert results[direction] == alone[direction]
        keys = pool.target if direction == layout.SOURCE_TO_TARGET else pool.source
        stored = np.stack(table[table["direction"] == direction]["candidates"].to_list())
        assert np.array_equal(stored, keys[ranking.candidates.numpy()])


def _env() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _settings(**more: str) -> list[str]:
    settings = {**TINY_SETTINGS, "train.project": "false", **more}
    return as_arguments(settings)


def test_a_killed_process_ends_the_others_and_a_restart_goes_on(tiny_data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    epochs = {"train.epochs": "60", "train.freeze_epochs": "60", "train.checkpoint_every": "5"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=1"]
    train = ["-m", "--", "pmf", "train", "--data", str(tiny_data), "--run", str(run)]  # as assets/docs/speed.md has it
    command = [*torchrun, *train, *_settings(**epochs)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=_env(), stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(lambda: (run / layout.CHECKPOINTS / "last.safetensors").exists(), process)
        second = _child(process.pid, rank=1)
        os.kill(second, signal.SIGKILL)
        assert process.wait(timeout=240) == 0, (tmp_path / "log").read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    reader = RunReader(run)
    assert reader.state().name == "finished"
    assert [report["epoch"] for report in reader.epoch_reports()] == list(range(60))
    assert reader.facts.processes == 2
    states = [event for event in reader.events() if event["kind"] == "state"]
    assert sum(event["state"] == "running" and "epoch" in event for event in states) >= 2  # it did start anew
    assert np.isfinite(reader.results()["source_to_target"]["hits@1"])


def _wait_for(there: object, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not there():  # type: ignore[operator]
        assert process.poll() is None, "it ended before there was a checkpoint"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _child(parent: int, rank: int) -> int:
    """The process that torchrun started with this rank."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            ours = entry.name.isdecimal() and f"PPid:\t{parent}\n" in (entry / "status").read_text()
            if ours and f"RANK={rank}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                return int(entry.name)
    raise AssertionError("no such process")


def test_several_processes_need_a_folder(tiny_data: Path) -> None:
    done = pmf("train", "--data", tiny_data, WORLD_SIZE="2", RANK="0")
    assert done.returncode == 2
    assert "several processes need a folder that all of them reach" in done.stderr


@pytest.mark.parametrize(("rows", "as_it_is"), [([0, 2, 3], True), ([], True), ([3, 0, 2], False), ([1, 1, 4], False)])
def test_rows_are_sorted_and_added_only_where_they_do_not_ascend(rows: list[int], as_it_is: bool) -> None:
    torch.manual_seed(0)
    values = torch.randn(len(rows), 4)
    gradient = torch.sparse_coo_tensor(torch.tensor([rows], dtype=torch.int64), values, (5, 4), check_invariants=True)
    ours, theirs = coalesced(gradient), gradient.coalesce()
    assert ours.is_coalesced()
    assert torch.equal(ours.indices(), theirs.indices())
    assert torch.equal(ours.values(), theirs.values())
    assert (ours.values().data_ptr() == values.data_ptr()) == as_it_is
