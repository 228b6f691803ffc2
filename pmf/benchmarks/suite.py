"""Sections one after the other, each in a process of its own: no other's memory counts as its peak."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pmf.benchmarks.request import Request
from pmf.bounded.json_files import parse_json
from pmf.errors import PMFError, UnfinishedError


def measure(request: Request, seconds: float | None = None) -> dict[str, Any]:
    """What one section says, measured in a new process.

    Args:
        request: which section, and how.
        seconds: the longest it may take, None for no limit.

    Raises:
        UnfinishedError: it took longer, or ended without an answer.
        PMFError: what the section itself found wrong.
    """
    command = [sys.executable, "-m", "pmf.benchmarks.worker"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; its arguments are fixed
            command, input=json.dumps(asdict(request)), capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnfinishedError(f"not done in the {seconds:.0f} s that were left") from None
    if done.returncode:
        raise UnfinishedError(f"{request.section} ended early: {_last_words(done)}")
    said: dict[str, Any] = parse_json(done.stdout)
    if "problem" in said:
        raise PMFError(said["problem"])
    return said


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == -signal.SIGKILL:
        return "killed, most likely because memory ran out"
    return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]


def measure_sizes(request: Request, sizes: Sequence[int], seconds: float) -> dict[str, Any]:
    """One section at growing size, until the time for all of them is up.

    Args:
        request: "growth" or "search".
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
    for size in sorted(sizes):
        try:
            rows.append(measure(replace(request, size=size), max(0.0, deadline - time.monotonic())))
        except UnfinishedError as error:
            stopped = f"{size:,} entities: {error}"
            break
    return {"rows": rows, "limit_seconds": seconds, "stopped": stopped}
