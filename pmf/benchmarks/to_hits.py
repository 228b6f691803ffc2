"""The to_hits section: seconds of training until the validation links are found well enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import describe, pair_of, trainer_of
from pmf.benchmarks.stopwatch import Stopwatch
from pmf.training.loop.device import resolve_device
from pmf.training.loop.memory import peak_memory_bytes


def to_hits_section(request: Request) -> dict[str, Any]:
    """Train until Hits@1 of the validation links is reached, looking after every epoch, or the schedule ends.

    Returns:
        What was trained; `wanted` and `best` Hits@1 (mean of both directions; by cosine, every entity but the seeds a
        candidate), `reached`, `epochs`; `seconds` of all these epochs and `train_seconds` without the evaluations,
        `setup_seconds` for data and model before them, and peak_memory_bytes. Ready for JSON.

    Raises:
        PMFError: settings, data or a device that cannot be used.
    """
    config = request.config({"train.selection": "validation", "train.evaluate_every": "1"})
    clock = Stopwatch(resolve_device(config.device), repeat=1)
    begin = clock.now()
    pair = pair_of(config)
    trainer = trainer_of(config, pair)
    start = clock.now()
    best = trained = 0.0
    for report in trainer.epochs():
        trained += report.train_seconds
        figures = report.metrics["validation"].values()
        best = max(best, float(np.mean([direction["hits@1"] for direction in figures])))
        if best >= request.hits:
            break
    return describe(trainer, pair) | {
        "wanted": request.hits,
        "reached": best >= request.hits,
        "best": best,
        "epochs": report.epoch + 1,
        "seconds": clock.now() - start,
        "train_seconds": trained,
        "setup_seconds": start - begin,
        "peak_memory_bytes": peak_memory_bytes(trainer.device),
    }
