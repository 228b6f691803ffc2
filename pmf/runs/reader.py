"""Read a run folder: finished, still being written, or cut short at any byte.

A reader never waits and never crashes: what is not there yet is None or NaN, what is damaged raises
`RunFormatError` with one sentence.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.bounded.json_files import read_json, read_json_lines
from pmf.bounded.tables import columns_of
from pmf.data.graph_pair import GraphPair
from pmf.errors import DataFormatError, RunFormatError
from pmf.runs import layout
from pmf.runs.arrays import RunArrays, unreadable
from pmf.runs.checks import event_check
from pmf.runs.facts import read_facts
from pmf.runs.lock import Owner, owner
from pmf.runs.tables import Size, read_table

StateName = Literal["running", "finished", "failed", "stopped", "interrupted"]
Reason = Literal["", "request", "not finite", "disk full", "out of memory", "error", "killed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """Where a run stands.

    Args:
        name: "interrupted" means that the log says running, and nobody holds the run or the heartbeat has stopped.
        epoch: last finished epoch, -1 before the first.
        epochs: epochs the run is meant to have.
        message: why it failed or stopped, or what it is doing; "" when there is nothing to say.
        reason: the same in a word, "" for a run that is running or finished; "killed" by the system or a person,
            without a chance to say so; "" too for a process that lives and no longer answers.
    """

    name: StateName
    epoch: int
    epochs: int
    message: str = ""
    reason: Reason = ""


class RunReader:
    """A run folder's contents, each read when asked for.

    Args:
        folder: the run folder; its name is the run id.

    Raises:
        RunFormatError: there is no run, or none that this version can read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_id = folder.name
        self._events: tuple[tuple[int, int], list[dict[str, Any]]] | None = None  # as of a size and time of the log
        path = folder / layout.CONFIG
        try:
            values = read_json(path)
            if not isinstance(values, dict) or values.get("format") != layout.FORMAT:
                version = values.get("format") if isinstance(values, dict) else None
                raise RunFormatError(f"{path} has format {version!r:.40}, this version reads format {layout.FORMAT}")
            self.facts = read_facts(values)
            rows, _ = columns_of(folder / layout.ENTITIES)
        except (DataFormatError, ValueError) as error:
            if not path.exists():
                way = "pmf runs list names those that are there"
                raise RunFormatError(f"{folder} is no run folder: it has no {layout.CONFIG}; {way}") from None
            if isinstance(error, DataFormatError):
                raise unreadable(error) from None
            raise RunFormatError(f"{path} cannot be used: {error}") from None
        settings = self.facts.settings
        self.modalities: tuple[str, ...] = tuple(settings["modalities"])
        self.epochs: int = settings["train.epochs"] + settings["train.iterative_epochs"]
        self.n_source, self.n_entities = self.facts.n_source, self.facts.n_entities
        if rows != self.n_entities:  # all arrays have this length, so nobody may claim it
            raise RunFormatError(f"{folder / layout.ENTITIES} has {rows:,} rows, {path.name} says {self.n_entities:,}")
        self._arrays = RunArrays(self.epochs, self.modalities, self.n_entities)
        self._size = Size(self.n_source, self.n_entities, self.epochs, self.modalities)

    @cached_property
    def entities(self) -> pd.DataFrame:
        """One row an entity id: uri, label, side, type, degree."""
        return self._table(layout.ENTITIES)

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row a link: source, target, split."""
        return self._table(layout.LINKS)

    @cached_property
    def is_new(self) -> npt.NDArray[np.bool_]:
        """Which entities are new since the run that this is an update of, bool `[entities]`; none of another run."""
        return self._flag("new")

    @cached_property
    def is_changed(self) -> npt.NDArray[np.bool_]:
        """Of which entities the evidence has changed since then, bool `[entities]`."""
        return self._flag("changed")

    def _flag(self, column: str) -> npt.NDArray[np.bool_]:
        updated = self.facts.updated is not None and column in self.entities
        return self.entities[column].eq(True).to_numpy(np.bool_) if updated else np.zeros(self.n_entities, np.bool_)

    def events(self) -> list[dict[str, Any]]:
        """Every whole line of the log, oldest first; a line cut short is passed over. Not to be changed."""
        path = self.folder / layout.EVENTS
        try:
            status = path.stat()
        except OSError:
            return []
        stamp = (status.st_size, status.st_mtime_ns)
        if self._events is None or self._events[0] != stamp:
            self._events = (stamp, self._parsed(path))
        return self._events[1]

    def epoch_reports(self) -> list[dict[str, Any]]:
        """The epochs in order; of an epoch trained again after a resume, the last report counts."""
        reports = {e["epoch"]: e for e in self.events() if e["kind"] == "epoch"}
        return [reports[epoch] for epoch in sorted(reports)]

    def is_of(self, pair: GraphPair) -> bool:
        """Whether it was trained on just these data."""
        return self.facts.fingerprint == pair.fingerprint

    def measured_epochs(self) -> list[int]:
        """Epochs in which relevance was measured: as each report says, in older runs by what is stored."""
        stored = self.relevance()
        return [
            report["epoch"]
            for report in self.epoch_reports()
            if (report["measured"] if "measured" in report else not np.isnan(stored[report["epoch"]]).all())
        ]

    def results(self, at: str = "end") -> dict[str, Any] | None:
        """Metrics of the stored state: "end" of the run, or of "stage 1"; None until they are known."""
        events = [e for e in self.events() if e["kind"] == "results" and e.get("at") == at]
        return events[-1] if events else None

    def state(self) -> RunState:
        """Where the run stands now."""
        holder = owner(self.folder)  # before the log: a process that has let go has written its last line by then
        last: dict[str, Any] = {"state": "running"}
        epoch = -1
        for event in self.events():
            if event["kind"] == "epoch":
                epoch = event["epoch"]
            elif event["kind"] == "state" and event.get("state") in ("running", "finished", "failed", "stopped"):
                last = event
        name, message, reason = last["state"], str(last.get("message", "")), last.get("reason", "")
        if name == "running":
            name, message, reason = self._alive(holder, message, epoch)
        elif name != "finished" and reason not in get_args(Reason)[1:]:
            reason = "request" if name == "stopped" else "error"
        return RunState(name=name, epoch=epoch, epochs=self.epochs, message=message, reason=reason)

    def _alive(self, holder: Owner | None, message: str, epoch: int) -> tuple[StateName, str, Reason]:
        """What is true of a run whose log says running."""
        silent = self._heartbeat_age()
        if silent <= layout.STALE_SECONDS and (holder or not (self.folder / layout.LOCK).exists()):
            return "running", message, ""
        if holder:
            return "interrupted", f"Nothing was heard for {silent:.0f} s of {holder}; it may be suspended.", ""
        when = f"after epoch {epoch}" if epoch >= 0 else "before the first epoch was over"
        message = f"The training process ended without a word {when}"
        message += "; resume it to go on." if self.facts.adopted is None else "."
        return "interrupted", message, "killed"

    def _heartbeat_age(self) -> float:
        try:
            return time.time() - (self.folder / layout.HEARTBEAT).stat().st_mtime
        except OSError:
            return float("inf")

    def relevance(self) -> npt.NDArray[np.float16]:
        """`[epochs, modalities, entities]`, memory-mapped; NaN = not scored (yet)."""
        return self._arrays.relevance(self.folder / layout.RELEVANCE)

    def frozen_at(self) -> npt.NDArray[np.int16] | None:
        """`[modalities, entities]`: epoch frozen, -1 never, -2 missing; None before the first epoch."""
        return self._arrays.frozen_at(self.folder / layout.FROZEN_AT)

    def embedding(self, name: str) -> npt.NDArray[np.float16] | None:
        """`[entities, width]` of a modality or "fused", memory-mapped; None until training has stored it."""
        return self._arrays.floats(self.folder / layout.EMBEDDINGS / f"{name}.npy", (self.n_entities, -1))

    def weight(self) -> npt.NDArray[np.float32] | None:
        """`[modalities, entities]`, the factor of each unit embedding in the fused one."""
        shape = (len(self.modalities), self.n_entities)
        return self._arrays.floats(self.folder / layout.EMBEDDINGS / "weight.npy", shape)

    def projection(self, name: str) -> npt.NDArray[np.float32] | None:
        """`[entities, 2]` of a modality or "fused", or "aligned" `[epochs, sample, 2]`; None until computed."""
        shape = (-1, -1, 2) if name == "aligned" else (self.n_entities, 2)
        return self._arrays.floats(self.folder / layout.PROJECTIONS / f"{name}.npy", shape, gaps=True)

    def snapshots(self) -> dict[str, npt.NDArray[Any]] | None:
        """`sample` [s], `epochs` [e] and `fused` [e, s, width]; None before the first."""
        return self._arrays.snapshots(self.folder / layout.SNAPSHOTS)

    def predictions(self, columns: list[str] | None = None) -> pd.DataFrame | None:
        """Columns as in `layout.PREDICTION_COLUMNS`, or some of them; None until training has ended."""
        return self._table(layout.PREDICTIONS, columns) if (self.folder / layout.PREDICTIONS).exists() else None

    def held_back(self) -> pd.DataFrame | None:
        """Columns as in `layout.HELD_BACK_COLUMNS`; None without validation links, and in runs of older versions."""
        return self._table(layout.HELD_BACK) if (self.folder / layout.HELD_BACK).exists() else None

    def course(self, query: int | None = None) -> pd.DataFrame | None:
        """Columns as in `layout.COURSE_COLUMNS`, of all queries or of one; None in runs of older versions."""
        wanted = None if query is None else [("query", "==", query)]
        return self._table(layout.COURSE, filters=wanted) if (self.folder / layout.COURSE).exists() else None

    def counterfactuals(self) -> pd.DataFrame | None:
        """Columns as in `layout.COUNTERFACTUAL_COLUMNS`; None until they are stored."""
        return self._table(layout.COUNTERFACTUALS) if (self.folder / layout.COUNTERFACTUALS).exists() else None

    def failures(self) -> pd.DataFrame | None:
        """Columns as in `layout.FAILURE_COLUMNS`; None until training, or `pmf failures RUN`, has stored them."""
        return self._table(layout.FAILURES) if (self.folder / layout.FAILURES).exists() else None

    def accepted(self) -> pd.DataFrame | None:
        """Columns as in `layout.ACCEPTED_COLUMNS`; None of a run that is no update."""
        return self._table(layout.ACCEPTED) if (self.folder / layout.ACCEPTED).exists() else None

    def check(self) -> None:
        """Read everything that there is, as pages will.

        Raises:
            RunFormatError: something in it cannot be read.
        """
        _ = self.entities, self.links
        for read in (self.state, self.results, self.relevance, self.frozen_at, self.weight, self.snapshots):
            read()
        for table in (
            self.predictions,
            self.held_back,
            self.course,
            self.counterfactuals,
            self.failures,
            self.accepted,
        ):
            table()
        for name in ("fused", *self.modalities):
            self.embedding(name)
            self.projection(name)
        self.projection("aligned")

    def _table(self, name: str, columns: list[str] | None = None, filters: Any = None) -> pd.DataFrame:
        try:
            table = read_table(self.folder / name, self._size, columns, filters)
        except DataFormatError as error:
            raise unreadable(error) from None
        if name == layout.ENTITIES and len(table) != self.n_entities:
            raise RunFormatError(f"{self.folder / name} has {len(table):,} rows, expected {self.n_entities:,}")
        return table

    def _parsed(self, path: Path) -> list[dict[str, Any]]:
        fits, events = event_check(self.modalities, self.epochs), []
        try:
            for line, event in read_json_lines(path):
                fits(event, f"line {line}")
                events.append(event)
        except DataFormatError as error:
            raise unreadable(error) from None
        except ValueError as error:
            raise RunFormatError(f"{path} cannot be read: {error}") from None
        return events


def find_runs(root: Path) -> list[Path]:
    """Folders under `root` that hold a run, newest first by the time of their config."""
    if not root.is_dir():
        return []
    by_time: list[tuple[float, Path]] = []
    for path in root.iterdir():
        with contextlib.suppress(OSError):  # somebody deletes it in this moment
            if (path / layout.CONFIG).is_file():
                by_time.append(((path / layout.CONFIG).stat().st_mtime, path))
    return [path for _, path in sorted(by_time, reverse=True)]
