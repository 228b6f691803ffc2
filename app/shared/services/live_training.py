"""A training while it goes on: how far, how fast, and what its losses do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services import catalog
from app.shared.services import freezing_record as freezing
from app.shared.services import trainings as training
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.places import runs_folder
from pmf.queue.job import Job, JobState
from pmf.queue.outcome import tail
from pmf.runs import layout
from pmf.runs.reader import RunReader, find_runs

RECENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a training stands.

    Args:
        run_id: its id.
        title: the name somebody gave it, else its id.
        state: of the job, or of the run where it was started elsewhere.
        message: what there is to say to that, "" if nothing.
        job: in the queue; None for a run that was started elsewhere.
        run: what it has written, None before its run folder can be read.
        log: the last lines that its process printed.
    """

    run_id: str
    title: str
    state: JobState
    message: str
    job: Job | None
    run: RunView | None
    log: str

    @property
    def moves(self) -> bool:
        """Whether it will change by itself."""
        return self.state in ("waiting", "running")


def standing(run_id: str, root: Path | None = None) -> Standing:
    """How a training is getting on.

    Args:
        run_id: its id.
        root: of its queue and its run folder; None = the runs folder, and the bundled runs.

    Raises:
        RunFormatError: there is none of that id, or its folder is damaged.
    """
    job = next((job for job in training.jobs(root) if job.run_id == run_id), None)
    folders = catalog.run_folders() if root is None else {folder.name: folder for folder in find_runs(root)}
    folder = folders.get(run_id)
    if folder is not None:
        run = RunView(RunReader(folder))
        state, message = (job.state, job.message) if job else (run.state.name, run.state.message)
        title = run.title
    elif job is not None:
        run, state, message, title = None, job.state, job.message, job.name or run_id
    else:
        raise RunFormatError(f"There is no training called “{run_id}”; choose one below.")
    log = tail((folder or (root or runs_folder()) / run_id) / layout.PROCESS_LOG)
    return Standing(run_id=run_id, title=title, state=state, message=message, job=job, run=run, log=log)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the epochs go by.

    Args:
        epoch_seconds: one of the latest epochs, evaluation and writing included.
        remaining_seconds: until the last epoch has ended, if the pace stays.
    """

    epoch_seconds: float
    remaining_seconds: float


def pace(run: RunView, now: float | None = None) -> Pace | None:
    """The pace since the process began, from its latest epochs; None before its first has ended.

    Args:
        run: the run as it stands.
        now: unix time, the present one where it is left out.
    """
    times: list[float] = []
    for event in run.reader.events():
        if event["kind"] == "state" and event.get("state") == "running":
            times = [float(event["time"])]  # what another process did says nothing of this one
        elif event["kind"] == "epoch" and times:
            times.append(float(event["time"]))
    times = times[-RECENT - 1 :]
    if len(times) < 2:
        return None
    each = (times[-1] - times[0]) / (len(times) - 1)
    state = run.state
    passed = (time.time() if now is None else now) - times[-1]
    return Pace(epoch_seconds=each, remaining_seconds=max(0.0, (state.epochs - state.epoch - 1) * each - passed))


def stage(run: RunView) -> int:
    """The stage of the last epoch, 1 before the first."""
    return int(run.reports[-1].get("stage", 1)) if run.reports else 1


def losses(run: RunView) -> pd.DataFrame:
    """Each part of the loss per epoch: `epoch, part, loss`, in the order of the log."""
    rows = [(r["epoch"], part, float(loss)) for r in run.reports for part, loss in r.get("losses", {}).items()]
    return pd.DataFrame(rows, columns=["epoch", "part", "loss"])


def peak_memory(run: RunView) -> int | None:
    """The most memory that training has needed so far, in bytes; None before the first epoch."""
    return max((int(report.get("peak_memory_bytes", 0)) for report in run.reports), default=None)


def frozen_share(run: RunView) -> dict[str, tuple[float, float | None]]:
    """Modality → share frozen and threshold δ of the latest epoch; the threshold is None where none was set."""
    if not run.reports:
        return {}
    last = run.reports[-1]
    return {m: (last["frozen_share"][m], last.get("threshold", {}).get(m)) for m in run.modalities}


def frozen_last(run: RunView, count: int) -> tuple[str, int, npt.NDArray[np.int64]] | None:
    """What froze most recently: modality, epoch and its least relevant entities, one a pair; None before any did."""
    if run.frozen_at is None or not (run.frozen_at >= 0).any():
        return None
    modality = freezing.liveliest(run)
    epoch = max(freezing.freezing_epochs(run, modality))
    ids = freezing.one_per_pair(run, freezing.frozen_in(run, modality, epoch))
    return modality, epoch, ids[:count]
