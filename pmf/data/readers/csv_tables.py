"""CSV files as spreadsheets save them: a header line, then rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from pmf.data.readers.tables import read_text
from pmf.errors import DataFormatError


def read_csv(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), *, others: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file, each with its 1-based line number.

    The separator is the comma, semicolon or tab that the header holds most of. Columns may stand in any order, header
    names in any case. White space around a cell and rows of empty cells are dropped.

    Args:
        path: UTF-8, with or without byte order mark.
        required: columns that must be there.
        optional: columns that may be there.
        others: whether there may be any other columns.

    Yields:
        (line number, cells by column); "" is an empty cell.

    Raises:
        DataFormatError: the file can't be read, or a column or a cell is missing, unknown or double.
    """
    text = read_text(path)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not header:
                header = _header(path, cells, required, optional, others)
                continue
            if len(cells) != len(header):
                got = f"{len(cells)} cells"
                raise DataFormatError(path, line=rows.line_num, expected=f"{len(header)} cells, as above", got=got)
            yield rows.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise DataFormatError(path, line=rows.line_num, expected="CSV", got=str(error)) from error
    if not header:
        raise DataFormatError(path, expected=f"a header with {', '.join(required)}", got="an empty file")


def _header(path: Path, cells: list[str], required: Sequence[str], optional: Sequence[str], others: bool) -> list[str]:
    known = {*required, *optional}
    header = [cell.lower() if cell.lower() in known else cell for cell in cells]
    whole = set(required) <= set(header) and "" not in header and len(set(header)) == len(header)
    if not whole or not (others or known.issuperset(header)):
        expected = f"the columns {', '.join(required)}" + (f" and perhaps {', '.join(optional)}" if optional else "")
        raise DataFormatError(path, line=1, expected=expected, got=", ".join(cells))
    return header
