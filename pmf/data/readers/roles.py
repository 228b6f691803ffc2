"""Which file of a folder is the source, which the target, and which holds the links."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pmf.data.readers.columns import IDS, PARTS, plain_header, usual, usual_pair
from pmf.data.readers.csv_graph import ENTITIES, table_in
from pmf.data.readers.csv_tables import TABLES, Table, read_table
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.packed import is_packed, unpacked, unpacked_name
from pmf.data.readers.rdf_files import rdf_ending, rdf_stem, statements
from pmf.data.readers.rdf_links import LINK_PROPERTIES, rdf_rows
from pmf.data.readers.records import ENDINGS, holds_records
from pmf.data.readers.session import begin, note, session
from pmf.data.readers.ways_on import instead
from pmf.errors import DataFormatError

_SIDE_STEMS = (
    ("source", "target"), ("left", "right"), ("ltable", "rtable"), ("tablea", "tableb"), ("a", "b"), ("kg1", "kg2"),
    ("graph1", "graph2"), ("d1", "d2"), ("1", "2"),
)  # fmt: skip
_SUBJECTS = 20_000  # statements of an RDF file whose subjects tell which side a link names first
_FIRST_LINES = 2**14  # bytes of a text file that tell whether it is a table
_LOOKED_AT = 200  # rows or statements that tell what a file is


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The files of a data set.

    Args:
        source: of the source graph: a table, an RDF file, or `entities.csv` in the folder `source`.
        target: of the target graph.
        links: files of links, each with its part ("" where it is not a part); none where no links are known.
    """

    source: Path
    target: Path
    links: tuple[tuple[Path, str], ...] = ()


TABLE_ENDINGS = (*TABLES, ".txt", *ENDINGS)
"""Of files that may be tables; what is in a `.txt` or `.json` tells whether it is one."""


def is_table(path: Path) -> bool:
    """Whether a file is a table, by its ending; a text file is one if its first line looks like a header."""
    name = unpacked_name(path)
    return name.endswith(TABLES) or (name.endswith(".txt") and _has_columns(path)) or holds_records(path)


def _has_columns(path: Path) -> bool:
    """Whether the first two lines have as many tabs, semicolons or upright strokes, or all lines one or two blanks."""
    try:
        with path.open("rb") as raw:
            lines = (unpacked(path, raw) if is_packed(path) else raw).read(_FIRST_LINES).decode("latin-1").split("\n")
    except (OSError, DataFormatError):
        return False
    counts = [[line.count(sign) for sign in "\t;|"] for line in lines[:2]]
    blanks = {line.strip().count(" ") for line in lines[:-1]}
    columns = len(lines) > 3 and len(blanks) == 1 and 0 < min(blanks) < 3
    return columns or (len(counts) == 2 and any(one == other > 0 for one, other in zip(*counts, strict=True)))


def stem(path: Path) -> str:
    """A file's plain name without what says its format."""
    return plain_header(rdf_stem(path) if rdf_ending(path) else path.name.partition(".")[0])


def loose_files(folder: Path) -> list[Path]:
    """Tables and RDF files that lie in the folder itself, in order of name; of a table saved twice, the text."""
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    texts = [path for path in files if rdf_ending(path) or (is_table(path) and not holds_records(path))]
    twice = {stem(path) for path in texts}  # the same table, saved in two ways
    return sorted([*texts, *(path for path in files if holds_records(path) and stem(path) not in twice)])


def named_sides(folder: Path) -> list[Path | None]:
    """The file called source, and the one called target, or their folders' table of entities; None for none.

    Raises:
        DataFormatError: there are two of one name.
    """
    files = loose_files(folder)
    sides: list[Path | None] = []
    for side in ("source", "target"):
        fits = [path for path in files if stem(path) == side]
        fits += filter(None, [table_in(folder / side, ENTITIES)])
        if len(fits) > 1:
            raise DataFormatError(folder, expected="one file of a kind", got=" and ".join(p.name for p in fits))
        sides.append(fits[0] if fits else None)
    return sides


def find_roles(folder: Path) -> Roles:
    """What each file is: as a person chose, by name, else by what is in the files; notes say what was guessed.

    Raises:
        DataFormatError: it can't be told; the message names the files and the options that tell.
    """
    options = session().options
    named = named_sides(folder)
    chosen = [_chosen(folder, name) for name in (options.source, options.target)]
    sides = [picked or by_name for picked, by_name in zip(chosen, named, strict=True)]
    rest = [path for path in loose_files(folder) if path not in sides]
    links = _chosen_links(folder, options.links)
    if sides[0] and sides[1]:
        return Roles(source=sides[0], target=sides[1], links=links if links is not None else _links_among(folder, rest))
    if any(sides) and any(named) and not any(chosen):
        missing = "target" if sides[0] else "source"
        expected = f"a table or RDF file called {missing}, or {missing}/{ENTITIES}"
        raise DataFormatError(folder, expected=expected, got=instead(path for path in folder.iterdir()))
    return _guessed(folder, loose_files(folder), sides, links)


def _chosen(folder: Path, name: str) -> Path | None:
    if not name:
        return None
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise DataFormatError(folder, expected="a file inside the data folder", got=name)
    if not path.is_file():
        raise DataFormatError(path, expected="a file", got="nothing")
    return folder / name


def _chosen_links(folder: Path, name: str) -> tuple[tuple[Path, str], ...] | None:
    if name == "none":
        return ()
    return tuple((path, "") for part in name.split(",") if (path := _chosen(folder, part.strip()))) if name else None


def _links_among(folder: Path, files: list[Path]) -> tuple[tuple[Path, str], ...]:
    """Files of links beside two sides that are known: one called links, else all that hold pairs."""
    called = [path for path in files if stem(path) == "links"]
    if len(called) > 1:
        raise DataFormatError(folder, expected="one file of a kind", got=" and ".join(path.name for path in called))
    chosen = called or [path for path in files if _holds_pairs(path)]
    if not chosen:
        remedy = "To name one: --read links=FILE. Without links, training starts from names, values or pictures."
        note("known", "no file of links is there", path=folder / "links.csv", count=0, remedy=remedy)
    return _with_parts(chosen)


def _with_parts(files: Iterable[Path]) -> tuple[tuple[Path, str], ...]:
    return tuple((path, PARTS.get(stem(path), "")) for path in files)


def _guessed(
    folder: Path, files: list[Path], sides: list[Path | None], links: tuple[tuple[Path, str], ...] | None
) -> Roles:
    known = sum(side is not None for side in sides)
    graphs = rest = [path for path in files if path not in sides]
    pairs = [path for path, _ in links or ()]
    if not links and (len(rest) + known > 2 or any(stem(path) == "links" for path in rest)):
        pairs = list(filter(_holds_pairs, rest))
        if len(rest) == 3 and len(pairs) != 1:  # columns x and y may be places as well
            pairs = _pairs_by_content(rest) or pairs
    rest = [path for path in rest if path not in pairs]
    if len(rest) + known < 2 and (not rest or any(map(rdf_ending, pairs))):  # a graph may hold the links itself
        rest = graphs
    if len(rest) + known != 2:
        expected = "two tables or RDF files, and perhaps one of links"
        got = ", ".join(path.name for path in files) or "no such file"
        remedy = "say which is which: --read source=FILE --read target=FILE --read links=FILE"
        raise DataFormatError(folder, expected=f"{expected}; {remedy}", got=got)
    source, target = _in_order(rest, pairs) if len(rest) == 2 else (sides[0] or rest[0], sides[1] or rest[0])
    chosen = links if links is not None else _with_parts(pairs)
    held = "; there are no links"
    if chosen:
        held = f", and {', '.join(path.name for path, _ in chosen)} hold{'s' if len(chosen) == 1 else ''} the links"
    remedy = "Otherwise: --read source=FILE --read target=FILE --read links=FILE."
    why = f"{source.name} is the source, {target.name} the target{held}"
    note("guessed", why, path=folder, count=0, remedy=remedy)
    return Roles(source=source, target=target, links=chosen)


def _holds_pairs(path: Path) -> bool:
    """Whether a file holds links, not a graph, by its columns or its first statements."""
    with begin(session().folder, session().options):  # what there is to say is said when the file is read in earnest
        try:
            if rdf_ending(path):
                first = list(itertools.islice(statements(path), _LOOKED_AT))
                return any(LINK_PROPERTIES.match(predicate) for _, predicate, _ in first) and (
                    sum(LINK_PROPERTIES.match(predicate) is not None for _, predicate, _ in first) * 3 > len(first)
                )
            return usual_pair(read_table(path).header) is not None
        except DataFormatError:
            return False


def _pairs_by_content(files: list[Path]) -> list[Path]:
    """The one of three tables whose rows name rows of the two others: most of them do, or it is the only one with any.

    Graphs may be samples, with all links beside them.
    """
    if not all(map(is_table, files)):
        return []
    with begin(session().folder, session().options):
        tables = [read_table(path) for path in files]
    naming: dict[Path, float] = {}
    for table in tables:
        left, right = (_ids(other) for other in tables if other is not table)
        both = [any(c in left for c in cells) and any(c in right for c in cells) for _, cells in table.rows]
        if any(both):
            naming[table.path] = sum(both) / len(both)
    best = max(naming, key=naming.__getitem__, default=None)
    return [best] if best and (len(naming) == 1 or naming[best] > 0.5) else []


def _ids(table: Table) -> NearIds:
    name = usual(table.header, IDS) or table.header[0]
    return NearIds({text: row for row, text in enumerate(table.column(name))})


def _in_order(files: list[Path], pairs: list[Path]) -> tuple[Path, Path]:
    """Source first: by names of files, else by what the links name first, else by name."""
    first, second = files
    by_stem = {stem(path): path for path in files}
    for left, right in _SIDE_STEMS:
        if left in by_stem and right in by_stem:
            return by_stem[left], by_stem[right]
    if pairs:
        with begin(session().folder, session().options):
            named = _named_first(pairs[0])
            here, there = (sum(entity in ids for entity in named) for ids in map(_some_ids, files))
        if there > here:
            return second, first
    return first, second


def _named_first(path: Path) -> list[str]:
    """What some links of a file have first."""
    if rdf_ending(path):
        return [row.left for row in itertools.islice(rdf_rows(path), _LOOKED_AT)]
    table = read_table(path)
    return table.column((usual_pair(table.header) or table.header)[0])[:_LOOKED_AT]


def _some_ids(path: Path) -> NearIds:
    """Ids of a graph: all of a table, those at the beginning of an RDF file."""
    if is_table(path):
        return _ids(read_table(path))
    first = itertools.islice(statements(path), _SUBJECTS)
    return NearIds({subject.value: row for row, (subject, _, _) in enumerate(first)})
