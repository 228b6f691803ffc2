"""Tables that are no text with separators: Parquet, and JSON with a record a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pmf.bounded.json_files import LARGEST_LOG, parse_json
from pmf.bounded.tables import columns_of, read_arrow
from pmf.data.readers.packed import is_packed, unpacked, unpacked_name
from pmf.data.readers.session import note
from pmf.data.readers.tables import check_file, read_text
from pmf.errors import DataFormatError

ENDINGS = (".parquet", ".jsonl", ".ndjson", ".json")
"""Of such files, though JSON may be something else."""

_LINES = (".jsonl", ".ndjson")
_NO_TEXT = (list, dict, bytes)
_MOST_CELLS = 30_000_000  # of a Parquet file: few bytes can stand for very many
_AT_ONCE = 10_000  # rows of it
_FIRST = 2**10  # bytes of a JSON file that tell whether it is a list of records


def holds_records(path: Path) -> bool:
    """Whether a file is Parquet or JSON lines, by its ending, or JSON that begins as a list of records does."""
    name = unpacked_name(path)
    if not name.endswith(ENDINGS) or not path.is_file():  # a pipe would never be opened
        return False
    if name.endswith(".parquet"):
        return is_parquet(path)
    return name.endswith(_LINES) or _begins_with_a_record(path)


def is_parquet(path: Path) -> bool:
    """Whether a file is no text at all, by its ending."""
    return path.suffix.lower() == ".parquet"


def _begins_with_a_record(path: Path) -> bool:
    try:
        with path.open("rb") as raw:
            first = (unpacked(path, raw) if is_packed(path) else raw).read(_FIRST)
    except (OSError, DataFormatError):
        return False
    return b"".join(first.removeprefix(b"\xef\xbb\xbf").split()).startswith(b"[{")


def read_records(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The columns of all records in order of appearance, and the rows, each with its number.

    A record within a record gives columns `outer.inner`; several values of a cell are joined by semicolons.

    Raises:
        DataFormatError: the file can't be read, or something in it is no record.
    """
    columns: dict[str, None] = {}
    records: list[tuple[int, dict[str, str]]] = []
    joined: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for number, record in _parquet(path) if is_parquet(path) else _json(path):
        cells: dict[str, str] = {}
        for name, value in _flat(record):
            values = value if isinstance(value, list) else [value]
            texts = [_text(one) for one in values if not isinstance(one, _NO_TEXT)]
            joined[name] += len(texts) > 1
            left_out[name] += len(texts) < len(values)
            cells[name] = "; ".join(filter(None, texts))
        columns |= dict.fromkeys(cells)
        records.append((number, cells))
    for name in columns:
        if joined[name]:
            note("changed", "several values are joined", path=path, column=name, unit="cell", count=joined[name])
        if left_out[name]:
            why = "a list or record within a list, or bytes"
            note("left out", why, path=path, column=name, unit="cell", count=left_out[name])
    if not records and is_parquet(path):
        columns = dict.fromkeys(_column_names(path))
    return list(columns), [(number, [cells.get(name, "") for name in columns]) for number, cells in records]


def _column_names(path: Path) -> list[str]:
    check_file(path)
    _, names = columns_of(path)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DataFormatError(path, expected="columns with names of their own", got=f"two that are called {twice!r}")
    return names


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    table = read_arrow(path, most_rows=_MOST_CELLS // max(1, len(_column_names(path))))
    rows = (row for batch in table.to_batches(_AT_ONCE) for row in batch.to_pylist())
    yield from enumerate(rows, start=1)


def _json(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    text = read_text(path)
    for number, value in _lines(path, text) if unpacked_name(path).endswith(_LINES) else _items(path, text):
        if not isinstance(value, dict):
            raise DataFormatError(path, line=number, expected="a record, {…}", got=type(value).__name__)
        yield number, value


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _parsed(path, line, number)


def _items(path: Path, text: str) -> Iterable[tuple[int, Any]]:
    if len(text) > LARGEST_LOG:
        expected = f"{LARGEST_LOG:,} characters at most; JSON lines, a record a line, may have more"
        raise DataFormatError(path, expected=expected, got=f"{len(text):,}")
    return enumerate(_parsed(path, text, None), start=1)


def _parsed(path: Path, text: str, line: int | None) -> Any:
    try:
        return parse_json(text)
    except ValueError as error:
        raise DataFormatError(path, line=line, expected="JSON", got=str(error)) from None


def _flat(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(value: Any) -> str:
    """A value as a CSV file would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if value != value else f"{value:.15g}"
    return str(value)
