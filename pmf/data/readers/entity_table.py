"""A table with a row an entity: ids, names, types, pictures, and every other column an attribute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pmf.data.readers.builder import GraphBuilder, Images
from pmf.data.readers.columns import IDS, IMAGES, MISSING, NAMES, TYPES, UNMISTAKABLE, plain_header, usual
from pmf.data.readers.csv_tables import Table
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pictures import is_rooted, picture_inside, portable
from pmf.data.readers.session import at, note, session
from pmf.errors import DataFormatError

KEEP_AS_TEXT = "missing=none"
"""The reading option that keeps words for missing values."""
KEPT_AS_TEXT = "kept as text, though it may stand for a missing value"
_USUAL = (IDS, NAMES, TYPES, IMAGES)
_SOMEBODYS = re.compile(r"(?:[\s_.-]|[a-z](?=N))(?:name|title)$", re.IGNORECASE)
_PART_OF_A_NAME = re.compile(r"first|last|middle|given|family|fore|sur|user|file|nick|maiden|short|alt", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_ERROR = re.compile(r"#[A-ZÄÖÜ0-9/]{1,9}[!?]|#NV")  # as spreadsheets write in any language
_LIST = re.compile("[;|,]")
_WEB = ("http://", "https://", "ftp://", "data:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what; None where no column is.

    Args:
        id: ids; None numbers the rows.
        name: names.
        type: types.
        image: picture files.
    """

    id: str | None
    name: str | None
    type: str | None
    image: str | None


def columns_of(table: Table, side: str) -> Columns:
    """The columns that a person chose, else those with usual names; what was guessed is noted.

    Args:
        table: one graph's table.
        side: source or target.

    Raises:
        DataFormatError: a chosen column is not there.
    """
    columns: dict[str, str | None] = {}
    for what, words in (("id", IDS), ("name", NAMES), ("type", TYPES), ("image", IMAGES)):
        chosen = str(getattr(session().options, f"{side}_{what}"))
        if chosen and chosen != "none" and chosen not in table.header:
            got = ", ".join(table.header)
            raise DataFormatError(table.path, line=1, expected=f"the column {chosen}", got=got)
        free = [name for name in table.header if name not in columns.values()]
        guess = chosen or usual(free, words)
        if what == "id":
            guess = guess or _labelled(table.header) or _first_unique(table)
        elif what == "name":
            guess = guess or _label_of(columns["id"], free) or usual(filter(None, [columns["id"]]), words)
            guess = guess or _only_name(table, free)
        columns[what] = guess = None if chosen == "none" else guess
        if guess and not chosen and guess.lower() != what:
            why = f"column {guess} is taken as the {what}"
            remedy = f"Otherwise: --read {side}.{what}=COLUMN."
            note("guessed", why, path=table.path, count=0, remedy=remedy, setting=f"{side}.{what}={guess}")
    if any(map(_NUMBER.fullmatch, table.header)) and not any(usual(table.header, words) for words in _USUAL):
        why = "the first line is taken as names of columns, though it holds a number"
        remedy = "If it is data, put a line with names of columns above it."
        note("guessed", why, path=table.path, count=0, example=", ".join(table.header), remedy=remedy)
    plain = set(map(plain_header, table.header))
    for name, triple in (("attributes", ("entity", "attribute", "value")), ("relations", ("head", "relation", "tail"))):
        if plain >= set(triple):
            why = f"a row is taken as an entity, though its columns are called {', '.join(triple)}"
            remedy = f"If a row is a statement, name the file {side}/{name}.csv, beside {side}/entities.csv."
            note("guessed", why, path=table.path, count=0, remedy=remedy)
    return Columns(**columns)


def _labelled(header: list[str]) -> str | None:
    """The first column that another one names, as SPARQL services do: item, itemLabel."""
    return next((name for name in header if _label_of(name, header)), None)


def _only_name(table: Table, free: list[str]) -> str | None:
    """The only column called somebody's name, such as company_name, in which most cells are different."""
    named = [name for name in free if _SOMEBODYS.search(name) and not _PART_OF_A_NAME.search(name)]
    cells = table.column(named[0]) if len(named) == 1 else []
    return named[0] if len(set(cells)) * 2 > len(cells) else None


def _label_of(column: str | None, header: list[str]) -> str | None:
    """The column that names what is in another one."""
    wanted = f"{plain_header(column or '')}label"
    return next((name for name in header if column and plain_header(name) == wanted), None)


def _first_unique(table: Table) -> str | None:
    """The first column in which every cell is filled and different."""
    for name in table.header:
        cells = table.column(name)
        if all(cells) and len(set(cells)) == len(cells):
            return name
    return None


def fill_entities(
    table: Table, columns: Columns, graph: GraphBuilder, folder: Path, places: tuple[str, ...] = ("", "images/")
) -> Images:
    """Put the rows into a graph.

    A row whose id was there before adds its values to that entity. Words that stand for a missing value count as
    empty cells (see `Reading.missing`).

    Args:
        table: the table.
        columns: which column is what.
        graph: filled.
        folder: where the pictures lie that its image column names.
        places: folders in it to look for them, in this order.

    Returns:
        Pictures by row.
    """
    images: Images = {}
    graph.named_by = f"column {columns.name}" if columns.name else ""
    if columns.id is None:
        note("guessed", "no column tells the rows apart: their numbers are the ids", path=table.path, count=0)
    no_value, reported = MissingWords(table.path), set[tuple[int, str, str]]()
    for number, (line, cells) in enumerate(table.rows, start=1):
        row = dict(zip(table.header, cells, strict=True))
        take = row.__getitem__ if columns.id == columns.name else row.pop
        entity = take(columns.id) if columns.id else str(number)
        if not entity or (columns.id and no_id(entity, no_value, columns.id)):
            remedy = "If such a row goes on from the one above, as joined cells do, write that one's id into it too."
            shown = at(line, ", ".join(filter(None, cells)))
            note("left out", "no id", path=table.path, example=shown, remedy=remedy if graph.entities else "")
            continue
        if entity in graph.entities:
            why = "an id that was there before: the values are added to that entity"
            note("changed", why, path=table.path, example=at(line, entity))
        at_row = graph.entity(entity)
        values = {column: value for column, value in row.items() if value and not no_value(column, value)}
        if columns.image in values:
            value = values.pop(columns.image or "")
            if picture := _picture(folder, places, value, table.path, line):
                images.setdefault(at_row, picture)
        for column, value in _other_values(values, columns, graph, at_row):
            if (at_row, column, value) not in reported:
                reported.add((at_row, column, value))
                graph.add_attribute(at_row, column, value)
    if not graph.entities:
        raise DataFormatError(table.path, expected="at least one entity", got="only a header")
    return images


def _other_values(values: dict[str, str], columns: Columns, graph: GraphBuilder, row: int) -> list[tuple[str, str]]:
    """What is neither the name nor the type of a row, which are put in; another name of it is one more value."""
    for texts, name in ((graph.names, columns.name), (graph.types, columns.type)):
        if name in values and (row not in texts or texts[row] == values[name]):
            texts[row] = values.pop(name or "")
    return list(values.items())


def _picture(folder: Path, places: tuple[str, ...], value: str, path: Path, line: int) -> Path | None:
    """The picture that a cell names, the first of several; notes say what is not taken."""
    one = value.lower().startswith(_WEB) or _found(folder, places, value, path, line)
    parts = [value] if one else [portable(part.strip(), path, line) for part in _LIST.split(value)]
    taken: Path | None = None
    for part in filter(None, map(str.strip, parts)):
        picture = None if part.lower().startswith(_WEB) else _found(folder, places, part, path, line)
        if picture is not None and taken is None:
            taken = picture
            continue
        why = "its entity has one already" if picture else "no such file"
        if part.lower().startswith(_WEB):
            why = "on the web, from where nothing is fetched"
        note("left out", why, path=path, unit="picture", example=at(line, part))
    return taken


def _found(folder: Path, places: tuple[str, ...], name: str, path: Path, line: int) -> Path | None:
    if is_rooted(name):
        return None
    return next(filter(None, (picture_inside(folder, place + name, path, line) for place in places)), None)


def no_id(text: str, no_value: MissingWords, column: str, *graphs: NearIds) -> bool:
    """Whether a cell of ids holds a word for a missing value that is the id of nothing."""
    return not any(text in ids for ids in graphs) and no_value(column, text, surely=True)


class MissingWords:
    """Which cells of a file hold a word for a missing value; every column with one is noted."""

    def __init__(self, path: Path) -> None:
        chosen = session().options.missing
        self.path = path
        self.kept = chosen == "none"
        self.chosen = {word.strip().casefold() for word in chosen.split(",") if word.strip() and not self.kept}

    def __call__(self, column: str, value: str, *, surely: bool = False) -> bool:
        """Whether a value is such a word and is left out.

        Args:
            column: where it stands.
            value: the cell.
            surely: only words that can mean nothing else: what somebody stated may be NA or a minus.
        """
        words = self.chosen or (UNMISTAKABLE if surely else MISSING)
        error = not self.chosen and _ERROR.fullmatch(value)
        if len(value) > 40 or (value.casefold() not in words and not error):
            return False
        if self.kept:
            note("known", KEPT_AS_TEXT, path=self.path, column=column, unit="cell", example=value)
            return False
        why = "read as a missing value"
        remedy = f"To keep such words as text: --read {KEEP_AS_TEXT}."
        note("changed", why, path=self.path, column=column, unit="cell", example=value, remedy=remedy,
             setting=KEEP_AS_TEXT)  # fmt: skip
        return True
