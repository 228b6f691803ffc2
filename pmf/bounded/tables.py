"""Parquet tables: rows, pages and texts are counted before they are unpacked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmf.bounded import budget, file_size
from pmf.bounded.json_files import parse_json
from pmf.bounded.pages import pages
from pmf.errors import DataFormatError

if TYPE_CHECKING:
    import pandas as pd  # reading a stored data set need not wait for it

MOST_ROWS = 200_000_000
MOST_COLUMNS = 2000
_MOST_PAGES = 200_000
_LARGEST_FOOTER = 4 * 2**20  # bytes; unpacked they take some thirty times as much
_EACH_VALUE = 8  # bytes that any value takes, and
_EACH_TEXT = 16  # a text beside its letters, and
_EACH_LIST = 128  # a list beside its values, as an array of its own
_DELTA_BYTE_ARRAY = 7  # each text as the start of the one before and a rest
_DAMAGED = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)  # Arrow tells of damage in all these ways


def read_frame(
    path: Path, columns: list[str] | None = None, filters: Any = None, most_rows: int = MOST_ROWS
) -> pd.DataFrame:
    """A Parquet file as a data frame, with the `attrs` that pandas stores in it.

    Args:
        path: the file.
        columns: those to read, None for all.
        filters: rows to read, as in `pyarrow.parquet.read_table`.
        most_rows: rows that it may have.

    Raises:
        DataFormatError: it can't be read, or would take more memory than `pmf.bounded.budget` allows.
    """
    _check(path, None, most_rows)
    try:
        table = pq.read_table(path, columns=columns, filters=filters, partitioning=None)
        attrs = (table.schema.metadata or {}).get(b"PANDAS_ATTRS", b"{}")
        frame: pd.DataFrame = table.replace_schema_metadata(None).to_pandas()
        stored = parse_json(attrs)
        frame.attrs = stored if isinstance(stored, dict) else {}
        return frame
    except _DAMAGED as error:
        raise _no_table(path, error) from error


def read_arrow(path: Path, content: bytes | None = None, most_rows: int = MOST_ROWS) -> pa.Table:
    """A Parquet file as an Arrow table, without loading pandas' own columns.

    Args:
        path: the file.
        content: its bytes, where they have been read already.
        most_rows: rows that it may have.

    Raises:
        DataFormatError: as `read_frame`.
    """
    _check(path, content, most_rows)
    try:
        with pq.ParquetFile(path if content is None else pa.BufferReader(content)) as file:
            return file.read(use_threads=False)
    except _DAMAGED as error:
        raise _no_table(path, error) from error


def read_batches(path: Path, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Some columns of a Parquet file, so many rows at a time; each group of rows is checked before it is unpacked.

    Raises:
        DataFormatError: as `read_frame`.
    """
    size = file_size(path)
    try:
        with path.open("rb") as data:
            _check_footer(data, size)
            data.seek(0)
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    _check_size(path, _measure(path, file, data, MOST_ROWS, [group], columns), path, size, [group])
                    yield from file.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False)
    except _DAMAGED as error:
        raise _no_table(path, error) from error


def columns_of(path: Path) -> tuple[int, list[str]]:
    """Number of rows and names of the columns that a file claims to have, without reading them.

    Raises:
        DataFormatError: it is no Parquet file.
    """
    size = file_size(path)
    try:
        with path.open("rb") as data:
            _check_footer(data, size)
            file = pq.ParquetFile(data)
            return file.metadata.num_rows, list(file.schema_arrow.names)
    except _DAMAGED as error:
        raise _no_table(path, error) from error


def _no_table(path: Path, error: Exception) -> DataFormatError:
    return DataFormatError(path, expected="a Parquet file", got=" ".join(str(error).split()))


def _check(path: Path, content: bytes | None, most_rows: int) -> None:
    """Refuse a table that would take more memory than its file's size allows."""
    size = file_size(path) if content is None else len(content)
    try:
        with closing(path.open("rb") if content is None else io.BytesIO(content)) as data:
            _check_footer(data, size)
            data.seek(0)
            with pq.ParquetFile(data) as file:
                groups = list(range(file.num_row_groups))
                need = _measure(path, file, data, most_rows, groups)
                _check_size(path, need, path if content is None else pa.BufferReader(content), size, groups)
    except _DAMAGED as error:
        raise _no_table(path, error) from error


def _check_size(path: Path, need: _Need, source: Any, size: int, groups: list[int]) -> None:
    most, total = budget(size), need.bytes + need.texts
    if need.bytes <= most < total:
        total = need.bytes + _texts(source, need, groups)
    if total > most:
        raise DataFormatError(path, expected=f"{most / 1e6:,.0f} MB unpacked at most", got=f"{total / 1e6:,.0f} MB")


def _check_footer(data: IO[bytes], size: int) -> None:
    """The footer is unpacked as a whole whenever a file is opened."""
    if size == 0:
        raise ValueError("an empty file")
    data.seek(max(0, size - 8))
    footer, mark = int.from_bytes(data.read(4), "little"), data.read(4)
    if mark != b"PAR1":
        raise ValueError("something else")
    if footer > min(size, _LARGEST_FOOTER):
        raise ValueError(f"a footer of {footer:,} bytes")


@dataclass(frozen=True, slots=True)
class _Need:
    """Bytes that a table takes.

    Args:
        bytes: of all but texts that stand once and are repeated.
        texts: of those, at the worst: as if every row had all texts of its column's dictionary.
        repeated: the columns they are in.
    """

    bytes: int
    texts: int
    repeated: tuple[str, ...] = ()


def _measure(
    path: Path,
    file: pq.ParquetFile,
    data: IO[bytes],
    most_rows: int,
    groups: list[int],
    columns: list[str] | None = None,
) -> _Need:
    """What groups of rows take, of some columns or of all."""
    about = file.metadata
    if about.num_rows > most_rows:
        raise DataFormatError(path, expected=f"{most_rows:,} rows at most", got=f"{about.num_rows:,}")
    if about.num_columns > MOST_COLUMNS:
        raise ValueError(f"{about.num_columns:,} columns, {MOST_COLUMNS:,} at most")
    _check_types(file.schema_arrow, columns)
    fixed, texts, count = 0, 0, 0
    repeated: dict[str, None] = {}
    for group in groups:
        for number in range(about.num_columns):
            chunk, column = about.row_group(group).column(number), about.schema.column(number)
            if columns is not None and chunk.path_in_schema.partition(".")[0] not in columns:
                continue
            start = min(at for at in (chunk.dictionary_page_offset, chunk.data_page_offset) if at)
            values, plain, dictionary = 0, 0, 0
            for page in pages(data, start, chunk.total_compressed_size):
                count += 1
                if count > _MOST_PAGES:
                    raise ValueError(f"more than {_MOST_PAGES:,} pages")
                values += page.values
                plain += page.size * (page.values if page.encoding == _DELTA_BYTE_ARRAY else 1)
                dictionary += page.size if page.is_dictionary else 0
            values = max(values, chunk.num_values)
            each = _EACH_TEXT if chunk.physical_type == "BYTE_ARRAY" else max(_EACH_VALUE, column.length)
            fixed += values * each + plain
            if column.max_repetition_level:
                fixed += about.row_group(group).num_rows * _EACH_LIST
            if dictionary and chunk.physical_type == "BYTE_ARRAY":
                texts += values * dictionary
                repeated[chunk.path_in_schema] = None
    return _Need(fixed, texts, tuple(repeated))


def _check_types(schema: pa.Schema, columns: list[str] | None) -> None:
    """Plain columns and lists of them: whatever else there is, no table of ours has."""
    for field in (field for field in schema if columns is None or field.name in columns):
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
            raise ValueError(f"a column {field.name!r} of type {field.type}")
    if len(set(schema.names)) < len(schema.names):
        raise ValueError("two columns of one name")


def _texts(source: Any, need: _Need, groups: list[int]) -> int:
    """Bytes of the repeated texts as they are: each row has one of its column's dictionary."""
    total = 0
    with pq.ParquetFile(source, read_dictionary=need.repeated) as file:
        for column in (part for whole in file.read_row_groups(groups, need.repeated).columns for part in whole.chunks):
            while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
                column = column.flatten()
            if not pa.types.is_dictionary(column.type):
                total += column.nbytes
                continue
            lengths = pc.binary_length(column.dictionary)
            total += pc.sum(pc.take(lengths, column.indices)).as_py() or 0
    return total
