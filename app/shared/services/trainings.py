"""Trainings from the app: what to train, and the queue that trains it (`pmf.queue`). No thread of the app trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.shared.services.access import Role, User, require
from app.shared.services.data_sets import DEMO, name_of
from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError
from pmf.places import runs_folder
from pmf.queue.job import Job
from pmf.queue.queue import RunQueue
from pmf.training.cost.estimate import Estimate, measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to train.

    Args:
        preset: its name.
        settings: by name, as text; they win over the preset.
        name: what to call the run on screen, "" for its run id.
    """

    preset: str
    settings: Mapping[str, str]
    name: str = ""


def config_of(name: str) -> Config:
    """The settings of a preset."""
    return Config(data="", preset=name).with_settings(preset(name))


def problem(plan: Plan, pair: GraphPair) -> str:
    """Why a plan cannot be trained on a data set, in a sentence; "" where it can."""
    from pmf.training.links.seeds import links_of

    if plan.settings.get("modalities") == "":
        return "Choose at least one modality."
    try:
        links_of(config_of(plan.preset).with_settings(plan.settings), pair, {})
    except ConfigError as error:
        return str(error)
    return ""


def start(user: User, plan: Plan, pair: GraphPair, *, root: Path | None = None) -> str:
    """Put a plan at the end of the line; its process outlives the page and the app.

    Args:
        user: who starts it.
        plan: what to train.
        pair: on which data.
        root: of the queue; None = the runs folder.

    Returns:
        The run id.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: the plan cannot be trained.
        QueueError: the queue cannot be kept.
    """
    require(user, Role.ADMIN, "start a training")
    if reason := problem(plan, pair):
        raise ConfigError(reason)
    return _queue(root).submit(
        data=data_of(pair),
        preset=plan.preset,
        settings=plan.settings,
        name=plan.name,
        user=user.name,
    )


def data_of(pair: GraphPair) -> str:
    """What `--data` names the data set by."""
    return DEMO if name_of(pair.path) == DEMO else str(pair.path)


def estimate(user: User, plan: Plan, pair: GraphPair) -> Estimate:
    """What a plan would take, from training a few batches of it in a process of its own.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: the plan cannot be trained.
        UnfinishedError: the calibration ended without an answer.
    """
    require(user, Role.ADMIN, "estimate a training")
    if reason := problem(plan, pair):
        raise ConfigError(reason)
    return measure({**plan.settings, "data": data_of(pair)}, plan.preset)


def stop(user: User, run_id: str, *, root: Path | None = None) -> None:
    """Let a training finish its epoch, save and end.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: it does not run.
    """
    require(user, Role.ADMIN, "stop a training")
    _queue(root).stop(run_id)


def kill(user: User, run_id: str) -> None:
    """End a training at once.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: it does not run.
    """
    require(user, Role.ADMIN, "kill a training")
    _queue().kill(run_id)


def resume(user: User, run_id: str) -> None:
    """Put a training that has not finished at the end of the line, to go on from its last checkpoint.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: it waits, runs or has finished.
        RunFormatError: there is no such run.
    """
    require(user, Role.ADMIN, "resume a training")
    _queue().resume(run_id, user.name)


def cancel(user: User, run_id: str) -> None:
    """Take a waiting training out of the line.

    Raises:
        NotAllowedError: the user is no admin.
        QueueError: it does not wait.
    """
    require(user, Role.ADMIN, "cancel a training")
    _queue().cancel(run_id)


def set_slots(user: User, slots: int) -> None:
    """Let so many trainings run at once.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: none, or too many.
    """
    require(user, Role.ADMIN, "change the queue")
    _queue().set_slots(slots)


def slots() -> int:
    """How many trainings run at once."""
    return _queue().slots


def jobs(root: Path | None = None) -> list[Job]:
    """Every training that was submitted, the first one first; sees to it that what waits is worked on.

    Args:
        root: of the queue; None = the runs folder.

    Raises:
        QueueError: the queue's file is damaged.
    """
    queue = _queue(root)
    queue.ensure_worker()
    return queue.jobs()


def _queue(root: Path | None = None) -> RunQueue:
    return RunQueue(root or runs_folder())
