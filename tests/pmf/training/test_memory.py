"""Freed memory is used again while asked for, and given back afterwards; counted by the system's page faults."""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from pmf.training.memory import memory_kept
from tests.pmf.training.test_trainer import config_of, trainer_of

BYTES = 64 << 20
BLOCK = BYTES // 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told to keep memory")


def fewest_faults() -> int:
    """How often the system has to clear memory for 64 MiB that are written and freed, once places have been found."""
    faults = []
    for _ in range(16):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(BLOCK)
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
    assert fewest_faults() > usual / 2


def check_training(data: str) -> None:
    """The first epoch's steps use memory again where they draw neighbours, and only there."""
    usual = fewest_faults()
    for sampling, kept in (("always", True), ("never", False)):
        trainer = trainer_of(config_of(Path(data), train__sampling=sampling))
        faults: list[int] = []
        trainer.on_batch = lambda done, total, to=faults: to.append(fewest_faults())
        next(trainer.epochs())
        assert faults
        assert all((count < usual / 4) == kept for count in faults), (sampling, faults)
        assert fewest_faults() > usual / 2


def in_a_process_of_its_own(call: str) -> None:
    """Another test's memory may be free in this one."""
    subprocess.run([sys.executable, "-c", f"from {__name__} import *; {call}"], check=True, timeout=120)


@pytest.mark.parametrize("error", ["", "a step failed"])
def test_freed_memory_is_used_again_and_given_back_at_the_end(error: str) -> None:
    in_a_process_of_its_own(f"check({error!r})")


def test_a_training_keeps_memory_while_it_steps_on_drawn_neighbours(tiny_data: Path) -> None:
    in_a_process_of_its_own(f"check_training({str(tiny_data)!r})")
