"""Files of links in any usual form, as rows of two ids.

| form | what counts as a link |
|---|---|
| a table of pairs (CSV, TSV, SSSOM) | two columns of ids, by their usual names or by the ids in them |
| a table of clusters | a row a record: a column of ids of both graphs, and one of clusters |
| RDF | `owl:sameAs`, `skos:exactMatch`, `skos:closeMatch`, `owl:equivalentClass`, `owl:equivalentProperty` |
| RDF of the Alignment API (OAEI) | cells with `entity1`, `entity2` and the relation `=` |

A table may also have a label (1 the same, 0 not), a score, a relation, a split, or verdicts of people. Rows that say
"not the same", as `owl:differentFrom` does in RDF, are no links, but kept apart for training. A relation that is not
sameness says neither: a note counts such rows, as it does every column not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

from pmf.data.readers.clusters import pairs_of_clusters
from pmf.data.readers.columns import (
    LABELS,
    NO,
    PARTS,
    RELATIONS,
    SCORES,
    SPLITS,
    UNSURE,
    YES,
    plain_header,
    usual,
)
from pmf.data.readers.csv_tables import Table, read_table
from pmf.data.readers.curies import Curies
from pmf.data.readers.entity_table import MissingWords, no_id
from pmf.data.readers.link_row import LEAST, NOT_THE_SAME, LinkRow, too_low
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pair_columns import pair_columns, unnamed_label
from pmf.data.readers.predicates import MODIFIER, SAME_WORDS
from pmf.data.readers.rdf_files import rdf_ending
from pmf.data.readers.rdf_links import rdf_rows
from pmf.data.readers.records import is_parquet
from pmf.data.readers.session import at, note, session
from pmf.data.readers.tables import bare, read_text
from pmf.data.reading import score_of
from pmf.errors import DataFormatError

_LIST = re.compile("[;|,]")
_MOSTLY = 0.8
"""Share of the cells of a column of labels that say yes or no: other words do not make links of those that say no."""


def link_rows(path: Path, source: NearIds, target: NearIds, *, strict: bool = False) -> list[LinkRow]:
    """The links of a file, and the pairs that it says are not the same.

    Args:
        path: the file; its ending says whether it is RDF.
        source: entities of the source graph, to tell which column is which where names of columns don't.
        target: those of the target graph.
        strict: refuse short ids whose prefix nothing explains; otherwise a note counts them.

    Raises:
        DataFormatError: it can't be read, or no two columns of it hold ids.
    """
    if rdf_ending(path):
        rows = list(rdf_rows(path))
        if not rows and path.stat().st_size:
            raise DataFormatError(path, expected="at least one link", got="statements about other things")
        return rows
    if not is_parquet(path) and not read_text(path).strip():
        note("known", "it is empty: no links", path=path, count=0)
        return []
    table = read_table(path)
    try:
        left, right = pair_columns(table, source, target)
    except DataFormatError:
        pairs = pairs_of_clusters(table, source, target)
        if pairs is None:
            raise
        table, left, right = pairs, *pairs.header
    curies = Curies(path, table.comments)
    rows = list(_table_rows(table, curies, (left, source), (right, target)))
    if not rows and not table.rows:
        note("known", "no row below the header: no links", path=path, count=0)
    if strict:
        curies.require_known()
    curies.note_unknown()
    return rows


@dataclass(slots=True)
class _Columns:
    """Places of the columns that say more about a pair; None where there is no such column."""

    label: int | None
    score: int | None
    relation: int | None
    split: int | None
    modifier: int | None


def _place(
    table: Table,
    rest: list[str],
    chosen: str,
    words: tuple[str, ...],
    fits: frozenset[str] | None = None,
    share: float = 1.0,
) -> int | None:
    """The column that a person chose, else one of `rest` with a usual name, so large a share of whose cells fits."""
    if chosen == "none":
        return None
    if chosen and chosen not in table.header:
        got = ", ".join(table.header)
        raise DataFormatError(table.path, line=1, expected=f"the column {chosen}", got=got)
    name = chosen or usual(rest, words)
    if name is None:
        return None
    cells = table.column(name)
    if fits is not None and not chosen and sum(cell.casefold() in fits for cell in cells) < share * len(cells):
        return None
    return table.header.index(name)


def _columns(table: Table, left: str, right: str) -> _Columns:
    options = session().options
    rest = [name for name in table.header if name not in (left, right)]

    place = partial(_place, table, rest)
    columns = _Columns(
        label=place(options.links_label, LABELS, YES | NO | UNSURE, _MOSTLY),
        score=place(options.links_score, SCORES),
        relation=place("", RELATIONS),
        split=place(options.links_split, SPLITS[:1]) if options.links_split else place("", ("split",)),
        modifier=place("", (MODIFIER,)),
    )
    if columns.label is None and not options.links_label:
        columns.label = unnamed_label(table, rest)
    if columns.split is None and not options.links_split:
        columns.split = place("", SPLITS, frozenset(PARTS) | {""})
    used = {getattr(columns, name) for name in ("label", "relation", "split", "modifier")}
    if columns.score is not None and options.least_score:
        used.add(columns.score)
    for i, name in enumerate(table.header):
        if name not in (left, right) and i not in used:
            remedy = LEAST if i == columns.score else ""
            note("left out", "nothing here reads it", path=table.path, unit="column", example=name, remedy=remedy)
    return columns


def _table_rows(table: Table, curies: Curies, *sides: tuple[str, NearIds]) -> Iterator[LinkRow]:
    (left, _), (right, _) = sides
    columns = _columns(table, left, right)
    places = [table.header.index(name) for name, _ in sides]
    graphs = [ids for _, ids in sides]
    no_value = MissingWords(table.path)
    if columns.score is not None:
        _note_scale(table, columns.score)
    for line, cells in table.rows:
        ends = [
            ""
            if no_id(cells[place], no_value, table.header[place], *graphs)
            else curies.spelled(cells[place], *graphs, line=line)
            for place in places
        ]
        if not any(ends):
            note("left out", "no id", path=table.path, example=at(line, ", ".join(filter(None, cells))))
            continue
        same = _same(table.path, columns, line, cells, ends)
        if same is not None:
            part = _part(table, columns.split, line, cells)
            for one, other in product(*(_several(table.path, line, bare(end), graphs) for end in ends)):
                yield LinkRow(line, one, other, part, same)


def _note_scale(table: Table, place: int) -> None:
    """Say so where scores are compared with a least one of another scale."""
    least = score_of(session().options.least_score)
    highest = max((score_of(cells[place]) or 0 for _, cells in table.rows), default=0)
    if least is not None and least <= 1 < highest:
        why = f"scores go up to {highest:g}, and the least score is {least:g}: both are taken as they are written"
        note("known", why, path=table.path, column=table.header[place], count=0)


def _several(path: Path, line: int, cell: str, graphs: list[NearIds]) -> list[str]:
    """The ids of a cell that is no id itself, but a list of known ones; else the cell."""
    ids = [text for text in map(str.strip, _LIST.split(cell)) if text]
    if len(ids) < 2 or not any(all(text in graph for text in ids) for graph in graphs):
        return [cell]
    if any(graph.find(cell)[0] is not None for graph in graphs):
        return [cell]
    note("changed", "several ids, each of which makes a link", path=path, unit="cell", example=at(line, cell))
    return ids


def _same(path: Path, columns: _Columns, line: int, cells: list[str], ends: list[str]) -> bool | None:
    """Whether a row says that two entities are the same or that they are not; None where it says neither."""
    label = cells[columns.label].casefold() if columns.label is not None else "1"
    relation = cells[columns.relation] if columns.relation is not None else ""
    same, why = label not in NO, ""
    if label == "none":
        return True
    if label not in YES | NO:
        why = "not marked as the same or not the same"
    elif relation and not SAME_WORDS.fullmatch(relation):
        why = "another relation than sameness"
    elif same and columns.score is not None:
        why = too_low(cells[columns.score])
    if columns.modifier is not None and cells[columns.modifier].casefold() == "not":
        same = False
    if not (why or same or all(ends)):
        why = f"{NOT_THE_SAME}, but with one entity only"
    if why:
        note("left out", why, path=path, unit="pair", example=at(line, " ".join(ends)))
        return None
    return same


def _part(table: Table, place: int | None, line: int, cells: list[str]) -> str:
    if place is None:
        return ""
    part = PARTS.get(cells[place].casefold())
    if part is None:
        name = plain_header(table.header[place])
        expected = f"{name}: train, valid, test; to do without it: --read links.split=none"
        raise DataFormatError(table.path, line=line, expected=expected, got=repr(cells[place]))
    return part
