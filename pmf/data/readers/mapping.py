"""What a folder's files and columns are taken for, filled in, so that a person can look at it and change it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

from pmf.data.readers import dbp15k, mmkg, openea
from pmf.data.readers.csv_tables import read_table
from pmf.data.readers.entity_table import columns_of
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pair_columns import pair_columns
from pmf.data.readers.rdf_files import rdf_ending, statements
from pmf.data.readers.roles import Roles, find_roles, is_table, loose_files
from pmf.data.readers.session import begin
from pmf.data.reading import Reading
from pmf.data.stored import MANIFEST
from pmf.errors import DataFormatError

PREVIEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The beginning of a file.

    Args:
        name: of the file, relative to its folder.
        header: names of the columns; of RDF subject, predicate, object.
        rows: the first ten.
        table: whether it has columns to choose among.
    """

    name: str
    header: list[str]
    rows: list[list[str]]
    table: bool


def can_be_mapped(folder: Path) -> bool:
    """Whether the folder holds tables or RDF files of which it has to be said what they are."""
    published = any(layout.recognises(folder) for layout in (dbp15k, openea, mmkg))
    try:
        return not published and not (folder / MANIFEST).exists() and len(loose_files(folder)) > 1
    except OSError:
        return False


def previews(folder: Path, reading: Reading) -> list[Preview]:
    """The beginning of each table and RDF file of a folder; what cannot be read is left out.

    Args:
        folder: of the data set.
        reading: for the encoding.
    """
    shown = []
    with begin(folder, reading):
        for path in loose_files(folder):
            try:
                shown.append(_preview(path))
            except DataFormatError:
                continue
    return shown


def _preview(path: Path) -> Preview:
    if rdf_ending(path):
        first = itertools.islice(statements(path), PREVIEW)
        rows = [[str(subject), predicate, str(value)] for subject, predicate, value in first]
        return Preview(name=path.name, header=["subject", "predicate", "object"], rows=rows, table=False)
    table = read_table(path)
    return Preview(name=path.name, header=table.header, rows=[cells for _, cells in table.rows[:PREVIEW]], table=True)


def mapping_of(folder: Path, reading: Reading) -> Reading:
    """The reading with everything filled in that the reader would guess; as far as it can guess.

    Args:
        folder: of the data set.
        reading: what a person has chosen so far.
    """
    with begin(folder, reading):
        try:
            roles = find_roles(folder)
        except DataFormatError:
            return reading
        links = ",".join(path.relative_to(folder).as_posix() for path, _ in roles.links) or "none"
        sides = {side: path.relative_to(folder).as_posix() for side, path in _sides(roles).items()}
        filled = replace(reading, links=links, **sides)
        try:
            for side, path in _sides(roles).items():
                if is_table(path):
                    columns = columns_of(read_table(path), side)
                    named = {name: getattr(columns, name) or "none" for name in ("id", "name", "type", "image")}
                    filled = replace(filled, **{f"{side}_{name}": column for name, column in named.items()})
            return _with_pairs(filled, roles)
        except DataFormatError:
            return filled


def _sides(roles: Roles) -> dict[str, Path]:
    return {"source": roles.source, "target": roles.target}


def _with_pairs(filled: Reading, roles: Roles) -> Reading:
    if not roles.links or not is_table(roles.links[0][0]):
        return filled
    ids = []
    for side, path in _sides(roles).items():
        column = getattr(filled, f"{side}_id")
        cells = read_table(path).column(column) if is_table(path) and column != "none" else []
        ids.append(NearIds({cell: row for row, cell in enumerate(cells)}))
    source, target = pair_columns(read_table(roles.links[0][0]), *ids)
    return replace(filled, links_source=source, links_target=target)
