"""CSV files as spreadsheets, data frames and matchers save them: a header line, then rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pmf.data.readers.columns import ALSO, IDS, IMAGES, NAMES, TYPES, plain_header, usual, usual_pair
from pmf.data.readers.dialect import QUOTED, SEPARATORS, quote_of, separator_of
from pmf.data.readers.neo4j_headers import plain_names
from pmf.data.readers.no_data import data_rows
from pmf.data.readers.records import holds_records, read_records
from pmf.data.readers.session import at, note
from pmf.data.readers.sparql_results import is_sparql, sparql_rows
from pmf.data.readers.tables import read_text
from pmf.errors import DataFormatError

TABLES = (".csv", ".tsv", ".tab", ".psv")
"""Endings of tables, each perhaps followed by that of a compressed file."""
_UNNAMED = re.compile(r"|Unnamed: \d+(?:_level_\d+)?|\.\.\.\d+")
_MOST_ABOVE = 20
_USUAL = frozenset((*IDS, *NAMES, *TYPES, *IMAGES))
csv.field_size_limit(2**22)  # characters of a cell; the usual limit is less than a long text has


@dataclass(slots=True)
class Table:
    """A CSV file as it stands, but for cells in excess or wanting.

    Args:
        path: the file.
        header: its column names, each there once.
        rows: (line number, cells), as many cells as columns.
        comments: lines above the header that begin with "#", as SSSOM has them.
    """

    path: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]
    comments: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """The cells of a column, from the top."""
        place = self.header.index(name)
        return [cells[place] for _, cells in self.rows]

    def drop(self, place: int) -> None:
        """Take a column out."""
        del self.header[place]
        for _, cells in self.rows:
            del cells[place]


def read_table(path: Path) -> Table:
    """The rows below the header.

    The separator is what the header holds most of: comma, semicolon, tab or upright stroke; or what a first line
    `sep=;` says; where it has none of them, rarer signs that the second line has as often. Texts stand in double
    quotes, which are written twice or after a backslash inside one; or in single ones, where all of the header does.
    White space around a cell and rows of empty cells are dropped. A row that is short gets empty cells; one with more
    text than columns is left out, as are lines of dashes, the header again, and totals and remarks below the data. A
    first column without a name that only counts the rows, as data frames write, is left out, and so are empty columns
    without a name. All that is said in notes.

    Raises:
        DataFormatError: the file can't be read, has no header, or its quotes don't close.
    """
    comments, header, rows = _cells(path)
    if not header:
        raise DataFormatError(path, expected="a header", got="an empty file")
    header = plain_names(path, [" ".join(name.split()) for name in header])
    _row_names(path, header, rows)
    again = usual_pair(header) is not None or usual(header, (*IDS, *NAMES)) is not None
    rows = data_rows(path, header, rows, header_again=again)
    table = Table(path, header, _fitted(path, header, rows), comments)
    _unnamed_columns(table)
    _each_name_once(table)
    return table


def _cells(path: Path) -> tuple[tuple[str, ...], list[str], list[tuple[int, list[str]]]]:
    """Comments, header and rows, each row with its line."""
    if holds_records(path):
        return (), *read_records(path)
    text = read_text(path)
    if "\n" not in text:  # as old programs on a Macintosh end lines
        text = text.replace("\r", "\n")
    if count := text.count("\n\ufeff"):
        text = text.replace("\n\ufeff", "\n")
        why = "it began with a byte order mark, as where files were joined"
        note("changed", why, path=path, unit="line", count=count)
    if is_sparql(text):
        (_, header), *rows = sparql_rows(text)
        return (), header, rows
    comments, text = _comments(text)
    skipped = len(comments)
    first = text.partition("\n")[0].strip().strip('"')
    separator = ""
    if first.lower().startswith("sep=") and len(first) <= 5:
        separator = first[4:] or "\t"
        text, skipped = text.partition("\n")[2], skipped + 1
    if above := _above(text, separator):
        lines = text.split("\n", above)
        shown = at(skipped + 1, lines[0].strip())
        note("left out", "above the header", path=path, unit="line", count=above, example=shown)
        text, skipped = lines[-1], skipped + above
    separator = separator or separator_of(path, text)
    quote = quote_of(path, text, separator)
    try:
        rows = list(_parsed(text, separator, quote, None))
    except _WrongRowError as wrong:
        try:
            rows = list(_parsed(text, separator, quote, "\\"))
        except _WrongRowError:
            line, error = wrong.args
            raise DataFormatError(path, line=line + skipped, expected="CSV", got=_in_words(error)) from None
        note("guessed", "quotes inside a text have a backslash before them", path=path, count=0)
    rows = [(line + skipped, cells) for line, cells in rows if any(cells)]
    return (comments, rows[0][1], rows[1:]) if rows else (comments, [], [])


class _WrongRowError(Exception):
    """A row that is no CSV: the line where it begins, and why."""


def _parsed(text: str, separator: str, quote: str, escape: str | None) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text, each with its last line.

    Raises:
        _WrongRowError: a row is no CSV.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, escapechar=escape, strict=True
    )
    begins = 1
    try:
        for row in reader:
            begins = reader.line_num + 1
            yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise _WrongRowError(begins, error) from error


def _in_words(error: csv.Error) -> str:
    """What is wrong with a row, in words that say how to mend it."""
    open_ = "unexpected end of data" in str(error)
    return "a quote that is not closed; write one inside a text twice" if open_ else str(error)


def _above(text: str, separator: str) -> int:
    """Lines above the header, such as a title: those above usual column names, in more columns than they have.

    As many columns do where half of their cells at least are empty, as where a spreadsheet joins cells.

    Args:
        text: of the file.
        separator: where the file names it, else "".
    """
    lines = text.split("\n", _MOST_ABOVE)[:_MOST_ABOVE]
    separator = separator or max(SEPARATORS, key=lambda one: max(line.count(one) for line in lines))
    widths = [QUOTED.sub("", line).count(separator) for line in lines]
    for place, line in enumerate(lines):
        cells = [cell.strip().strip('"') for cell in line.split(separator)]
        if line.count('"') % 2:  # a name of a column that goes on in the next line
            return 0
        if widths[place] and (usual_pair(cells) or not _USUAL.isdisjoint(map(plain_header, cells))):
            joined = all(cells) and not any(cell[:1].isdigit() for cell in cells)
            above = zip(lines[:place], widths, strict=False)
            return (
                place if all(width < widths[place] or (joined and _gaps(one, separator)) for one, width in above) else 0
            )
    return 0


def _gaps(line: str, separator: str) -> bool:
    """Whether half of the cells of a line at least are empty."""
    cells = [cell.strip() for cell in line.split(separator)]
    return len(cells) > 2 and cells.count("") * 2 >= len(cells)


def _comments(text: str) -> tuple[tuple[str, ...], str]:
    """Lines that begin with "#" above a header with more separators than they have, and the text below them."""
    lines = []
    while text.startswith("#"):
        line, _, rest = text.partition("\n")
        lines.append(line.rstrip("\r"))
        text = rest
    most = max((line.count("\t") for line in lines), default=0)
    if lines and most < text.partition("\n")[0].count("\t"):
        return tuple(lines), text
    return (), "\n".join((*lines, text)) if lines else text


def _row_names(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> None:
    """R writes names of rows, but no header above them."""
    if len(header) > 1 and rows and all(len(cells) == len(header) + 1 and cells[-1] for _, cells in rows):
        header.insert(0, "")


def _fitted(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    width, fitted = len(header), []
    for line, cells in rows:
        if len(cells) < width:
            got = at(line, f"{len(cells)} cells of {width}")
            note("changed", "fewer cells than the header: the last ones count as empty", path=path, example=got)
            cells = [*cells, *[""] * (width - len(cells))]
        if any(cells[width:]):
            got = at(line, f"{len(cells)} cells of {width}")
            why = "more cells than the header (is a separator inside a text without quotes?)"
            note("left out", why, path=path, example=got)
            continue
        fitted.append((line, cells[:width]))
    return fitted


def _unnamed_columns(table: Table) -> None:
    for place in reversed(range(len(table.header))):
        if not _UNNAMED.fullmatch(table.header[place]):
            continue
        cells = [row[place] for _, row in table.rows]
        if place == 0 and cells and _counts(cells):
            note("left out", "it only counts the rows", path=table.path, unit="column", example="the first one")
            table.drop(place)
        elif not any(cells):
            table.drop(place)
            shown = f"column {place + 1}"
            note("left out", "no name and no cell filled", path=table.path, unit="column", example=shown)
        else:
            table.header[place] = f"column {place + 1}"
            note("guessed", "it has no name", path=table.path, unit="column", example=table.header[place])


def _counts(cells: list[str]) -> bool:
    return cells in ([str(i + start) for i in range(len(cells))] for start in (0, 1))


def _each_name_once(table: Table) -> None:
    seen: set[str] = set()
    for place, name in enumerate(table.header):
        if name in seen:
            numbered = (f"{name} ({n})" for n in range(2, len(table.header) + 2))
            table.header[place] = next(new for new in numbered if new not in seen)
            note("changed", "another one has its name", path=table.path, unit="column", example=table.header[place])
        seen.add(table.header[place])


def read_csv(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), *, others: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with known columns, each with its 1-based line number; see `read_table`.

    Columns may stand in any order, header names in any case; those wanting may have another usual name.

    Args:
        path: the file.
        required: columns that must be there.
        optional: columns that may be there.
        others: whether other columns are yielded too; if not, a note says that they are left out.

    Yields:
        (line number, cells by column); "" is an empty cell.

    Raises:
        DataFormatError: the file can't be read, or a column is missing or double.
    """
    table = read_table(path)
    by_header = {plain_header(name): name for name in (*required, *optional)}
    header = [by_header.get(plain_header(name), name) for name in table.header]
    for name in required:
        other = usual(table.header, ALSO.get(name, ())) if name not in header else None
        if other and other in header:
            header[header.index(other)] = name
            note("guessed", f"column {other} is taken as the {name}", path=path, count=0)
    double = next(
        (name for name in by_header.values() if header.count(name) > 1 or f"{name} (2)" in table.header), None
    )
    if double or not set(required) <= set(header):
        expected = f"the columns {', '.join(required)}" + (f" and perhaps {', '.join(optional)}" if optional else "")
        raise DataFormatError(path, line=1, expected=expected, got=", ".join(table.header))
    wanted = [(place, name) for place, name in enumerate(header) if others or name in by_header.values()]
    for name in header if not others else ():
        if name not in by_header.values():
            note("left out", "nothing here reads it", path=path, unit="column", example=name)
    for line, cells in table.rows:
        yield line, {name: cells[place] for place, name in wanted}
