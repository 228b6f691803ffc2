"""The parts of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as it is read.

    Args:
        name: of its file, without ending.
        caption: what its figures were measured on.
        rows: values as numbers.
        forms: column → how its numbers are written, a format such as ".1%".
    """

    name: str
    caption: str
    rows: pd.DataFrame
    forms: dict[str, str]

    def written(self) -> list[list[str]]:
        """The cells as text, row by row; what is not known is a dash."""
        columns = [[self._cell(str(name), value) for value in self.rows[name]] for name in self.rows]
        return [list(row) for row in zip(*columns, strict=True)]

    def _cell(self, name: str, value: object) -> str:
        if value is None or value != value:
            return "–"
        return format(value, self.forms[name]) if name in self.forms else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure with what stands under it.

    Args:
        name: of its file, without ending.
        figure: from a folder of figures.
        data: the table that it is drawn from.
        alt: what it shows, for those who cannot see it.
        reading: one sentence on how to read it, and on what was measured.
        height: in pixels; None = the figure's own.
        half: whether two of them share the width of a page.
    """

    name: str
    figure: Any
    data: pd.DataFrame
    alt: str
    reading: str
    height: int | None = None
    half: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """An entity with its picture.

    Args:
        entity: its id.
        role: what it is here: asked for, truth or prediction.
        label: its own, from the data.
        picture: PNG, None without one.
        note: of the picture: that it is frozen, or why there is none; "" where there is nothing to say.
    """

    entity: int
    role: str
    label: str
    picture: bytes | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A wrong query as it is looked at: the entities, how far off it is and what would repair it."""

    faces: tuple[Face, ...]
    sentence: str
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Some errors of one cause, under its name and what it says."""

    title: str
    sentence: str
    errors: tuple[Error, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The way back to a page of the app: its name, and its address below that of the app."""

    label: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with what stands under it, in this order; `cover` is the first page, whose table comes first."""

    title: str
    findings: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    links: tuple[Link, ...] = ()
    cover: bool = False
