"""Sections one after the other, each in a process of its own: no other's memory counts as its peak."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pmf.benchmarks.request import Request
from pmf.errors import UnfinishedError
from pmf.processes import ask
from pmf.progress import step, tell


def measure(request: Request, seconds: float | None = None) -> dict[str, Any]:
    """What one section says, measured in a new process.

    Args:
        request: which section, and how.
        seconds: the longest it may take, None for no limit.

    Raises:
        UnfinishedError: it took longer, or ended without an answer.
        PMFError: what the section itself found wrong.
    """
    with step(f"measuring {request.section.replace('_', ' ')}"):
        return ask("pmf.benchmarks.worker", asdict(request), request.section, seconds)


def measure_sizes(request: Request, sizes: Sequence[int], seconds: float) -> dict[str, Any]:
    """One section at growing size, until the time for all of them is up.

    Args:
        request: "growth", "search" or "ranks".
        sizes: entities of both graphs together.
        seconds: for all sizes.

    Returns:
        `rows`, one a size; `limit_seconds`; `stopped`: at which size it ended and why, None after all of them.

    Raises:
        PMFError: what the section itself found wrong.
    """
    deadline = time.monotonic() + seconds
    rows: list[dict[str, Any]] = []
    stopped = None
    for done, size in enumerate(sorted(sizes)):
        tell(request.section, done, len(sizes))
        try:
            rows.append(measure(replace(request, size=size), max(0.0, deadline - time.monotonic())))
        except UnfinishedError as error:
            stopped = f"{size:,} entities: {error}"
            break
    else:
        tell(request.section, len(sizes), len(sizes))
    return {"rows": rows, "limit_seconds": seconds, "stopped": stopped}
