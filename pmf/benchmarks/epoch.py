"""The epoch section: the parts of a stage-1 epoch, each on its own, then steps and epochs as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates, evaluate
from pmf.benchmarks.flops import Operations
from pmf.benchmarks.machine import measure_ceilings
from pmf.benchmarks.model_flops import ModelOperations
from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import describe, pair_of, structure_of, trainer_of
from pmf.benchmarks.stopwatch import Measurement, Stopwatch
from pmf.freezing.fusion import block_weights, fuse
from pmf.model.contrast import cross_graph_losses
from pmf.model.losses import anchor_weights
from pmf.precision import multiplying
from pmf.training.loop.device import precision_of
from pmf.training.loop.optimizer import clip_gradients
from pmf.training.loop.trainer import Trainer

_EVALUATION = "evaluation, both directions, CSLS"
"""Always of float32, whatever training multiplies in."""


def epoch_section(request: Request) -> dict[str, Any]:
    """Every part of training and evaluation, ready for JSON.

    Raises:
        PMFError: settings, data or a device that cannot be used.
    """
    config = request.config(schedule(request.repeat))
    pair = pair_of(config)
    trainer = trainer_of(config, pair)
    rows = list(measure_parts(trainer, Stopwatch(trainer.device, request.repeat)))
    ceilings = measure_ceilings(trainer.device, request.repeat)
    dtype = precision_of(config.train, len(pair))
    rated = [ceilings.rate(row, "float32" if row.part == _EVALUATION else dtype) for row in rows]
    return describe(trainer, pair) | {"ceilings": ceilings.peaks(dtype), "rows": rated}


def schedule(repeat: int) -> dict[str, str]:
    """Settings of a stage 1 that goes on for long enough and evaluates nothing of its own accord.

    The first half of its epochs, a warm-up among them, measures no relevance, every one of the other half does.
    """
    half = repeat + 1
    long = str(2 * half + 1)
    return {
        "freezing.enabled": "true",
        "freezing.start_epoch": str(half),
        "freezing.every": "1",
        "train.epochs": long,
        "train.freeze_epochs": long,
        "train.iterative_epochs": "0",
        "train.evaluate_every": long,
        "train.selection": "last",
        "evaluation.decode": "csls",
    }


def measure_parts(trainer: Trainer, watch: Stopwatch) -> Iterator[Measurement]:
    """All rows of the table, in the order of an epoch.

    The guard (`pmf.freezing.rules.guard`), where the config has one, counts in the seconds of the epoch that freezes
    alone, and in nobody's operations.

    Args:
        trainer: new; its config's schedule is `schedule(watch.repeat)`.
        watch: with one warm-up run.
    """
    operations = ModelOperations(trainer)
    trainer.propagate(trainer.seeds)
    links = torch.from_numpy(trainer.seeds[: trainer.config.train.batch_size]).to(trainer.device)
    with multiplying(precision_of(trainer.config.train, len(trainer.pair))):
        yield from _encoders(trainer, operations, watch, links)
        yield from _losses(trainer, operations, watch, links)
        yield from _step(trainer, operations, watch, links)
    yield from _scoring(trainer, operations, watch)
    epochs = trainer.epochs()
    relevance = operations.embedding() + operations.relevance(trainer.model.embed_all().shape[-1])
    yield watch("epoch of stage 1", operations.epoch(), lambda _: next(epochs))
    yield watch("epoch of stage 1 that freezes", operations.epoch() + relevance, lambda _: next(epochs))


def _encoders(trainer: Trainer, operations: ModelOperations, watch: Stopwatch, links: Tensor) -> Iterator[Measurement]:
    structure, rows = structure_of(trainer), links.T.flatten()
    weights: list[Tensor] = list(structure.parameters())
    yield from _both_ways("structure encoder", operations.structure(rows), watch, weights, lambda: [structure(rows)])
    layer, x, graph = structure.layers[0], structure.table, structure.graph
    weights = [x, *layer.parameters()]
    yield from _both_ways("attention, one layer", operations.attention(), watch, weights, lambda: [layer(x, graph)])
    encoders = [encoder for encoder in trainer.model.encoders.values() if encoder is not structure]
    if encoders:
        weights = [p for encoder in encoders for p in encoder.parameters()]
        yield from _both_ways(
            "feature encoders", operations.features(rows), watch, weights, lambda: [e(rows) for e in encoders]
        )


def _losses(trainer: Trainer, operations: ModelOperations, watch: Stopwatch, links: Tensor) -> Iterator[Measurement]:
    rows, config = links.T.flatten(), trainer.config
    embedded = trainer.model(rows).detach().requires_grad_()
    fusion = block_weights(trainer.state, config.freezing.fusion_weight, "cosine")[:, rows]
    has_any = (fusion > 0).any(dim=0, keepdim=True)
    present = torch.cat([trainer.state.active[:, rows], has_any])
    anchor = anchor_weights(present, present)
    yield from _both_ways(
        "contrastive losses",
        operations.losses(len(links)),
        watch,
        [embedded],
        lambda: [cross_graph_losses(embedded, fusion, anchor, config.loss.temperature)],
    )


def _step(trainer: Trainer, operations: ModelOperations, watch: Stopwatch, links: Tensor) -> Iterator[Measurement]:
    model, optimizer = trainer.model, trainer.stepper.optimizer

    def update(_: object) -> None:
        clip_gradients(model.parameters(), trainer.config.train.gradient_clip)
        optimizer.step()

    def step(_: object) -> None:
        optimizer.zero_grad(set_to_none=True)
        model.cross_graph(links, trainer.state)[0].backward()
        update(None)

    yield watch("training step", operations.step(links), step)
    yield watch(
        "clipping and AdamW", operations.optimizer(links.flatten()), update
    )  # on the gradients of the last step


def _scoring(trainer: Trainer, operations: ModelOperations, watch: Stopwatch) -> Iterator[Measurement]:
    model, config = trainer.model, trainer.config
    yield watch("embedding every entity", operations.embedding(), lambda _: model.embed_all())
    embeddings = model.embed_all()
    width = embeddings.shape[-1]
    with multiplying(precision_of(config.train, len(trainer.pair))):
        yield watch("relevance (freezing)", operations.relevance(width), lambda _: trainer.meter(embeddings))
    fused = fuse(embeddings, trainer.weight(), in_place=True)
    pool = Candidates.test(trainer.split, config.evaluation.scope, trainer.n_source, len(fused))
    needed = operations.evaluation(pool, fused.shape[1])
    yield watch(_EVALUATION, needed, lambda _: evaluate(fused, pool, config.evaluation))


def _both_ways(
    part: str,
    operations: tuple[Operations, Operations],
    watch: Stopwatch,
    inputs: list[Tensor],
    forward: Callable[[], list[Tensor]],
) -> Iterator[Measurement]:
    """A part forward, and then the gradients in `inputs` of the sum of all it gives."""

    def ready() -> tuple[list[Tensor], list[Tensor]]:
        outputs = forward()
        return outputs, [torch.ones_like(output) for output in outputs]

    yield watch(f"{part}, forward", operations[0], lambda _: forward())
    yield watch(f"{part}, backward", operations[1], lambda made: torch.autograd.grad(made[0], inputs, made[1]), ready)
