"""What a report is made of."""

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
    """

    name: str
    figure: Any
    data: pd.DataFrame
    alt: str
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with sentences, then pictures, then tables."""

    title: str
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
