"""The two columns of ids of a file of candidate pairs, such as Splink's predictions.

| form | read |
|---|---|
| Parquet (`.parquet`, `.pq`), or a folder of such files, as Spark writes it | a million rows at a time |
| CSV, TSV | as a whole, as every other table |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pmf.bounded.tables import columns_of, read_batches
from pmf.data.readers.csv_tables import Table, read_table
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pair_columns import pair_columns
from pmf.data.readers.session import note
from pmf.errors import DataFormatError
from pmf.places import stay_inside
from pmf.progress import reading

ROWS = 2**20
"""Rows that are read at once."""

_LOOKED_AT = 2000
"""Rows by which the columns of ids are found where names of columns do not tell."""

_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a file.

    Args:
        ends: the ids of either column as text, null or "" where there is none.
        lines: of each row its line, or its number in a form without lines.
    """

    ends: tuple[pa.Array, pa.Array]
    lines: Sequence[int]


def pieces(path: Path, near: tuple[NearIds, NearIds]) -> Iterator[Piece]:
    """A file, or all Parquet files of a folder, piece by piece; columns that are not read are noted.

    Args:
        path: the file or the folder.
        near: the ids of the source and of the target, to tell which column is which where names of columns don't.

    Raises:
        ConfigError: it lies where this server may not read.
        DataFormatError: it can't be read, or no two columns of it hold ids.
    """
    if path.suffix not in _PARQUET and not path.is_dir():
        table = read_table(stay_inside(path))
        left, right = names = pair_columns(table, *near)
        _note_others(path, table.header, names)
        ends = pa.array(table.column(left), pa.string()), pa.array(table.column(right), pa.string())
        yield Piece(ends, [line for line, _ in table.rows])
        return
    for place, part in enumerate(_parts(path)):
        rows, header = columns_of(stay_inside(part))
        left, right = names = pair_columns(_first_rows(part, header), *near)
        if place == 0:
            _note_others(path, header, names)
        done = 0
        reading(part, 0, rows)
        for batch in read_batches(part, [*names], ROWS):
            yield Piece((_texts(batch, left), _texts(batch, right)), range(done + 1, done + len(batch) + 1))
            done += len(batch)
            reading(part, done, rows)


def _parts(path: Path) -> list[Path]:
    """The Parquet files of a folder, or the file itself."""
    if not path.is_dir():
        return [path]
    parts = sorted(part for part in path.iterdir() if part.suffix in _PARQUET and part.name[0] not in "_.")
    if not parts:
        raise DataFormatError(path, expected="a file of pairs, or a folder of Parquet files", got="neither")
    return parts


def _first_rows(path: Path, header: list[str]) -> Table:
    first = next(read_batches(path, header, _LOOKED_AT), None)
    columns = [] if first is None else [_texts(first, name).fill_null("").to_pylist() for name in header]
    return Table(path, header, list(enumerate(map(list, zip(*columns, strict=True)), start=1)))


def _texts(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(name)
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowException:
        return pa.nulls(len(column), pa.string())  # lists and the like are no ids


def _note_others(path: Path, header: Sequence[str], names: tuple[str, str]) -> None:
    for name in header:
        if name not in names and not name.startswith("__index_level_"):  # how pandas keeps its row names
            note("left out", "of a candidate only the two ids are read", path=path, unit="column", example=name)
