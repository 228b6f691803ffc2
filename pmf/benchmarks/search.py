"""The search section: the best candidates of every entity, both ways, at growing size."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from pmf.alignment.similarity import Similarities, rank
from pmf.benchmarks import work
from pmf.benchmarks.machine import measure_ceilings
from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import set_precision
from pmf.benchmarks.stopwatch import Stopwatch
from pmf.training.run import resolve_device


def search_row(request: Request) -> dict[str, Any]:
    """Exact top-k between two halves of random unit rows as wide as fused embeddings, ready for JSON.

    Raises:
        PMFError: settings or a device that cannot be used.
    """
    config = request.config()
    device, dtype = resolve_device(config.device), config.train.precision
    set_precision(config)
    half, width, k = request.size // 2, config.model.width * len(config.modalities), config.evaluation.top_k
    generator = torch.Generator().manual_seed(config.seed)
    rows = functional.normalize(torch.randn(2 * half, width, generator=generator)).to(device)
    nobody = torch.empty(0, 2, dtype=torch.int64, device=device)
    watch = Stopwatch(device, request.repeat)
    measured = watch(
        "exact search by blocks",
        work.similarities(s=half, t=half, d=width),
        lambda _: rank(Similarities(rows[:half], rows[half:]), nobody, k),
    )
    ceilings = measure_ceilings(device, request.repeat)
    row = {"entities": 2 * half, "width": width, "k": k, "precision": dtype, "device": device.type}
    return row | {"ceilings": ceilings.peaks(dtype), **ceilings.rate(measured, dtype)}
