"""Start a training as a process of its own, and say how it is getting on."""

from __future__ import annotations

import datetime
import fcntl
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.services import catalog
from app.services.data_sets import DEMO, name_of
from pmf.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError
from pmf.presets import preset
from pmf.runs import layout
from pmf.runs.reader import RunReader, RunState

LOG = "process.log"
_PROCESSES: list[subprocess.Popen[bytes]] = []  # kept until they have ended: nobody else would collect them


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to train: those settings of `pmf.config.Config` that a first run needs.

    Args:
        preset: its name.
        modalities: which to learn.
        split: "ratio", or the name of a split of the data set.
        seed_ratio: share of the links that training may see, where the split is "ratio".
        seed: of every random choice.
        epochs: of the whole run; as large a part of them freezes as in the preset.
    """

    preset: str
    modalities: tuple[str, ...]
    split: str = "ratio"
    seed_ratio: float
    seed: int
    epochs: int

    def settings(self) -> dict[str, str]:
        """By name, as text."""
        train = config_of(self.preset).train
        return {
            "modalities": ",".join(self.modalities),
            "split": self.split,
            "seed_ratio": str(self.seed_ratio),
            "seed": str(self.seed),
            "train.epochs": str(self.epochs),
            "train.freeze_epochs": str(max(1, round(self.epochs * train.freeze_epochs / train.epochs))),
        }


def config_of(name: str) -> Config:
    """The settings of a preset."""
    return Config(data="", preset=name).with_settings(preset(name))


def problem(plan: Plan, pair: GraphPair) -> str:
    """Why a plan cannot be trained on a data set, in a sentence; "" where it can."""
    from pmf.training.seeds import links_of  # imports torch, which a reader of the report need not wait for

    if not plan.modalities:
        return "Choose at least one modality."
    try:
        links_of(config_of(plan.preset).with_settings(plan.settings()), pair, {})
    except ConfigError as error:
        return str(error)
    return ""


def start(plan: Plan, pair: GraphPair) -> str:
    """Start `python -m pmf train` in the background; it outlives the page and the app.

    What the process prints goes to `process.log` in the run folder, and that file stays locked while it lives.

    Returns:
        The run id.

    Raises:
        ConfigError: the plan cannot be trained, or the run folder cannot be made.
    """
    if found := problem(plan, pair):
        raise ConfigError(found)
    name = re.sub(r"[^A-Za-z0-9]+", "-", pair.path.name).strip("-") or "data"
    stamp = datetime.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    folder = catalog.own_runs().absolute() / f"{name}-{plan.preset}-{stamp}"
    data = DEMO if name_of(pair.path) == DEMO else str(pair.path)
    command = [sys.executable, "-m", "pmf", "train", "--json", "--data", data, "--preset", plan.preset]
    for setting, value in plan.settings().items():
        command += ["--set", f"{setting}={value}"]
    _PROCESSES[:] = [process for process in _PROCESSES if process.poll() is None]
    try:
        folder.mkdir(parents=True)
        with (folder / LOG).open("wb") as log:
            fcntl.flock(log, fcntl.LOCK_EX)  # the process inherits it, and lets go of it however it ends
            _PROCESSES.append(
                subprocess.Popen(  # noqa: S603 - our own program; what is chosen on the page was checked
                    [*command, "--run", str(folder)],
                    cwd=catalog.ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
    except FileExistsError:
        raise ConfigError("a training of this data set was started this very second; look below") from None
    except OSError as error:
        raise ConfigError(f"the training cannot be started: {error.strerror}: {folder}") from error
    return folder.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a training that was started here is getting on.

    Args:
        phase: "starting" until its run folder can be read; "ended" without ever getting there; else "run".
        state: of the run, in phase "run".
        log: the last lines that the process printed.
    """

    phase: Literal["starting", "ended", "run"]
    state: RunState | None = None
    log: str = ""


def progress(run_id: str) -> Progress | None:
    """How a training is getting on; None where no such one was started here.

    Raises:
        RunFormatError: its run folder is damaged.
    """
    if not re.fullmatch(r"[A-Za-z0-9-]+", run_id):
        return None
    folder = catalog.own_runs() / run_id
    if not (folder / LOG).is_file():
        return None
    alive = _alive(folder / LOG)  # before the run folder is looked at: it may end in between
    if (folder / layout.CONFIG).exists():
        return Progress(phase="run", state=RunReader(folder).state(), log=_tail(folder / LOG))
    return Progress(phase="starting" if alive else "ended", log=_tail(folder / LOG))


def started() -> list[str]:
    """Run ids of the trainings that were started here and still live, newest first."""
    try:
        names = sorted((path.parent.name for path in catalog.own_runs().glob(f"*/{LOG}")), reverse=True)
    except OSError:
        return []
    return [name for name in names if _alive(catalog.own_runs() / name / LOG)]


def _alive(log: Path) -> bool:
    try:
        with log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _tail(log: Path, size: int = 4000) -> str:
    with log.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - size))
        return file.read().decode(errors="replace").strip()
