"""Trainings that lessons start: in a folder and a queue of their own, so that no lesson is ever somebody's run."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.learn.services import film
from app.shared.services import live_training as live
from app.shared.services import trainings as training
from app.shared.services.access import Role, User, require
from app.shared.services.for_browser import Json
from app.shared.services.live_training import Standing
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import as_text, offered
from app.shared.services.trainings import Plan
from pmf.data.graph_pair import GraphPair
from pmf.places import runs_folder

FOLDER, FEWER_PICTURES = ".lessons", ".half_of_the_pictures"
KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a training of the lesson does otherwise than the recorded run.

    Args:
        words: as one chooses it.
        settings: by name, as text.
        half: whether every second picture is taken away.
    """

    words: str
    settings: dict[str, str] = field(default_factory=dict)
    half: bool = False


CHANGES = {
    "half": Change(words="half of the pictures missing", half=True),
    "off": Change(words="nothing ever freezes", settings={"freezing.enabled": "false"}),
    "calendar": Change(words="δ rises by the calendar, as in the paper", settings={"freezing.guard": "false"}),
    "cap": Change(
        words="δ rises by the calendar, at most to 0.6", settings={"freezing.guard": "false", "freezing.cap": "0.6"}
    ),
    "noise": Change(words="a fifth of the seed links wrong", settings={"seed_noise": "0.2"}),
    "labels": Change(words="the seeds' labels left out, p = 0", settings={"model.propagation": "0"}),
}
"""By name, the one that shows most first."""


def root() -> Path:
    """Where lessons train, inside the runs folder; its name keeps it out of every list of runs."""
    return runs_folder() / FOLDER


def start(user: User, run: RunView, pair: GraphPair, change: str) -> str:
    """Sweep what earlier lessons left, and train as the recorded run was trained, but for one change and the maps.

    Args:
        user: who starts it.
        run: the recorded one.
        pair: the data that it was trained on.
        change: one of `CHANGES`.

    Returns:
        The id of the training.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: the queue cannot be kept.
    """
    require(user, Role.ADMIN, "start a training")  # before half of the pictures are copied
    chosen = CHANGES[change]
    recorded = {name: as_text(run.reader.facts.settings[name]) for name in offered()}
    settings = recorded | {"train.project": "false"} | chosen.settings
    if chosen.half:
        pair = replace(pair, path=_with_half_of_the_pictures(pair.path))
    preset = str(run.reader.facts.settings["preset"])
    run_id = training.start(user, Plan(preset=preset, settings=settings, name=chosen.words), pair, root=root())
    sweep()
    return run_id


def standing(run_id: str) -> Standing:
    """How the training of a lesson is getting on.

    Raises:
        RunFormatError: there is none of that id; it may have been swept.
    """
    return live.standing(run_id, root())


def as_json(now: Standing) -> Json:
    """What the browser draws of it: what was changed, its state, and the curves so far."""
    return {
        "words": now.title,
        "moves": now.moves,
        "state": now.state,
        "message": now.message,
        "curves": film.curves(now.run) if now.run is not None and now.run.reports else None,
    }


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


def _with_half_of_the_pictures(data: Path) -> Path:
    """A copy of the bundled data in which every second line that names a picture is left out."""
    copy = root() / FEWER_PICTURES / data.name
    shutil.copytree(data, copy, dirs_exist_ok=True)
    for index in copy.glob("images_*.tsv"):
        lines = (data / index.name).read_text(encoding="utf-8").splitlines(keepends=True)
        index.write_text("".join(lines[::2]), encoding="utf-8")
    return copy
