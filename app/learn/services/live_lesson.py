"""Trainings that lessons start: in a folder and a queue of their own, so that no lesson is ever somebody's run."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from app.learn.services.training import live_plan
from app.shared.services import live_training as live
from app.shared.services import trainings as training
from app.shared.services.access import User
from app.shared.services.live_training import Standing
from pmf.data.graph_pair import GraphPair
from pmf.places import runs_folder

FOLDER = ".lessons"
KEPT_SECONDS = 3600


def root() -> Path:
    """Where lessons train, inside the runs folder; its name keeps it out of every list of runs."""
    return runs_folder() / FOLDER


def start(user: User, pair: GraphPair) -> str:
    """Sweep what earlier lessons left, and train the bundled data.

    Returns:
        The id of the training.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: the queue cannot be kept.
    """
    run_id = training.start(user, live_plan(), pair, root=root())
    sweep()
    return run_id


def standing(run_id: str) -> Standing:
    """How the training of a lesson is getting on.

    Raises:
        RunFormatError: there is none of that id; it may have been swept.
    """
    return live.standing(run_id, root())


def stop(user: User, run_id: str) -> None:
    """Let the training of a lesson finish its epoch and end.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: it does not run.
    """
    training.stop(user, run_id, root=root())


def sweep(now: float | None = None) -> list[str]:
    """Delete what lessons trained that ended over an hour ago; returns their ids.

    Args:
        now: unix time, the present one where it is left out.
    """
    before = (time.time() if now is None else now) - KEPT_SECONDS
    if not root().is_dir():
        return []
    old = [job.run_id for job in training.jobs(root()) if job.ended is not None and job.ended < before]
    swept = [run_id for run_id in old if (root() / run_id).is_dir()]
    for run_id in swept:
        shutil.rmtree(root() / run_id, ignore_errors=True)
    return swept
