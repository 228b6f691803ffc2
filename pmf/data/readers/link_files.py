"""Files of links in any usual form, as rows of two ids.

| form | what counts as a link |
|---|---|
| a table of pairs (CSV, TSV, SSSOM) | two columns of ids, by their usual names or by the ids in them |
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
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode

from pmf.data.alignment_files import entity_of
from pmf.data.readers.columns import (
    LABELS,
    NO,
    PARTS,
    RELATIONS,
    SCORES,
    SPLITS,
    YES,
    plain_header,
    usual,
)
from pmf.data.readers.csv_tables import Table, read_table
from pmf.data.readers.curies import Curies
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pair_columns import pair_columns, unnamed_label
from pmf.data.readers.predicates import MODIFIER, SAME_WORDS
from pmf.data.readers.rdf_files import rdf_ending, statements
from pmf.data.readers.session import at, note, session
from pmf.data.readers.tables import bare
from pmf.errors import DataFormatError

SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"
SAME = frozenset(
    {
        SAME_AS,
        "http://www.w3.org/2004/02/skos/core#exactMatch",
        "http://www.w3.org/2004/02/skos/core#closeMatch",
        "http://schema.org/sameAs",
        "https://schema.org/sameAs",
    }
)
"""Properties that say two entities are the same."""

_ALSO_SAME = SAME | {f"http://www.w3.org/2002/07/owl#equivalent{what}" for what in ("Class", "Property")}
_ALIGNMENT = re.compile(
    r"http://knowledgeweb\.semanticweb\.org/heterogeneity/alignment[#/]?(entity1|entity2|relation)$"
)
_ALIGNMENT_ALL = "http://knowledgeweb.semanticweb.org/heterogeneity/alignment"
_DIFFERENT = "http://www.w3.org/2002/07/owl#differentFrom"
LINK_PROPERTIES = re.compile(
    "|".join(map(re.escape, sorted({*_ALSO_SAME, _DIFFERENT})))
    + "|http://knowledgeweb\\.semanticweb\\.org/heterogeneity/alignment.*"
)
"""Properties that a file of links consists of."""

NOT_THE_SAME = "marked as not the same"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One row that says two entities are the same, or that they are not.

    Args:
        line: its line, where the form has lines.
        left: id of a source entity, "" where the row says that `right` has no counterpart.
        right: id of a target entity, "" where the row says that `left` has no counterpart.
        part: train, valid or test; "" where the file has no split.
        same: whether they are the same.
    """

    line: int | None
    left: str
    right: str
    part: str = ""
    same: bool = True


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
    table = read_table(path)
    left, right = pair_columns(table, source, target)
    curies = Curies(path, table.comments)
    rows = list(_table_rows(table, curies, (left, source), (right, target)))
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


def _columns(table: Table, left: str, right: str) -> _Columns:
    options = session().options
    rest = [name for name in table.header if name not in (left, right)]

    def place(chosen: str, words: tuple[str, ...], fits: frozenset[str] | None = None) -> int | None:
        if chosen == "none":
            return None
        if chosen and chosen not in table.header:
            got = ", ".join(table.header)
            raise DataFormatError(table.path, line=1, expected=f"the column {chosen}", got=got)
        name = chosen or usual(rest, words)
        if name is None or (fits is not None and not chosen and not {c.casefold() for c in table.column(name)} <= fits):
            return None
        return table.header.index(name)

    columns = _Columns(
        label=place(options.links_label, LABELS, YES | NO | {"", "unsure", "flag"}),
        score=place(options.links_score, SCORES),
        relation=place("", RELATIONS),
        split=place(options.links_split, SPLITS[:1]) if options.links_split else place("", ("split",)),
        modifier=place("", (MODIFIER,)),
    )
    if columns.label is None and not options.links_label:
        columns.label = unnamed_label(table, rest)
    if columns.split is None:
        columns.split = place("", SPLITS, frozenset(PARTS) | {""})
    used = {getattr(columns, name) for name in ("label", "relation", "split", "modifier")}
    if columns.score is not None and options.least_score:
        used.add(columns.score)
    for i, name in enumerate(table.header):
        if name not in (left, right) and i not in used:
            remedy = "To leave out pairs with a low one: --read least_score=NUMBER." if i == columns.score else ""
            note("left out", "nothing here reads it", path=table.path, unit="column", example=name, remedy=remedy)
    return columns


def _table_rows(table: Table, curies: Curies, *sides: tuple[str, NearIds]) -> Iterator[LinkRow]:
    (left, _), (right, _) = sides
    columns = _columns(table, left, right)
    places = [table.header.index(name) for name, _ in sides]
    graphs = [ids for _, ids in sides]
    for line, cells in table.rows:
        ends = [curies.spelled(cells[place], *graphs, line=line) for place in places]
        same = _same(table.path, columns, line, cells, ends)
        if same is not None:
            yield LinkRow(line, bare(ends[0]), bare(ends[1]), _part(table, columns.split, line, cells), same)


def _same(path: Path, columns: _Columns, line: int, cells: list[str], ends: list[str]) -> bool | None:
    """Whether a row says that two entities are the same or that they are not; None where it says neither."""
    label = cells[columns.label].casefold() if columns.label is not None else "1"
    relation = cells[columns.relation] if columns.relation is not None else ""
    least = session().options.least_score
    same, why = label not in NO, ""
    if label == "none":
        return True
    if label not in YES | NO:
        why = "not marked as the same or not the same"
    elif relation and not SAME_WORDS.fullmatch(relation):
        why = "another relation than sameness"
    elif same and least and columns.score is not None:
        try:
            if float(cells[columns.score]) < float(least):
                why = f"a score below {least}"
        except ValueError:
            why = "a score that is no number"
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
        raise DataFormatError(table.path, line=line, expected=f"{name}: train, valid, test", got=repr(cells[place]))
    return part


def rdf_rows(path: Path) -> Iterator[LinkRow]:
    """What an RDF file says of pairs, see above."""
    cells: dict[str, dict[str, str]] = {}
    for subject, predicate, value in statements(path):
        if match := _ALIGNMENT.match(predicate):
            cells.setdefault(str(subject), {})[match[1]] = value.value
        elif predicate in _ALSO_SAME or predicate == _DIFFERENT:
            if isinstance(subject, NamedNode) and isinstance(value, NamedNode):
                same = predicate != _DIFFERENT
                yield LinkRow(None, entity_of(subject.value), entity_of(value.value), same=same)
            else:
                blank = isinstance(subject, BlankNode) or isinstance(value, BlankNode)
                why = "a blank node, which no other file can name" if blank else "a text, not an entity"
                note("left out", why, path=path, unit="statement", example=f"{subject} {value}")
        elif not predicate.startswith(_ALIGNMENT_ALL) and predicate != _TYPE:
            note("left out", "not about two entities being the same", path=path, unit="statement",
                 example=f"{_short(subject)} {predicate} {_short(value)}")  # fmt: skip
    for cell in cells.values():
        relation = cell.get("relation", "=")
        if not {"entity1", "entity2"} <= cell.keys():
            note("left out", "without entity1 or entity2", path=path, unit="cell", example=" ".join(cell.values()))
        elif not SAME_WORDS.fullmatch(relation.strip()):
            shown = f"{cell['entity1']} {relation} {cell['entity2']}"
            note("left out", "another relation than sameness", path=path, unit="cell", example=shown)
        else:
            yield LinkRow(None, entity_of(cell["entity1"]), entity_of(cell["entity2"]))


def _short(node: NamedNode | BlankNode | Literal) -> str:
    return str(node.value)[:60]
