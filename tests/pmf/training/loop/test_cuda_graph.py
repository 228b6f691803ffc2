"""Steps that are recorded and repeated: what they lead to is the same as when each is worked out anew.

Only the recording itself needs a GPU. Here work is recorded by doing it again, into the same memory, as a GPU does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from pmf.training.loop.cuda_graph import Replay
from pmf.training.loop.stepper import Stepper
from tests.pmf.training.loop.test_trainer import config_of, run, same, trainer_of


class Recorder:
    """Counts what it records, and what it repeats."""

    def __init__(self) -> None:
        self.recorded = self.repeated = 0

    def __call__(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        result = work()
        self.recorded += 1
        for tensor in _tensors(result):
            tensor.fill_(torch.nan)  # nothing is there before the first repetition

        def again() -> None:
            self.repeated += 1
            for old, new in zip(_tensors(result), _tensors(work()), strict=True):
                old.copy_(new)

        return result, again


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def test_a_replayed_training_is_the_same_to_the_last_bit(tiny_data: Path) -> None:
    plain, replayed = (
        trainer_of(config_of(tiny_data, train__batch_size="7", train__selection="last")) for _ in range(2)
    )
    recorder = Recorder()
    replayed.stepper.gradient = Replay(replayed.model.parameters(), recorder)
    ours, theirs = run(plain), run(replayed)
    assert same(plain, replayed)
    assert [report.losses for report in ours] == [report.losses for report in theirs]
    assert plain.state.frozen.any()  # what is frozen changes between the epochs, and a replay sees it
    # both objectives, whole batches and the rest; stage 1 of five epochs, then three with both objectives
    seeds, per_pass = len(plain.seeds), -(-len(plain.seeds) // 7)
    assert seeds % 7
    assert (recorder.recorded, recorder.repeated) == (4, (5 + 2 * 3) * per_pass)


def test_few_recordings_are_kept(tiny_data: Path) -> None:
    trainer, recorder = trainer_of(config_of(tiny_data)), Recorder()
    replay, seeds = Replay(trainer.model.parameters(), recorder), torch.from_numpy(trainer.seeds)
    for size in (3, 4, 5, 6, 6, 7, 4, 3):
        replay(trainer.model.cross_graph, seeds[:size], trainer.state)
    assert recorder.recorded == 6  # 4 was still there, 3 was not


def test_only_steps_that_are_alike_are_replayed(tiny_data: Path) -> None:
    steady = trainer_of(config_of(tiny_data, train__cuda_graphs="true"))
    assert steady.model.steady
    assert not isinstance(steady.stepper.gradient, Replay)  # not on a CPU
    assert not trainer_of(config_of(tiny_data, train__sampling="always")).model.steady
    assert not trainer_of(config_of(tiny_data, model__attention="gatconv")).model.steady
    steady.model.rejected = torch.tensor([[0, 70]])
    assert not steady.model.steady


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_replays_what_it_would_work_out(tiny_data: Path) -> None:
    trainer = trainer_of(config_of(tiny_data, train__cuda_graphs="true"), device="cuda")
    seeds = torch.from_numpy(trainer.seeds).cuda()
    replay = Stepper(trainer.model, trainer.config.train).gradient
    assert isinstance(replay, Replay)
    for batch in (seeds[:20], seeds[20:40]):
        loss, _ = replay(trainer.model.cross_graph, batch, trainer.state)
        replayed = [p.grad.clone() for p in trainer.model.parameters() if p.grad is not None]
        trainer.model.zero_grad()
        plain, _ = trainer.model.cross_graph(batch, trainer.state)
        plain.backward()
        torch.testing.assert_close(loss, plain.detach())
        torch.testing.assert_close(replayed, [p.grad for p in trainer.model.parameters() if p.grad is not None])
