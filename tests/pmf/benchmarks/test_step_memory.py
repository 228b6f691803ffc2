"""The memory of a step, computed without values, against what PyTorch's allocator gives out in a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import synthetic_like_dbp15k, trainer_of
from pmf.benchmarks.step_memory import Held, kept, step_memory
from pmf.cli import main
from pmf.errors import ConfigError
from pmf.model.encoders import SparseEncoder
from pmf.training.loop.trainer import Trainer
from tests.commands import TINY

PAIR = synthetic_like_dbp15k(3000)


def new(preset: str = "published", **settings: str) -> Trainer:
    named = {"modalities": "structure,relation,attribute", "train.batch_size": "400", **settings}
    return trainer_of(Request(section="epoch", preset=preset, settings=named).config(), PAIR)


def measured(trainer: Trainer, objective: str) -> int:
    """The most that a step adds to what is kept, by PyTorch's own record of every piece that it gives out."""
    for encoder in trainer.model.encoders.values():
        if isinstance(encoder, SparseEncoder):
            encoder.whole = True  # as on a GPU
    batch = torch.from_numpy(trainer.seeds[:400])
    work = getattr(trainer.model, objective)
    trainer.stepper(work, batch, trainer.state, 100, trainer.generator)
    trainer.stepper.optimizer.zero_grad(set_to_none=True)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        trainer.stepper(work, batch, trainer.state, 100, trainer.generator)
    now = largest = 0
    for event in seen.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            largest = max(largest, now)
    return largest


@pytest.mark.parametrize("preset", ["published", "default"])
def test_the_computed_peak_of_a_step_is_the_measured_one_within_five_per_cent(preset: str) -> None:
    computed = step_memory(new(preset))
    assert set(computed) == {"kept", "cross_graph", "cross_modality"}
    assert computed["kept"] > 3 * 4 * 300 * len(PAIR)  # the table and its two moments
    for objective in ("cross_graph", "cross_modality"):
        assert computed[objective] - computed["kept"] == pytest.approx(measured(new(preset), objective), rel=0.05)


def test_what_nobody_holds_counts_no_more_and_views_count_once() -> None:
    with Held() as held:
        one = torch.zeros(1000)
        view = one[10:].view(-1, 10)
        assert held.now == 4000
        del one
        assert held.now == 4000
        total = view.sum() + torch.ones(1000).sum()
        del view
        assert (held.now, held.largest) == (total.untyped_storage().nbytes(), 8008)


def test_what_is_kept_is_counted_before_the_first_step() -> None:
    trainer, held = new(), Held()
    held.take(kept(trainer))
    numbers = sum(t.numel() * t.element_size() for t in kept(trainer))
    assert held.now == numbers


def test_drawn_neighbours_are_not_guessed_at() -> None:
    with pytest.raises(ConfigError, match="drawn neighbours"):
        step_memory(new(**{"train.sampling": "always"}))


def test_the_command_says_it(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--part", "memory", "--data", str(tiny_data), *TINY, "--set", "modalities=structure,relation"]
    assert main([*arguments, "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("MEMORY  tiny")
    assert ": 128 entities" in printed
    assert printed.count(" GB at most in a step of ") == 2
