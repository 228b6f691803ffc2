"""Go on training with what people said of pairs of entities and of relations."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from app.review.services.harvest import Harvest, harvest, links_after
from app.shared.services import trainings as training
from app.shared.services.access import Role, User, require
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import as_text
from app.store import ReviewStore
from pmf.config.config import by_name
from pmf.data.notes import counted
from pmf.errors import ConfigError, PMFError
from pmf.places import runs_folder
from pmf.runs import layout

CONFIRMATION = "These verdicts may use test links"
"""What somebody types for verdicts on test links to count; those links are then no part of the figures."""

FOLDER = ".verdicts"


def start(user: User, store: ReviewStore, run: RunView, data: Dataset, *, confirm: str = "") -> str:
    """Put a training in the queue that goes on from a run with its verdicts.

    Args:
        user: who starts it.
        store: the review store.
        run: the run to go on from.
        data: its data set.
        confirm: `CONFIRMATION` where verdicts on test links are to count, "" where not.

    Returns:
        The run id.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: no verdict is left to train with, the confirmation is another sentence, or the data is not there.
    """
    require(user, Role.ADMIN, "start a training")
    if confirm not in ("", CONFIRMATION):
        raise ConfigError(f"To let verdicts touch test links, type exactly: {CONFIRMATION}")
    verdicts = harvest(store, run, test_links=bool(confirm))
    if (reason := obstacle(run, data, verdicts, test_links=bool(confirm))) or data.pair is None:
        raise ConfigError(reason)
    settings = {
        **basis(run),
        **write(verdicts, runs_folder() / FOLDER),
        "verdicts.may_use_test_links": "true" if confirm else "false",
    }
    number = len(verdicts.rows) + len(verdicts.relations)
    plan = training.Plan(
        preset=_preset(run), settings=settings, name=f"{run.run_id} and {counted(number, 'verdict')}"[:100]
    )
    return training.start(user, plan, data.pair)


def obstacle(run: RunView, data: Dataset, verdicts: Harvest, *, test_links: bool = False) -> str:
    """Why no training can go on from a run with these verdicts, in a sentence; "" where one can."""
    if data.pair is None:
        return data.problem
    if run.state.name != "finished":
        return f"This run is {run.state.name}; a training goes on from a finished one."
    if not verdicts.rows and not verdicts.relations:
        reasons = ", ".join(f"{n:,} {why}" for why, n in verdicts.left_out.items()) or "there are none"
        return f"No verdict is left to train with: {reasons}."
    try:
        links_after(run, verdicts, test_links=test_links)
        settings = basis(run)
        if has_weights(run):
            from pmf.training.start import run_config  # here, not above: it imports torch, and Review this

            run_config("", settings)
            return ""
    except PMFError as error:
        return f"This run cannot be gone on from: {error}."
    return training.problem(training.Plan(preset=_preset(run), settings=settings), data.pair)


def has_weights(run: RunView) -> bool:
    """Whether a run's last checkpoint is there; the bundled ones are shipped without."""
    return (run.reader.folder / layout.CHECKPOINTS / "last.safetensors").is_file()


def basis(run: RunView) -> dict[str, str]:
    """What a training takes over from a run: its weights and links, else every setting that leads to the same links.

    Raises:
        ConfigError: its settings are no longer understood, another system trained it, or it was a short continuation.
    """
    if run.reader.facts.adopted is not None:
        raise ConfigError("another system has trained it, so there is nothing here to go on with")
    if run.reader.facts.updated is not None:
        raise ConfigError("it is an update, and its model knows the older data; train anew with these verdicts")
    if has_weights(run):
        return {"verdicts.base": str(run.reader.folder.absolute())}
    config = replace(run.reader.facts.config(), data="")
    if config.verdicts.base is not None:
        raise ConfigError("its weights are not kept here, and it was itself a continuation")
    usual = by_name(training.config_of(config.preset).to_dict())
    return {
        name: as_text(value)
        for name, value in by_name(config.to_dict()).items()
        if name not in ("data", "preset", "device") and not name.startswith("verdicts.") and value != usual[name]
    }


def _preset(run: RunView) -> str:
    return str(run.reader.facts.settings["preset"])


def write(verdicts: Harvest, folder: Path) -> dict[str, str]:
    """Write the files that a training reads, under new names in a folder; the settings that name them.

    Raises:
        ConfigError: one cannot be written.
    """
    files = {
        "verdicts.file": [("source", "target", "verdict"), *verdicts.rows],
        "verdicts.relations": [("source", "target", "inverse", "verdict"), *verdicts.relations],
    }
    return {name: str(_write(rows, folder)) for name, rows in files.items() if len(rows) > 1}


def _write(table: Iterable[tuple[str, ...]], folder: Path) -> Path:
    path = folder / f"{uuid.uuid4().hex}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)
    except OSError as error:
        raise ConfigError(f"The verdicts cannot be written to {folder}: {error.strerror}.") from error
    return path
