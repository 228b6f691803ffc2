"""The journey section: a whole training, from the command to the finished folder, and what each phase of it takes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from pmf.benchmarks.request import Request
from pmf.errors import PMFError, UnfinishedError
from pmf.runs.phases import begun, finished, measured
from pmf.runs.reader import RunReader

_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes that the system counts the largest memory of a process in."""


def journey(request: Request, *, quiet: bool, limit: float | None = None) -> dict[str, Any]:
    """Train by the command line, in a folder that goes away, and read from the run's log how long everything took.

    Args:
        request: the preset and the settings, `data` among them.
        quiet: whether the command leaves out its progress.
        limit: seconds, the longest it may take, None for no limit.

    Returns:
        `rows` of phase and seconds, in the order of time: "start" is from the command to the reading of the data;
        training is cut into rules, stages, evaluations and the rest, which is snapshots, checkpoints and figures where
        a stage ends. `seconds` of everything, `peak_memory_bytes`, `preset`, `results` of the run. Ready for JSON.

    Raises:
        UnfinishedError: it took longer.
        PMFError: the training did not finish; it has said why.
    """
    with tempfile.TemporaryDirectory(prefix="pmf-journey-") as root:
        folder = Path(root, "run")
        command = [sys.executable, "-m", "pmf", "train", "--preset", request.preset, "--run", str(folder)]
        command += [part for name, value in request.settings.items() for part in ("--set", f"{name}={value}")]
        start = time.time()
        try:
            status = subprocess.run(  # noqa: S603 - our own program
                [*command, *(["--quiet"] if quiet else [])], stdout=subprocess.DEVNULL, check=False, timeout=limit
            ).returncode
        except subprocess.TimeoutExpired:
            raise UnfinishedError(f"the training was not done in {limit:.0f} s") from None
        end = time.time()
        if status:
            raise PMFError("the training did not finish")
        run = RunReader(folder)
        done = finished(run)
        assert done is not None
        seconds = {"start": begun(run)["read"] - start} | measured(run) | {"end": end - done}
        parts = (_training(run, took) if name == "train" else [(name, took)] for name, took in seconds.items())
        return {
            "rows": [{"phase": name, "seconds": took} for rows in parts for name, took in rows],
            "seconds": end - start,
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _MAXRSS,
            "data": run.facts.data_name,
            "entities": run.n_entities,
            "preset": request.preset,
            "epochs": run.epochs,
            "results": run.results(),
        }


def _training(run: RunReader, seconds: float) -> list[tuple[str, float]]:
    """What the seconds of the training went into."""
    epochs = run.epoch_reports()
    parts: dict[str, float] = defaultdict(float, rules=sum(epoch["rules_seconds"] for epoch in epochs))
    for epoch in epochs:
        parts[f"stage {epoch['stage']}"] += epoch["train_seconds"] - epoch["rules_seconds"]
    parts["evaluation of epochs"] = sum(epoch["eval_seconds"] for epoch in epochs)
    return [*parts.items(), ("snapshots, checkpoints, figures", seconds - sum(parts.values()))]
