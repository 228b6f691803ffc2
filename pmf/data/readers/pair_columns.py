"""Which columns of a table of pairs hold the ids of source and target, and what others without a name hold."""

from __future__ import annotations

import re

from pmf.data.readers.columns import NO, PARTS, UNSURE, YES, usual_ends
from pmf.data.readers.csv_tables import Table
from pmf.data.readers.curies import Curies
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import note, session
from pmf.data.reading import score_of
from pmf.errors import DataFormatError

_NUMBERED = re.compile(r" \(\d+\)$")  # what `read_table` puts behind a name that is there before
_SAMPLES = 200, 2000
"""Rows that tell which columns hold ids: some, and where these say nothing, more, each of which takes its time."""


def pair_columns(table: Table, source: NearIds, target: NearIds) -> tuple[str, str]:
    """The columns of source and target ids; a header that is really a first row becomes one.

    Raises:
        DataFormatError: no two columns of the table hold ids of the two graphs.
    """
    options = session().options
    if options.links_source or options.links_target:
        for name in (options.links_source, options.links_target):
            if name not in table.header:
                got = ", ".join(table.header)
                raise DataFormatError(table.path, line=1, expected=f"the column {name or 'of the other side'}", got=got)
        return options.links_source, options.links_target
    named = usual_ends(table.header)
    a_link = named is not None and named[0] in source and named[1] in target
    places = (
        None
        if named and not a_link and _holds_ids(table, named, source, target)
        else _by_content(table, source, target)
    )
    if places is None and named:
        return named
    header = table.header
    if places is None:
        expected = "a column with ids of the source and one with ids of the target, such as source, target"
        raise DataFormatError(table.path, line=1, expected=expected, got=", ".join(header))
    left, right = places
    if header[left] in source and header[right] in target:
        why = "the first line is a link, not a header"
        note("guessed", why, path=table.path, count=0, example=", ".join(header))
        table.rows.insert(0, (1, [_NUMBERED.sub("", name) for name in header]))
        called = {left: "source", right: "target"}
        table.header = [called.get(i) or _what_numbers_say(table, i) for i in range(len(header))]
    else:
        why = f"{header[left]} holds ids of the source, {header[right]} ids of the target"
        note("guessed", why, path=table.path, count=0)
    return table.header[left], table.header[right]


def _what_numbers_say(table: Table, place: int) -> str:
    """A name for a column beside the ids that has none: of labels, of parts, of scores, or its number."""
    cells = {cells[place] for _, cells in table.rows} - {""}
    if cells == {"0", "1"}:
        return "label"
    scores = [score_of(cell) for cell in cells]
    if cells and {cell.casefold() for cell in cells} <= PARTS.keys():
        return "split"
    shares = bool(cells) and all(score is not None and 0 <= score <= 1 for score in scores)
    return "score" if shares else f"column {place + 1}"


def _holds_ids(table: Table, names: tuple[str, str], source: NearIds, target: NearIds) -> bool:
    """Whether either of two columns holds an id of either graph: columns called source may hold names of files."""
    curies = Curies(table.path, table.comments)
    cells = (cell for name in names for cell in table.column(name)[: _SAMPLES[-1]])
    return any(ids.find(curies.spelled(cell, ids))[0] is not None for cell in cells for ids in (source, target))


def _by_content(table: Table, source: NearIds, target: NearIds) -> tuple[int, int] | None:
    return next(filter(None, (_among(table, count, source, target) for count in _SAMPLES)), None)


def _among(table: Table, count: int, source: NearIds, target: NearIds) -> tuple[int, int] | None:
    rows = [table.header, *(cells for _, cells in table.rows[:count])]  # the header may be a link itself
    curies = Curies(table.path, table.comments)
    hits = [
        [sum(ids.find(curies.spelled(cells[place], ids))[0] is not None for cells in rows) for ids in (source, target)]
        for place in range(len(table.header))
    ]
    places = range(len(table.header))
    pairs = [(hits[i][0] + hits[j][1], i, j) for i in places for j in places if i != j and hits[i][0] and hits[j][1]]
    if not pairs:
        return None
    _, left, right = max(pairs, key=lambda pair: (pair[0], pair[1] < pair[2]))
    return left, right


def unnamed_label(table: Table, names: list[str]) -> int | None:
    """The only column beside the ids that says yes or no everywhere: links would else be what is not the same."""
    said = {name: {cell.casefold() for cell in table.column(name)} for name in names}
    binary = [name for name, words in said.items() if words <= YES | NO | UNSURE and words & YES and words & NO]
    if len(binary) != 1:
        return None
    unsure = "; the others say neither" if said[binary[0]] & UNSURE else ""
    yes, no = (", ".join(sorted(said[binary[0]] & words)) for words in (YES, NO))
    why = f"column {binary[0]} says which pairs are the same ({yes}) and which not ({no}){unsure}"
    note("guessed", why, path=table.path, count=0, remedy="Otherwise: --read links.label=none.")
    return table.header.index(binary[0])
