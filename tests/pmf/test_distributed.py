"""Several processes against one: the same gradients, the same run, and what is left when one of them is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pmf.distributed import coalesced
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.commands import as_arguments
from tests.conftest import ROOT, TINY_SETTINGS

GRADIENTS = """
import sys, torch
from pathlib import Path
from safetensors.torch import save_file
from pmf.data.split import split_links
from pmf.data.readers import read_graph_pair
from pmf.features.feature_set import build_features, presence
from pmf.freezing.state import FreezingState
from pmf.model.graph import Adjacency
from pmf.model.pmf import PMFModel
from pmf.distributed import together
from pmf.training.start import run_config

torch.set_num_threads(1)
setting = {"data": sys.argv[1], "modalities": "structure,relation,attribute,image,char", "train.fanout": "3"}
config, _ = run_config("published", setting)
pair = read_graph_pair(config.data)
features = build_features(pair, config.modalities, config.features)
present = torch.from_numpy(presence(pair, features, config.modalities))
links = torch.from_numpy(split_links(pair.links, seed_ratio=0.5, validation_share=0, seed=0).seed_links)[:27]
tensors = {}
with together(torch.device("cpu")) as processes:
    for sampling in ("never", "always"):
        config, _ = run_config("published", setting | {"train.sampling": sampling})
        torch.manual_seed(0)
        model = PMFModel(config, Adjacency.from_pair(pair), features, present, processes)
        model.rejected = torch.stack([links[:9, 0], links[:9, 1].roll(1)], dim=1)
        # shifted, so that some reach out of the batch
        model.rejected[:, 1] = (model.rejected[:, 1] - pair.n_source + 40) % 64 + pair.n_source
        state = FreezingState.initial(present)
        frozen = state.frozen_at.clone()
        frozen[3, ::5] = torch.where(frozen[3, ::5] == -1, 4, frozen[3, ::5]).to(frozen.dtype)
        state = FreezingState(frozen, torch.where(frozen == -1, state.weight, 0.0))
        for name in ("cross_graph", "cross_modality"):
            model.draw_neighbours(torch.Generator().manual_seed(1))
            model.zero_grad(set_to_none=True)
            loss, _ = getattr(model, name)(links, state)
            loss.backward()
            model.add_gradients()
            tensors[f"{sampling}.{name}.loss"] = loss.detach()
            for parameter, value in model.named_parameters():
                if value.grad is not None:
                    tensors[f"{sampling}.{name}.{parameter}"] = value.grad.to_dense().contiguous().clone()
    save_file(tensors, f"{sys.argv[2]}.{processes.rank}")
"""

RELEVANCE = """
import sys, torch
from pathlib import Path
from safetensors.torch import save_file
from pmf.alignment.search import similarity
from pmf.config.evaluation import EvaluationConfig
from pmf.config.model import FreezingConfig
from pmf.data.split import LinkSplit
from pmf.distributed import together
from pmf.freezing.relevance import RelevanceMeter

compared, products = [], similarity.products
similarity.products = lambda rows, keys: compared.append(len(rows)) or products(rows, keys)
torch.set_num_threads(1)
torch.manual_seed(0)
n_source, n, links = 6000, 13000, torch.arange(3000)
embeddings = torch.nn.functional.normalize(torch.randn(2, n, 24), dim=2)
present = torch.rand(2, n) > 0.1
links = torch.stack([links, links + n_source], dim=1).numpy()
split = LinkSplit(seed_links=links[:900], val_links=links[900:1000], test_links=links[1000:])
with together(torch.device("cpu")) as processes:
    tensors = {}
    for candidates in ("all", "linked"):
        setting = FreezingConfig(candidates=candidates, seed_relevance="candidates")
        search = EvaluationConfig(memory_mb=16)
        meter = RelevanceMeter(setting, search, split, present, n_source, processes)
        tensors[candidates] = meter(embeddings)
        tensors[f"{candidates}.rows"] = torch.tensor(compared)
        compared.clear()
    save_file(tensors, f"{sys.argv[1]}.{processes.rank}")
"""


def torchrun(processes: int, *arguments: str, restarts: int = 0) -> list[str]:
    """As assets/docs/speed.md has it; after the two dashes nothing is torchrun's own."""
    options = ["--standalone", f"--nproc-per-node={processes}", f"--max-restarts={restarts}"]
    return [sys.executable, "-m", "torch.distributed.run", *options, *arguments]


def test_gradients_equal_those_of_one_process(tiny_data: Path, tmp_path: Path) -> None:
    """On one batch of links with hard negatives, frozen and missing features; three processes share it unevenly."""
    script = tmp_path / "gradients.py"
    script.write_text(GRADIENTS)
    arguments = [str(script), str(tiny_data)]
    subprocess.run([sys.executable, *arguments, str(tmp_path / "1")], cwd=ROOT, check=True, env=_env())
    alone = load_file(tmp_path / "1.0")
    assert len(alone) > 30
    for processes in (2, 3):
        command = torchrun(processes, "--", *arguments, str(tmp_path / str(processes)))
        subprocess.run(command, cwd=ROOT, check=True, env=_env(), capture_output=True)
        for rank in range(processes):
            together = load_file(tmp_path / f"{processes}.{rank}")
            assert together.keys() == alone.keys()
            for name, gradient in alone.items():
                error = (together[name] - gradient).abs().max()
                assert error <= 1e-5 * max(1.0, float(gradient.abs().max())), name


def test_relevance_is_dealt_out_and_the_same_to_the_bit(tmp_path: Path) -> None:
    """What is counted is rows compared with the other side: no process repeats what another does."""
    script = tmp_path / "relevance.py"
    script.write_text(RELEVANCE)
    subprocess.run([sys.executable, str(script), str(tmp_path / "1")], cwd=ROOT, check=True, env=_env())
    alone = load_file(tmp_path / "1.0")
    command = torchrun(2, "--", str(script), str(tmp_path / "2"))
    subprocess.run(command, cwd=ROOT, check=True, env=_env(), capture_output=True)
    parts = [load_file(tmp_path / f"2.{rank}") for rank in range(2)]
    for candidates in ("all", "linked"):
        rows = [int(part[f"{candidates}.rows"].sum()) for part in parts]
        assert sum(rows) == int(alone[f"{candidates}.rows"].sum())
        assert max(rows) < 0.7 * sum(rows)
        for part in parts:
            assert torch.equal(part[candidates].nan_to_num(-1), alone[candidates].nan_to_num(-1))


def _env() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _settings(**more: str) -> list[str]:
    settings = {**TINY_SETTINGS, "train.project": "false", **more}
    return as_arguments(settings)


def test_a_killed_process_ends_the_others_and_a_restart_goes_on(tiny_data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    epochs = {"train.epochs": "60", "train.freeze_epochs": "60", "train.checkpoint_every": "5"}
    command = torchrun(
        2, "-m", "--", "pmf", "train", "--data", str(tiny_data), "--run", str(run), *_settings(**epochs), restarts=1
    )
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
    command = [sys.executable, "-m", "pmf", "train", "--data", str(tiny_data)]
    done = subprocess.run(
        command, cwd=ROOT, env=_env() | {"WORLD_SIZE": "2", "RANK": "0"}, capture_output=True, text=True, check=False
    )
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
