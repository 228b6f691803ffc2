"""Which runs there are, and what a card says about each."""

from __future__ import annotations

import contextlib
import datetime
import logging
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pmf.errors import PMFError
from pmf.places import ASSETS, runs_folder
from pmf.runs import layout
from pmf.runs.about import About, read_about
from pmf.runs.reader import RunReader, RunState, find_runs

BUNDLED = ASSETS / "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A run at a glance; `problem` is set, and all but the first few blank, where the folder cannot be read.

    Args:
        size: bytes on disk.
        created: seconds since 1970.
    """

    run_id: str
    folder: Path
    about: About = field(default_factory=About)
    size: int = 0
    problem: str = ""
    data: str = ""
    preset: str = ""
    modalities: tuple[str, ...] = ()
    created: float = 0.0
    state: RunState | None = None
    hits_at_1: float | None = None
    split: str = ""
    curve: tuple[float, ...] = ()

    @property
    def title(self) -> str:
        """What it is called on screen."""
        return self.about.name or self.run_id

    @property
    def own(self) -> bool:
        """Whether it is the user's to change; bundled runs are not."""
        return self.folder.parent == runs_folder()


_CARDS: dict[Path, tuple[object, Card]] = {}
_LOCK = threading.Lock()
_LOG = logging.getLogger(__name__)


def run_folders() -> dict[str, Path]:
    """Run id → folder: the user's own, newest first, then the bundled ones by name that none of those has."""
    folders: dict[str, Path] = {}
    for folder in (*find_runs(runs_folder()), *sorted(find_runs(BUNDLED))):  # a copy of the project tells no age
        folders.setdefault(folder.name, folder)
    return folders


def usual(folders: Mapping[str, Path]) -> str:
    """The run to show where nobody asks for one: the newest of one's own that has finished, else a bundled one.

    Args:
        folders: as `run_folders` gives them, at least one.
    """
    own = [name for name, folder in folders.items() if folder.parent != BUNDLED]
    finished = (name for name in own if _finished(folders[name]))
    bundled = (name for name, folder in folders.items() if folder.parent == BUNDLED)
    return next(finished, None) or next(bundled, None) or next(iter(folders))


def _finished(folder: Path) -> bool:
    try:
        return RunReader(folder).state().name == "finished"
    except (PMFError, OSError):
        return False


def stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Changes whenever a file that a page reads has changed; the key of every cache over a run."""
    names = (
        layout.CONFIG,
        layout.ENTITIES,
        layout.LINKS,
        layout.EVENTS,
        layout.FROZEN_AT,
        layout.PREDICTIONS,
        layout.FAILURES,
        layout.EMBEDDINGS,
        layout.PROJECTIONS,
        layout.ABOUT,
    )
    times = []
    for name in names:
        with contextlib.suppress(OSError):  # not there yet, or deleted in this moment
            times.append((name, (folder / name).stat().st_mtime_ns))
    return tuple(times)


def cards() -> list[Card]:
    """A card per run, newest first; those of runs that have not changed since are not read again."""
    with _LOCK:
        fresh = {folder: _fresh(folder) for folder in run_folders().values()}
        _CARDS.clear()
        _CARDS.update(fresh)
    return [card for _, card in fresh.values()]


def card_of(folder: Path) -> Card:
    """The card of one run, as `cards` has it."""
    return next((card for card in cards() if card.folder == folder), None) or card(folder)


def _fresh(folder: Path) -> tuple[object, Card]:
    now = stamp(folder)
    before, kept = _CARDS.get(folder, (None, None))
    if kept is None or before != now:
        return now, card(folder)
    if kept.state is not None and kept.state.name in ("running", "interrupted"):  # nothing is written by a kill
        return now, card(folder)
    return now, kept


def card(folder: Path) -> Card:
    """What the card of one run shows; never raises, whatever is in the folder."""
    blank = Card(run_id=folder.name, folder=folder)
    try:
        blank = replace(blank, size=_size(folder), created=(folder / layout.CONFIG).stat().st_mtime)
        return _read(folder, blank)
    except (PMFError, OSError) as error:
        return replace(blank, problem=str(error))
    except Exception as error:  # one run must not take the list of all runs away
        _LOG.exception("the card of %s", folder)
        return replace(blank, problem=f"{folder} cannot be read: {type(error).__name__}")


def _size(folder: Path) -> int:
    """Bytes of all files of a run, as far as they are still there."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            status = path.lstat()
            size += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return size


def _read(folder: Path, blank: Card) -> Card:
    reader, about = RunReader(folder), read_about(folder)
    reports, state, results = reader.epoch_reports(), reader.state(), reader.results()
    facts = reader.facts
    created = datetime.datetime.fromisoformat(facts.created).timestamp() if facts.created else blank.created
    points = [point for report in reports if (point := _hits(report.get("metrics", {})))]
    split, hits = points[-1] if points else ("", None)
    if results and "source_to_target" in results:
        split, hits = results.get("split", "test"), results["source_to_target"].get("hits@1")
    return replace(
        blank,
        about=about,
        created=created,
        data=facts.data_name,
        preset=facts.settings["preset"],
        modalities=reader.modalities,
        state=state,
        hits_at_1=hits,
        split=split,
        curve=tuple(value for _, value in points),
    )


def _hits(metrics: dict[str, Any]) -> tuple[str, float] | None:
    for split in ("validation", "test"):
        value = metrics.get(split, {}).get("source_to_target", {}).get("hits@1")
        if value is not None:
            return split, float(value)
    return None
