"""One training in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

JobState = Literal["waiting", "running", "finished", "failed", "stopped", "interrupted", "cancelled"]

RESUMABLE: tuple[JobState, ...] = ("failed", "stopped", "interrupted", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A training in the queue: its settings and its state.

    Args:
        run_id: name of its folder under the runs folder.
        state: "interrupted" means that the process ended without a word; every state of `RESUMABLE` can be resumed.
        data: folder of the data set, or "demo".
        preset: name of the preset.
        settings: by name, as text; they win over the preset.
        name: what to call it on screen, "" for its run id.
        user: who asked for it.
        cwd: folder that relative paths start from.
        submitted: when, in seconds since 1970.
        queued: its place in the line: the smallest starts first.
        started: when its process was last started, None before.
        ended: when its process ended, None while it waits or runs.
        message: why it ended, or what it is about to do; "" when there is nothing to say.
        request: what was asked of its process: "", "stop" or "kill".
        threads: of its process, 0 = the machine's own choice; a resumed training keeps them, and so its figures.
    """

    run_id: str
    state: JobState
    data: str
    preset: str
    settings: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    user: str = ""
    cwd: str = "."
    submitted: float = 0.0
    queued: float = 0.0
    started: float | None = None
    ended: float | None = None
    message: str = ""
    request: str = ""
    threads: int | None = None
