"""Seconds of one part, the fastest and the median of several runs in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from pmf.benchmarks.flops import Operations
from pmf.training.loop.memory import peak_memory_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one part took and needs.

    Args:
        part: its name.
        seconds_min: fastest run.
        seconds_median: median run.
        operations: of one run.
        peak_memory_bytes: the most that the process, or its GPU, had taken by then.
    """

    part: str
    seconds_min: float
    seconds_median: float
    operations: Operations
    peak_memory_bytes: int


class Stopwatch:
    """Measures parts.

    Args:
        device: waited for before a clock is read.
        repeat: runs that count.
        warmup: runs before them that do not.
    """

    def __init__(self, device: torch.device, repeat: int, warmup: int = 1) -> None:
        self.device, self.repeat, self.warmup = device, repeat, warmup

    def __call__(
        self, part: str, operations: Operations, run: Callable[[Any], object], prepare: Callable[[], Any] = lambda: None
    ) -> Measurement:
        """Run a part as often as asked for.

        Args:
            part: its name.
            operations: what one run needs.
            run: the part; gets what `prepare` gave.
            prepare: what has to be there first, made anew for each run and not timed.
        """
        seconds = []
        for _ in range(self.warmup + self.repeat):
            ready = prepare()
            start = self.now()
            run(ready)
            seconds.append(self.now() - start)
        counted = seconds[self.warmup :]
        return Measurement(
            part=part,
            seconds_min=min(counted),
            seconds_median=statistics.median(counted),
            operations=operations,
            peak_memory_bytes=peak_memory_bytes(self.device),
        )

    def now(self) -> float:
        """Seconds on a clock, once all work given to the device is done."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()
