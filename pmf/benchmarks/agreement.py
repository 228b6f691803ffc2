"""Whether a device finds what the CPU finds, on the bundled pair: each check compares two trainers of the same start.

On a CPU the same checks compare it with itself, in other blocks and by the products that a GPU makes.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates
from pmf.benchmarks.request import Request
from pmf.benchmarks.step_memory import Held, step_memory
from pmf.config.config import Config
from pmf.model.encoders import SparseEncoder
from pmf.training.inputs import TrainingInputs, read_data, training_inputs
from pmf.training.loop import checkpoint
from pmf.training.loop.device import resolve_device
from pmf.training.loop.trainer import Trainer

_SMALL = {
    "data": "demo",
    "modalities": "structure,relation,attribute,image,char",
    "model.width": "64",
    "train.epochs": "4",
    "train.freeze_epochs": "3",
    "train.batch_size": "200",
    "train.evaluate_every": "4",
    "train.selection": "last",
    "train.sampling": "never",
    "train.precision": "float32",
    "freezing.start_epoch": "1",
    "freezing.every": "1",
    "evaluation.decode": "csls",
}
_SMALL_BLOCKS = {"evaluation.memory_mb": "1"}
_BEFORE = 2
"""Epochs after which a training is stopped and resumed, and after which two devices are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that two ways of computing should agree on.

    Args:
        what: it is.
        found: how far they are apart; NaN where one of them is not finite.
        allowed: how far they may be.
    """

    what: str
    found: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether that is near enough."""
        return self.found <= self.allowed


class Sides:
    """Makes trainers of one start: on the CPU, and on the device that is looked at.

    Args:
        request: its device and preset; the data are the bundled ones.
    """

    def __init__(self, request: Request) -> None:
        self.config = request.config(_SMALL)
        self.device = resolve_device(self.config.device)
        self.inputs: TrainingInputs = training_inputs(self.config, read_data(self.config))

    def plain(self) -> Trainer:
        """On the CPU, as it usually computes."""
        return Trainer(self.config, self.inputs, torch.device("cpu"))

    def other(self) -> Trainer:
        """On the device; on a CPU in small blocks and with the products that a GPU makes."""
        on_cpu = self.device.type == "cpu"
        config: Config = self.config.with_settings(_SMALL_BLOCKS) if on_cpu else self.config
        trainer = Trainer(config, self.inputs, self.device)
        for encoder in trainer.model.encoders.values():
            if isinstance(encoder, SparseEncoder):
                encoder.whole = True
        return trainer

    def both(self) -> tuple[Trainer, Trainer]:
        """After some epochs on the CPU, in which something froze: as it stands there, and taken over by the device."""
        plain, other = self.plain(), self.other()
        run(plain, _BEFORE)
        other.resume(*plain.checkpoint())
        return plain, other


def run(trainer: Trainer, until: int) -> list[dict[str, float]]:
    """Train until an epoch has begun; each epoch's losses."""
    losses = []
    for report in trainer.epochs():
        losses.append(report.losses)
        if trainer.next_epoch == until:
            break
    return losses


def losses_and_gradients(sides: Sides) -> Iterator[Difference]:
    """Of a batch in both objectives, with the same weights."""
    plain, other = sides.both()
    batch = torch.from_numpy(plain.seeds[:200])
    for objective in ("cross_graph", "cross_modality"):
        sums = []
        for trainer in (plain, other):
            trainer.model.zero_grad()
            loss, parts = getattr(trainer.model, objective)(batch.to(trainer.device), trainer.state)
            loss.backward()
            sums.append({"loss": loss.detach()} | parts)
        for name, value in sums[0].items():
            yield Difference(what=f"{objective} {name}", found=_apart(value, sums[1][name]), allowed=1e-4)
        gradients = dict(other.model.named_parameters())
        for name, parameter in plain.model.named_parameters():
            if parameter.grad is not None:
                found = _apart(parameter.grad, gradients[name].grad)
                yield Difference(what=f"{objective} gradient of {name}", found=found, allowed=2e-3)


def relevance(sides: Sides) -> Iterator[Difference]:
    """Of every feature, by embeddings that each makes itself."""
    plain, other = sides.both()
    ours, theirs = (trainer.meter(trainer.model.embed_all()).cpu() for trainer in (plain, other))
    for m, name in enumerate(sides.config.modalities):
        unscored = int((ours[m].isnan() != theirs[m].isnan()).sum())
        yield Difference(what=f"entities that only one of them scores by {name}", found=unscored, allowed=0)
        yield Difference(what=f"relevance by {name}", found=_largest(ours[m].nan_to_num(), theirs[m]), allowed=1e-4)


def ranks(sides: Sides) -> Iterator[Difference]:
    """Of the test links by CSLS, in both directions; where scores are nearly equal, two may change places."""
    plain, other = sides.both()
    pool = Candidates.test(plain.split, "open", plain.n_source, len(sides.inputs.pair))
    found = []
    for trainer in (plain, other):
        scores = pool.scores(trainer.fused(), trainer.config.evaluation)
        truth = pool.rows(pool.truth).to(trainer.device)
        found.append([(one.greater + one.equal / 2).cpu() for one in scores.rank(truth, 0)])
    for direction, ours, theirs in zip(("source to target", "target to source"), *found, strict=True):
        changed = float((ours != theirs).float().mean())
        yield Difference(what=f"share of ranks that differ, {direction}", found=changed, allowed=0.02)
        hits = [float((side < 1).float().mean()) for side in (ours, theirs)]
        yield Difference(what=f"Hits@1, {direction}", found=abs(hits[0] - hits[1]), allowed=0.005)


def training(sides: Sides) -> Iterator[Difference]:
    """The losses of whole epochs, which freeze, and what is frozen at the end; small differences grow on the way."""
    plain, other = sides.plain(), sides.other()
    total = sides.config.train.total_epochs
    for epoch, (ours, theirs) in enumerate(zip(run(plain, total), run(other, total), strict=True)):
        for name, value in ours.items():
            apart = _apart(torch.tensor(value), torch.tensor(theirs[name]))
            yield Difference(what=f"loss {name} of epoch {epoch}", found=apart, allowed=0.02)
    differ = float((plain.state.frozen != other.state.frozen.cpu()).float().mean())
    yield Difference(what="share of features that only one of them froze", found=differ, allowed=0.02)


def resume(sides: Sides) -> Iterator[Difference]:
    """A training on the device, stopped, stored in a file and resumed, against one that went on.

    A GPU adds in another order each time, so weights may differ a little.
    """
    straight, stopped, again = sides.other(), sides.other(), sides.other()
    total = sides.config.train.total_epochs
    run(straight, total)
    run(stopped, _BEFORE)
    with tempfile.TemporaryDirectory(prefix="pmf-resume-") as folder:
        path = Path(folder, "last.safetensors")
        checkpoint.save(path, *stopped.checkpoint())
        again.resume(*checkpoint.load(path))
    run(again, total)
    resumed = dict(again.model.named_parameters())
    allowed = 0.0 if sides.device.type == "cpu" else 0.02
    for name, parameter in straight.model.named_parameters():
        found = _apart(parameter.detach(), resumed[name].detach())
        yield Difference(what=f"weights {name}", found=found, allowed=allowed)
    differ = float((straight.state.frozen != again.state.frozen).float().mean())
    yield Difference(what="share of features that only one of them froze", found=differ, allowed=allowed)


def memory(sides: Sides) -> Iterator[Difference]:
    """What a step takes beyond what is kept: as fake tensors have it, against the real one.

    What kernels take for themselves is not computed.
    """
    computed = step_memory(sides.plain())
    trainer = sides.other()
    batch = torch.from_numpy(trainer.seeds[: sides.config.train.batch_size]).to(trainer.device)
    for objective in [name for name in computed if name != "kept"]:
        real = _taken(trainer, objective, batch)
        apart = abs((computed[objective] - computed["kept"]) / real - 1)
        yield Difference(what=f"memory of a {objective} step, computed and real", found=apart, allowed=0.2)


def _taken(trainer: Trainer, objective: str, batch: Tensor) -> int:
    """Bytes that a step takes at most and gives back, gradients included."""

    def step() -> None:
        work = getattr(trainer.model, objective)
        trainer.stepper(work, batch, trainer.state, 100, trainer.generator)

    step()  # makes moments and what libraries keep
    trainer.stepper.optimizer.zero_grad(set_to_none=True)
    if trainer.device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before: int = torch.cuda.memory_allocated()
        step()
        most: int = torch.cuda.max_memory_allocated()
        return most - before
    held = Held()
    with held:
        step()
    return held.largest


def _apart(one: Tensor, other: Tensor | None) -> float:
    """The length of the difference, against that of the first; NaN where something is not finite or missing."""
    if other is None:
        return math.nan
    one, other = one.double().cpu(), other.double().cpu()
    return float((one - other).norm() / one.norm().clamp(min=1e-12))


def _largest(one: Tensor, other: Tensor) -> float:
    return float((one - other.nan_to_num()).abs().max())


CHECKS: dict[str, Callable[[Sides], Iterator[Difference]]] = {
    "losses and gradients": losses_and_gradients,
    "relevance": relevance,
    "ranks": ranks,
    "training": training,
    "resume": resume,
    "memory": memory,
}


def check(request: Request) -> dict[str, Any]:
    """The check that the request's `check` names, as `summary` tells it.

    Raises:
        PMFError: a device that is not there.
    """
    return summary(CHECKS[request.check](Sides(request)))


def summary(compared: Iterable[Difference]) -> dict[str, Any]:
    """What a check found, ready for JSON.

    Returns:
        `compared`: how many things; `worst`: the one that uses up most of what is allowed, in words; `found` and
        `allowed` of it; `disagrees`: a line on what disagrees, "" where nothing does.
    """
    differences = list(compared)
    worst = max(differences, key=lambda one: (not one.agrees, one.found / (one.allowed or 1e-12)))
    wrong = sum(not one.agrees for one in differences)
    problem = ""
    if wrong:
        problem = f"{worst.what} differs by {worst.found:.2g}, allowed {worst.allowed:.2g}"
        problem += f"; and {wrong - 1} more" if wrong > 1 else ""
    found = worst.found if math.isfinite(worst.found) else None
    return {
        "compared": len(differences),
        "worst": worst.what,
        "found": found,
        "allowed": worst.allowed,
        "disagrees": problem,
    }
