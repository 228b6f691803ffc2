"""Training, freezing and evaluation with tensors that say they lie on a GPU: nothing on a CPU gets among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates, evaluate
from pmf.benchmarks import agreement
from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import synthetic_like_dbp15k
from pmf.benchmarks.step_memory import take_values
from pmf.config.config import Config
from pmf.freezing.state import FreezingState
from pmf.runs.reader import RunReader
from pmf.training.inputs import training_inputs
from pmf.training.loop.stepper import Objective
from pmf.training.loop.trainer import Trainer
from pmf.training.run import train
from tests.pmf.fake_gpu import GPU, Waits, fake_gpu, for_real, needs_cuda_build

pytestmark = needs_cuda_build

EPOCHS = {
    "modalities": "structure,relation,attribute",
    "train.epochs": "4",
    "train.freeze_epochs": "2",
    "train.iterative_epochs": "1",
    "train.evaluate_every": "1",
    "train.batch_size": "200",
    "freezing.start_epoch": "1",
    "freezing.every": "1",
    "evaluation.decode": "csls",  # to decide one to one goes on for as long as the values say
}
PRESETS = ("published", "paper", "default")
PAIR = synthetic_like_dbp15k(2000)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[Waits]:
    with fake_gpu(monkeypatch) as waits:
        yield waits


def config_of(preset: str, **settings: str) -> Config:
    named = EPOCHS | {name.replace("__", "."): value for name, value in settings.items()}
    return Request(section="epoch", preset=preset, settings=named).config()


def trainer_of(preset: str) -> Trainer:
    config = config_of(preset)
    return Trainer(config, for_real(training_inputs)(config, PAIR), GPU)


def steps(trainer: Trainer, before: Callable[[Tensor, FreezingState], object] = lambda batch, state: None) -> None:
    """Two steps of each objective, the first of which makes the optimiser's state; `before` is done in each."""
    batch = torch.from_numpy(trainer.seeds[:16]).to(GPU)
    for objective in (trainer.model.cross_graph, trainer.model.cross_modality):

        def whole(batch: Tensor, state: FreezingState, objective: Objective = objective) -> Any:
            before(batch, state)
            return objective(batch, state)

        for _ in range(2):
            trainer.stepper(whole, batch, trainer.state, 100, trainer.generator)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_step_waits_for_nothing_and_keeps_to_its_device(preset: str, waits: Waits) -> None:
    trainer = trainer_of(preset)
    waits.names.clear()
    steps(trainer)
    assert waits.names == ["_to_copy"]  # of the batch, before the steps
    gradients = [p.grad for p in trainer.model.parameters() if p.grad is not None]
    assert len(gradients) > 8
    assert all(gradient.is_cuda for gradient in gradients)


WAITING = {
    "a number": lambda batch: batch.sum().item(),
    "a decision": lambda batch: bool((batch > 0).all()),
    "a list": lambda batch: batch[0].tolist(),
    "places": lambda batch: (batch > 3).nonzero(),
    "a mask": lambda batch: batch[batch > 3],
    "a mask to write by": lambda batch: batch.clone().index_put_((batch > 3,), batch.new_zeros(())),
    "what is unique": lambda batch: batch.unique(),
    "as many each": lambda batch: batch[:, 0].repeat_interleave(batch[:, 0]),
    "a copy to the CPU": lambda batch: batch.cpu(),
    "a copy to the GPU": lambda batch: torch.ones(3).to(batch.device),
    "numbers for the GPU": lambda batch: batch.new_tensor([3]),
    "places on the CPU": lambda batch: batch[torch.arange(3)],
}


@pytest.mark.parametrize("what", WAITING)
def test_a_step_that_waits_is_noticed(what: str, waits: Waits) -> None:
    trainer = trainer_of("published")
    waits.names.clear()
    steps(trainer, lambda batch, state: WAITING[what](batch))
    assert len(waits.names) >= 1 + 4  # in each step


def test_a_tensor_of_the_cpu_among_those_of_the_gpu_is_noticed(waits: Waits) -> None:
    trainer = trainer_of("published")
    with pytest.raises(RuntimeError, match="cuda:0 and cpu"):
        steps(trainer, lambda batch, state: state.weight * torch.ones(state.weight.shape))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_whole_run(preset: str, waits: Waits, tmp_path: Path) -> None:
    """Rules, both objectives, relevance and freezing, new links, figures, predictions, what validation links say."""
    results = train(config_of(preset, train__project="false"), tmp_path, pair=PAIR)
    run = RunReader(tmp_path)
    assert set(results["single_modality"]) == {"structure", "relation", "attribute"}
    assert [report["stage"] for report in run.epoch_reports()] == [1, 1, 2, 2, 3]
    assert [report["measured"] for report in run.epoch_reports()] == [False, True, False, False, False]
    assert len(run.predictions())


def test_a_training_goes_on_from_a_checkpoint_of_the_cpu(waits: Waits) -> None:
    trainer = trainer_of("default")
    steps(trainer)
    tensors, meta = trainer.checkpoint()
    again = trainer_of("default")
    again.resume({name: tensor.cpu() for name, tensor in tensors.items()}, meta)
    steps(again)
    assert {t.device.type for t in again.stepper.moments[0].values()} == {"cuda"}


def test_relevance_and_evaluation_wait_seldom(waits: Waits) -> None:
    """However many entities and blocks there are, but for what looks at each block."""
    trainer = trainer_of("published")
    embeddings = trainer.embed_all()
    waits.names.clear()
    relevance = trainer.meter(embeddings)
    assert relevance.is_cuda
    assert waits.names == ["index"] * 2 * len(relevance)  # who has the modality, on either side
    fused = trainer.fused()
    pool = Candidates.test(trainer.split, "closed", trainer.n_source, len(PAIR))
    waits.names.clear()
    assert evaluate(fused, pool, trainer.config.evaluation).keys() == {"source_to_target", "target_to_source"}
    assert len(waits.names) < 30


@pytest.mark.parametrize("name", agreement.CHECKS)
def test_the_checks_of_a_gpu_keep_both_devices_apart(name: str, waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have run on no GPU yet; what they find here means nothing."""

    def plain(sides: agreement.Sides) -> Trainer:
        trainer = for_real(Trainer)(sides.config, sides.inputs, torch.device("cpu"))
        if name != "memory":  # which takes the values itself
            take_values(trainer, waits.mode)
        return trainer

    kept: list[Any] = []
    monkeypatch.setitem(agreement._SMALL, "rules.rounds", "0")  # on a CPU they search by sparse products
    monkeypatch.setattr(agreement, "resolve_device", lambda name: GPU)
    monkeypatch.setattr(agreement, "training_inputs", for_real(training_inputs))
    monkeypatch.setattr(agreement.Sides, "plain", plain)
    monkeypatch.setattr(agreement.checkpoint, "save", lambda path, tensors, meta: kept.append((tensors, meta)))
    monkeypatch.setattr(agreement.checkpoint, "load", lambda path: kept.pop())
    monkeypatch.setattr(agreement, "step_memory", for_real(agreement.step_memory))
    for function in ("synchronize", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, function, lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device=None: 2)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 1)
    sides = agreement.Sides(Request(section="check", preset="default"))
    found = list(agreement.CHECKS[name](sides))
    assert len(found) >= 2
    assert all(isinstance(one.found, float | int) for one in found)
