"""Rows of a file from elsewhere → entities of the data set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.adopting.reading import Numbers
from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import Notes, counted
from pmf.data.readers.tables import bare, read_lines, read_rows
from pmf.errors import DataFormatError

SIDES = ("source", "target")
ID_FILES = ("ent_ids_1", "ent_ids_2")
"""In a data set with these, published code numbers the entities as they do."""

_WHOLE = re.compile(r"\d+")


@dataclass(slots=True)
class Entities:
    """The entities of a data set by the ids that a file may call them by.

    Args:
        pair: the data set.
        lines: what was guessed or left out, for a person; grows.
    """

    pair: GraphPair
    lines: list[str] = field(default_factory=list)
    by_uri: tuple[dict[str, int], dict[str, int]] = field(init=False)
    by_number: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        source, target = (
            {uri: offset + row for row, uri in enumerate(graph.entities)} for graph, offset in self.pair.sides()
        )
        self.by_uri = source, target
        self.by_number = _numbers(self.pair.path, self.by_uri)

    def find(self, text: str, side: str = "") -> int | None:
        """An entity's number in the pair, None where there is none of that id.

        Args:
            text: its id: a URI, an id of a table, or its number in the files `ID_FILES`.
            side: "source" or "target", "" where either may be meant.

        Raises:
            ValueError: both graphs have an entity of that id.
        """
        text = bare(text)
        sides = [self.by_uri[SIDES.index(side)]] if side else list(self.by_uri)
        entities = [ids[text] for ids in sides if text in ids]
        if len(entities) > 1:
            raise ValueError(f"{text}, which both graphs have; name the side of each file, source or target")
        number = self.by_number.get(text)
        if not entities and number is not None and (not side or (number < self.pair.n_source) == (side == "source")):
            return number
        return entities[0] if entities else None

    def span(self, side: str) -> slice:
        """The numbers of a side's entities; of all for ""."""
        n_source = self.pair.n_source
        return {"source": slice(0, n_source), "target": slice(n_source, len(self.pair))}.get(
            side, slice(0, len(self.pair))
        )

    def place(self, numbers: Numbers, ids: Mapping[int, int] | None, side: str = "") -> npt.NDArray[np.float32]:
        """The rows of a file by entity, float32 `[n, …]` or of a side alone; entities without one get zeros.

        Args:
            numbers: the file.
            ids: entity → row, as an id file says; None = as the file's own ids, or their order, say.
            side: of which side its rows are, "" for both.

        Raises:
            DataFormatError: it has other rows than there are entities, or none of its ids is one.
        """
        span = self.span(side)
        count = span.stop - span.start
        if ids is None and numbers.ids is not None:
            ids = self.listed(numbers.path, enumerate(numbers.ids), side)
        if ids is None:
            if len(numbers.values) != count:
                what = f"{count:,} rows, one for each entity{f' of the {side} graph' if side else ''}"
                raise DataFormatError(
                    numbers.path, expected=f"{what}, or a file of ids", got=f"{len(numbers.values):,}"
                )
            return np.asarray(numbers.values, np.float32)[self._order(side)]
        own = {entity: row for entity, row in ids.items() if span.start <= entity < span.stop}
        rows = np.array([*own.values()], np.int64)
        if len(rows) == 0 or rows.max() >= len(numbers.values):
            expected = "a row for each id" if len(rows) else "rows of entities"
            raise DataFormatError(numbers.path, expected=expected, got=f"{len(numbers.values):,} rows")
        table = np.zeros((count, *numbers.values.shape[1:]), np.float32)
        table[np.array([*own], np.int64) - span.start] = numbers.values[rows]
        if missing := count - len(own):
            self.say(f"{numbers.path.name} has no row for {missing:,} of {count:,} entities; they count as missing.")
        return table

    def listed(self, path: Path, rows: Iterable[tuple[int, str]], side: str = "") -> dict[int, int]:
        """Entity → row, of (row, id) as a file lists them; two entities may share one, as OpenEA's seeds do.

        Raises:
            DataFormatError: none of the ids is one, or both graphs have one.
        """
        entities: dict[int, int] = {}
        unknown: list[str] = []
        for row, text in rows:
            try:
                entity = self.find(text, side)
            except ValueError as error:
                raise DataFormatError(path, expected="ids that tell entities apart", got=str(error)) from None
            if entity is None:
                unknown.append(text)
            else:
                entities[entity] = row
        if not entities:
            got = f"{len(unknown):,} others, the first {unknown[0]!r}" if unknown else "an empty file"
            raise DataFormatError(path, expected="ids of the data set", got=got)
        if unknown:
            self.say(f"{path.name}: left out {counted(len(unknown), 'id')} that the data lack, such as {unknown[0]}.")
        return entities

    def say(self, line: str) -> None:
        """Keep a line for people, once."""
        if line not in self.lines:
            self.lines.append(line)

    def say_notes(self, notes: Notes) -> None:
        """Keep what the reader of a table has noted, but for columns that are of no use here."""
        for remark in notes.done():
            if "nothing here reads it" not in remark.why:
                self.say(str(remark))

    def _order(self, side: str) -> Ids:
        """The row of each entity where a file has no ids."""
        span = self.span(side)
        numbers = np.full(len(self.pair), -1, np.int64)
        for text, entity in self.by_number.items():
            numbers[entity] = int(text)
        mine, count = numbers[span], span.stop - span.start
        order = mine.argsort().argsort() if side else mine
        if not np.array_equal(np.sort(order), np.arange(count)) or (mine < 0).any():
            return np.arange(count)
        if not np.array_equal(order, np.arange(count)):
            self.say(f"Rows are taken to follow the ids of {' and '.join(ID_FILES)}.")
        return order


def read_ids(path: Path, entities: Entities, side: str = "") -> dict[int, int]:
    """Entity → row, of a file with one id a line, or with an id and its row number, in either order.

    Raises:
        DataFormatError: see `Entities.listed`.
    """
    lines = [line.split("\t") for line in read_lines(path)]
    if all(len(fields) == 1 for fields in lines):
        return entities.listed(path, ((row, fields[0]) for row, fields in enumerate(lines)), side)
    for line, fields in enumerate(lines, start=1):
        if len(fields) != 2:
            raise DataFormatError(path, line=line, expected="an id, or an id and its row", got=repr("\t".join(fields)))
    place = next((at for at in (1, 0) if all(_WHOLE.fullmatch(fields[at]) for fields in lines)), None)
    if place is None:
        raise DataFormatError(path, line=1, expected="an id and its row", got=repr("\t".join(lines[0])))
    return entities.listed(path, ((int(fields[place]), fields[1 - place]) for fields in lines), side)


def _numbers(folder: Path, by_uri: tuple[dict[str, int], dict[str, int]]) -> dict[str, int]:
    """Number in the files `ID_FILES` → entity; none where the data set has no such files."""
    paths = [folder / name for name in ID_FILES]
    if not all(path.is_file() for path in paths):
        return {}
    return {
        number: ids[bare(uri)]
        for path, ids in zip(paths, by_uri, strict=True)
        for _, (number, uri) in read_rows(path, "id", "URI")
        if bare(uri) in ids
    }
