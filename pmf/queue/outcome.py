"""What became of a training whose process has ended, read from what it left behind."""

from __future__ import annotations

import os
from pathlib import Path

from pmf.errors import PMFError
from pmf.queue.job import Job, JobState
from pmf.runs import layout

_BY_REQUEST = {"stop": "Stopped on request", "kill": "Killed on request"}


def outcome(folder: Path, job: Job) -> tuple[JobState, str]:
    """The state a job ended in, and why.

    Args:
        folder: its run folder, which may lack anything.
        job: with `started` and `request` of the process that has ended.
    """
    if not _has_written(folder, job.started or 0.0):
        return _before_the_run(folder, job)
    from pmf.runs.reader import RunReader  # pandas: a queue that is only looked at need not wait for it

    try:
        state = RunReader(folder).state()
    except PMFError as error:
        return "failed", str(error)
    if state.name not in ("running", "interrupted"):
        return state.name, state.message
    how = _BY_REQUEST.get(job.request, "The process ended without a word")
    return "interrupted", f"{how} after epoch {state.epoch}; resume it to go on."


def _has_written(folder: Path, started: float) -> bool:
    """Whether the process came as far as the run's own log, where it says how it ended."""
    try:
        return (folder / layout.CONFIG).exists() and (folder / layout.EVENTS).stat().st_mtime >= started - 0.05
    except OSError:
        return False


def _before_the_run(folder: Path, job: Job) -> tuple[JobState, str]:
    printed = [line for line in tail(folder / layout.PROCESS_LOG).splitlines() if line.strip()]
    for line in reversed(printed):
        if line.startswith("pmf: ") and line != "pmf: interrupted":
            return "failed", line.removeprefix("pmf: ")
    if job.request:
        return "stopped", f"{_BY_REQUEST[job.request]} before its first epoch; resume it to start."
    if any(line.startswith("Traceback") for line in printed):
        return "failed", printed[-1]
    return "interrupted", "The process ended without a word before its first epoch; resume it to start."


def tail(path: Path, size: int = 4000) -> str:
    """The last bytes of a file as text; "" where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
