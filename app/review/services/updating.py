"""A newer state of a run's data: what is new in it, and the run that matches that."""

from __future__ import annotations

import sys
from typing import Any

from app.alignment.services.proposing import mark_changed
from app.review.services.continue_training import FOLDER, write
from app.review.services.harvest import harvest
from app.shared.services import data_sets
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from pmf.errors import ConfigError, UnfinishedError
from pmf.places import new_run_folder, runs_folder
from pmf.processes import answered
from pmf.runs import layout
from pmf.runs.reader import RunReader


def obstacle(run: RunView) -> str:
    """Why a run cannot be updated, in a sentence; "" where it can."""
    if run.state.name != "finished":
        return f"This run is {run.state.name}; new entities are matched by a finished one."
    if not (run.reader.folder / layout.CHECKPOINTS / "last.safetensors").is_file():
        return "The model of this run is not kept here, so nothing new can be matched with it."
    return ""


def changes(user: User, run: RunView, data: str) -> list[str]:
    """What is new, changed and gone, in short lines.

    Args:
        user: who asks.
        run: the run.
        data: name of the data set as it is now, as in the address bar.

    Raises:
        NotAllowedError: the user is no admin.
        PMFError: the data cannot be read, or are other data.
    """
    require(user, Role.ADMIN, "update a run")
    lines: list[str] = _command(run, data, "--look")["lines"]
    return lines


def update(user: User, store: ReviewStore, run: RunView, data: str) -> str:
    """Match what is new; every verdict on the run's data goes along, those on test links as decisions only.

    The alignment of the new data takes on that of the old, and says of which pairs the evidence has changed.

    Args:
        user: who starts it, an admin.
        store: the review store.
        run: the run, which stays as it is.
        data: as in `changes`.

    Returns:
        The new run's id.

    Raises:
        NotAllowedError: the user is no admin.
        PMFError: something does not fit; nothing is written then.
    """
    require(user, Role.ADMIN, "update a run")
    out = new_run_folder(data, "updated")
    files = write(harvest(store, run, test_links=True), runs_folder() / FOLDER)
    verdicts = [f"--verdicts={files['verdicts.file']}"] if "verdicts.file" in files else []
    _command(run, data, f"--out={out}", *verdicts)
    new = RunReader(out)
    if new.facts.fingerprint != run.fingerprint:
        store.follow(new.facts.fingerprint, run.fingerprint, user.name)
        mark_changed(store, RunView(new))
    return new.run_id


def _command(run: RunView, data: str, *options: str) -> dict[str, Any]:
    """What `pmf update` answers, in a process of its own: it needs as much memory as the model does."""
    folder = data_sets.DEMO if data == data_sets.DEMO else str(data_sets.locate(data))
    command = [sys.executable, "-m", "pmf", "update", str(run.reader.folder), f"--data={folder}", "--json", *options]
    try:
        return answered(command, "The update", None)
    except UnfinishedError as error:
        raise ConfigError(str(error).partition("ended early: ")[2].removeprefix("pmf: ") or str(error)) from None
