"""The search section: the best candidates of every entity, both ways, by all pairs and by an index, at growing size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pmf.alignment.search.approximate import CANDIDATES, NearSimilarities, memory_bytes, too_many
from pmf.alignment.search.index import installed
from pmf.alignment.search.similarity import Similarities
from pmf.alignment.search.tiles import nearest_by_tiles
from pmf.benchmarks import flops
from pmf.benchmarks.machine import measure_ceilings
from pmf.benchmarks.request import Request
from pmf.benchmarks.stopwatch import Stopwatch
from pmf.config.evaluation import EvaluationConfig
from pmf.training.loop.device import resolve_device

_WHOLE = 50_000
"""Entities of a graph up to which all of them search exactly; of more, a sample does."""

_SAMPLE = 20_000

_DTYPE = "float32"
"""That a search multiplies in; a first look may be less exact, but every score is of this."""

_LINKED = 0.75

_DECAY = 0.45
"""The i-th principal component deviates by i^-0.45: fits DBP15K's fused embeddings after 12 epochs."""

_KIND, _ALIKE = 30, 0.6
"""Entities of a kind on a side, and the share of their variance that is the kind's: gives the tenth best of another
graph a cosine of about 0.55, as there."""

_NOISE = 0.8
"""Of a counterpart, in units of what it is a counterpart of: a cosine of about 0.78."""


def search_row(request: Request) -> dict[str, Any]:
    """Top-k between two sides of drawn pairs as wide as fused embeddings, exact and by an index, ready for JSON.

    `queries` says among how many of either side was searched exactly, in both directions: by blocks, or by tiles where
    all of them would be more than `evaluation.exact_pairs`. `index` is None where there is none, on a GPU or without
    its library, else its seconds for all entities of both sides, and its recall on a sample of each.

    Raises:
        PMFError: settings or a device that cannot be used.
    """
    config = request.config()
    device, search = resolve_device(config.device), config.evaluation
    half, width = request.size // 2, config.model.width * len(config.modalities)
    source, target = (side.to(device) for side in planted_pairs(half, width, config.seed))
    some = half if half <= _WHOLE else _SAMPLE
    watch = Stopwatch(device, request.repeat) if half <= _WHOLE else Stopwatch(device, 1, warmup=0)
    by_tiles = too_many(half, half, search, device)
    measured = watch(
        "exact search",
        flops.similarities(s=some, t=some, d=width),
        lambda _: _exact(source[:some], target[:some], search, by_tiles=by_tiles),
    )
    indexed = _indexed(source, target, search, watch) if device.type == "cpu" and installed() else None
    ceilings = measure_ceilings(device, request.repeat)
    row: dict[str, Any] = {
        "entities": 2 * half,
        "width": width,
        "k": search.top_k,
        "precision": _DTYPE,
        "device": device.type,
    }
    row |= {"queries": some, "index": indexed}
    return row | {"ceilings": ceilings.peaks(_DTYPE), **ceilings.rate(measured, _DTYPE)}


def _exact(source: Tensor, target: Tensor, config: EvaluationConfig, *, by_tiles: bool) -> None:
    """The best candidates in both directions."""
    if by_tiles:
        bias = source.new_zeros(len(source)), target.new_zeros(len(target))
        nearest_by_tiles(source, target, CANDIDATES, bias=bias)
    else:
        nobody = torch.empty(0, 2, dtype=torch.int64, device=target.device)
        Similarities(source, target, memory_bytes(config)).rank(nobody, config.top_k)


def _indexed(source: Tensor, target: Tensor, config: EvaluationConfig, watch: Stopwatch) -> dict[str, Any]:
    """Seconds and recall of an index, made and asked for the best of both sides."""
    results: list[NearSimilarities] = []

    def search(_: object) -> None:
        results[:] = [NearSimilarities(source, target, replace(config, index_pairs=0))]
        results[0].rank(torch.empty(0, 2, dtype=torch.int64), config.top_k)

    measured = watch("index", flops.similarities(s=0, t=0, d=0), search)
    return {
        "seconds_min": measured.seconds_min,
        "seconds_median": measured.seconds_median,
        "recall": results[0].recall(min(config.top_k, len(source))),
        "peak_memory_bytes": measured.peak_memory_bytes,
    }


def planted_pairs(n: int, width: int, seed: int) -> tuple[Tensor, Tensor]:
    """Unit rows `[n, width]` of both sides; three quarters have a counterpart in the other side's same row.

    They are drawn in kinds, and with a spectrum, like those of trained embeddings: rows drawn evenly from all
    directions have no neighbours that an index could find, nor has anybody use for them.
    """
    generator = torch.Generator().manual_seed(seed)
    deviation = torch.arange(1, width + 1).pow(-_DECAY)
    kinds = torch.randn(max(1, n // _KIND), width, generator=generator).mul_(deviation * _ALIKE**0.5)
    linked = int(_LINKED * n)
    sides: list[Tensor] = []
    for _ in range(2):
        rows = torch.randn(n, width, generator=generator).mul_(deviation)
        if sides:
            rows[:linked].mul_(_NOISE).add_(sides[0][:linked])
        for part in torch.arange(linked if sides else 0, n).split(_KIND * 1000):
            rows[part] = rows[part] * (1 - _ALIKE) ** 0.5 + kinds[part % len(kinds)]
        sides.append(rows)
    source, other = sides
    return functional.normalize(source, out=source), functional.normalize(other, out=other)
