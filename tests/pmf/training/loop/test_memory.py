"""Freed memory is used again while asked for, and given back afterwards; counted by the system's page faults."""

from __future__ import annotations

import ctypes
import gc
import resource
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from pmf.runs.writer import RunWriter
from pmf.training.loop.memory import memory_kept, peak_memory_bytes
from pmf.training.loop.trainer import Trainer
from pmf.training.run import Progress, train
from tests.commands import PROCESSES
from tests.conftest import ROOT
from tests.pmf.training.loop.test_trainer import config_of, trainer_of

BYTES = 64 << 20
BLOCK = BYTES // 4
_PR_SET_THP_DISABLE = 41

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told to keep memory")


def fewest_faults(blocks: int = 1) -> int:
    """How often the system has to clear memory for 64 MiB that are written and freed, once places have been found.

    Args:
        blocks: so many times 64 MiB at once: what is larger than any gap in the heap cannot fall into one.
    """
    faults = []
    for _ in range(16):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(blocks * BLOCK)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return min(faults)


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def check(error: str) -> None:
    """Raises what `error` says once the memory is held, and sees that it is held no longer."""
    usual = fewest_faults()
    assert usual > 16
    held = 0
    with pytest.raises(RuntimeError) if error else nullcontext(), memory_kept():
        assert fewest_faults() < usual / 4
        held = resident()
        if error:
            raise RuntimeError(error)
    assert resident() < held - BYTES // 2
    assert fewest_faults(4) > 2 * usual


def check_training(data: Path, sampling: str, kept: bool) -> None:
    """Whether the first epoch's steps use memory again; afterwards nothing does."""
    usual = fewest_faults()
    trainer = trainer_of(config_of(data, train__sampling=sampling))
    faults: list[int] = []
    trainer.progress = lambda what, done, total: faults.append(fewest_faults())
    next(trainer.epochs())
    assert faults
    assert all((count < usual / 4) == kept for count in faults), faults
    assert fewest_faults(4) > 2 * usual


def in_a_process_of_its_own(check: Callable[..., None], *arguments: object) -> None:
    """Another test's memory may be free in this one, and large pages would hide how much is cleared."""
    process = PROCESSES.Process(target=_with_small_pages, args=(check, arguments))
    process.start()
    process.join(120)
    process.kill()
    assert process.exitcode == 0


def _with_small_pages(check: Callable[..., None], arguments: tuple[object, ...]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)
    torch.set_num_threads(1)
    check(*arguments)


@pytest.mark.parametrize("error", ["", "a step failed"])
def test_freed_memory_is_used_again_and_given_back_at_the_end(error: str) -> None:
    in_a_process_of_its_own(check, error)


@pytest.mark.parametrize(("sampling", "kept"), [("always", True), ("never", False)])
def test_a_training_keeps_memory_while_it_steps_on_drawn_neighbours(
    tiny_data: Path, sampling: str, *, kept: bool
) -> None:
    in_a_process_of_its_own(check_training, tiny_data, sampling, kept)


def check_gaps(data: Path) -> None:
    """Gaps between tables are held until all entities are embedded for a comparison."""
    trainer = trainer_of(config_of(data))
    torch.ones(BLOCK // 4)  # from now on 16 MiB come from the heap, and less
    tables = [torch.ones(BLOCK // 16) for _ in range(64)]  # 4 MiB each
    last = tables.pop()
    del tables
    held = resident()
    trainer.embed_all()
    assert resident() < held - 2 * BYTES
    assert last.all()


def test_gaps_are_given_back(tiny_data: Path) -> None:
    in_a_process_of_its_own(check_gaps, tiny_data)


def test_fused_embeddings_take_the_place_of_the_modalities(tiny_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(config_of(tiny_data))
    embeddings = trainer.embed_all()
    monkeypatch.setattr(trainer, "embed_all", lambda: embeddings)
    assert trainer.fused().data_ptr() == embeddings.data_ptr()


def test_the_trainer_is_gone_when_maps_are_drawn(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They need the memory that a training of a large graph has filled."""
    trainers: list[weakref.ref[Trainer]] = []
    alive: list[int] = []

    class Watched(Trainer):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            trainers.append(weakref.ref(self))

    def count(writer: RunWriter, progress: Progress) -> None:
        alive.append(sum(trainer() is not None for trainer in trainers))

    monkeypatch.setattr("pmf.training.run.Trainer", Watched)
    monkeypatch.setattr("pmf.training.run._project", count)
    config = config_of(tiny_data, train__project="true")
    train(config, tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "resumed", progress=stop)
    gc.collect()  # what a KeyboardInterrupt has seen
    train(config, tmp_path / "resumed", resume=True)
    assert len(trainers) == 3
    assert alive == [0, 0]


def test_the_peak_of_a_process_is_its_own_however_large_the_one_that_started_it() -> None:
    large = bytearray(b"1") * (1 << 30)
    asked = "import torch; from pmf.training.loop.memory import peak_memory_bytes as p; print(p(torch.device('cpu')))"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT, check=True)
    assert peak_memory_bytes(torch.device("cpu")) > len(large)
    assert 50 << 20 < int(answer.stdout) < len(large)


def stop(what: str, done: int, total: int) -> None:
    """Ends a training in its second epoch, as the system does."""
    if (what, done) == ("epoch", 1):
        signal.raise_signal(signal.SIGTERM)
