"""The growth section: an epoch on drawn pairs of growing size."""

from __future__ import annotations

from typing import Any

from pmf.benchmarks.epoch import schedule
from pmf.benchmarks.machine import measure_ceilings
from pmf.benchmarks.model_flops import ModelOperations
from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import describe, structure_of, synthetic_like_dbp15k, trainer_of
from pmf.benchmarks.stopwatch import Stopwatch
from pmf.training.loop.device import precision_of


def growth_row(request: Request) -> dict[str, Any]:
    """Epochs of stage 1 without freezing, at one size and without a warm-up, ready for JSON.

    `steps` grows with the seed links, and so with the size; `seconds_per_million` is the fastest epoch over a
    million entities and edges; `fanout` is None where each step computes all entities.

    Raises:
        PMFError: settings or a device that cannot be used, or a size with too few links.
    """
    config = request.config(schedule(request.repeat))
    pair = synthetic_like_dbp15k(request.size)
    trainer = trainer_of(config, pair)
    epochs = trainer.epochs()
    watch = Stopwatch(trainer.device, request.repeat, warmup=0)
    measured = watch("epoch of stage 1", ModelOperations(trainer).epoch(), lambda _: next(epochs))
    ceilings, dtype = measure_ceilings(trainer.device, request.repeat), precision_of(config.train, len(pair))
    row = describe(trainer, pair)
    size = row["entities"] + row["edges"]
    return row | {
        "fanout": structure_of(trainer).fanout,
        "steps": -(-row["seed_links"] // config.train.batch_size),
        "seconds_per_million": measured.seconds_min / size * 1e6,
        "ceilings": ceilings.peaks(dtype),
        **ceilings.rate(measured, dtype),
    }
