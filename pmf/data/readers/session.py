"""One reading of a data set: the options it is read with, the notes it makes, the files it opens."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from pmf.data.notes import Kind, Note, Notes
from pmf.data.reading import Reading


@dataclass(slots=True)
class Session:
    """What every reader of a folder shares.

    Args:
        folder: the data folder.
        options: how a person wants it read.
        notes: what there is to say about it.
        touched: files that were read, or of which a note speaks.
    """

    folder: Path
    options: Reading = field(default_factory=Reading)
    notes: Notes = field(default_factory=Notes)
    touched: set[Path] = field(default_factory=set)

    def place(self, path: Path) -> str:
        """A file's name for people: relative to the folder where it lies inside."""
        if path == self.folder:
            return ""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name


_session: ContextVar[Session | None] = ContextVar("session", default=None)


def session() -> Session:
    """The reading under way; one that nobody hears of where a file is read by itself."""
    return _session.get() or Session(Path())


@contextmanager
def begin(folder: Path, options: Reading) -> Iterator[Session]:
    """Read in the `with` block."""
    opened = Session(folder, options)
    before = _session.set(opened)
    try:
        yield opened
    finally:
        _session.reset(before)


_said: ContextVar[set[str] | None] = ContextVar("said", default=None)


@contextmanager
def each_once() -> Iterator[None]:
    """What is logged of data sets in the `with` block is logged once, however often they are read."""
    before = _said.set(set())
    try:
        yield
    finally:
        _said.reset(before)


def log(folder: Path, notes: Iterable[Note]) -> None:
    """Log what there is to say of a data set that has been read."""
    said = _said.get()
    for remark in map(str, notes):
        if said is None or remark not in said:
            logging.getLogger(__name__).warning("%s: %s", folder, remark)
        if said is not None:
            said.add(remark)


@contextmanager
def aloud(path: Path) -> Iterator[None]:
    """Read one file that belongs to no data set in the `with` block; what there is to say of it is logged."""
    with begin(path.parent, Reading()) as opened:
        yield
    for remark in opened.notes.done():
        logging.getLogger(__name__).warning("%s", remark)


def note(
    kind: Kind,
    why: str,
    *,
    path: Path,
    column: str = "",
    unit: str = "row",
    example: str = "",
    count: int = 1,
    remedy: str = "",
    setting: str = "",
) -> None:
    """Say something about a file of the reading under way; see `Note`."""
    now = session()
    file = now.place(path) + (f", column {column}" if column else "")
    now.touched.add(path)
    now.notes.add(kind, why, file=file, unit=unit, example=example, count=count, remedy=remedy, setting=setting)


def at(line: int | None, text: str) -> str:
    """An example with its line: "line 7: zz"."""
    return text if line is None else f"line {line:,}: {text}"
