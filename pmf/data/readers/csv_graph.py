"""One graph as a folder of CSV files; see `own_data`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pmf.data.graph_pair import KnowledgeGraph
from pmf.data.notes import counted
from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.csv_tables import TABLES, read_csv, read_table
from pmf.data.readers.entity_table import MissingWords, columns_of, fill_entities
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.packed import unpacked_name
from pmf.data.readers.pictures import named_pictures
from pmf.data.readers.records import holds_records
from pmf.data.readers.session import at, note
from pmf.errors import DataFormatError

ENTITIES = "entities.csv"
_RELATIONS, _ATTRIBUTES, _IMAGES = "relations.csv", "attributes.csv", "images.csv"
_ALSO = {ENTITIES: ("nodes", "vertices"), _RELATIONS: ("edges",)}
"""Other usual names of these tables."""


def table_in(folder: Path, name: str) -> Path | None:
    """The table of a folder that is called so, but perhaps for its ending, or usually; None where there is none.

    Entities are also in the only table that is called nothing else.
    """
    if (folder / name).exists():
        return folder / name
    if not folder.is_dir():
        return None
    shown = (path for path in folder.iterdir() if path.name[0] != ".")
    tables = sorted(path for path in shown if unpacked_name(path).endswith(TABLES) or holds_records(path))
    called = {path: unpacked_name(path).rpartition(".")[0] for path in tables}
    for word in (name.removesuffix(".csv"), *_ALSO.get(name, ())):
        if found := next((path for path in tables if called[path] == word), None):
            return found
    others = {_RELATIONS, _ATTRIBUTES, _IMAGES} if name == ENTITIES else set()
    taken = {word for other in others for word in (other.removesuffix(".csv"), *_ALSO.get(other, ()))}
    free = [path for path in tables if called[path] not in taken]
    return free[0] if others and len(free) == 1 else None


def read_csv_graph(folder: Path) -> KnowledgeGraph:
    """Reads a graph.

    Args:
        folder: the graph's folder; its name is the side.

    Raises:
        DataFormatError: a file is missing or malformed, or no row of it is about an entity that `entities.csv` lists.
    """
    graph = GraphBuilder()
    entities = table_in(folder, ENTITIES) or folder / ENTITIES
    table = read_table(entities)
    if not entities.name.startswith(ENTITIES.removesuffix("csv")):
        note("guessed", "it holds the entities", path=entities, count=0)
    images = fill_entities(table, columns_of(table, folder.name), graph, folder)
    listed = NearIds(graph.entities)
    path = table_in(folder, _RELATIONS)
    for cells, (head, tail) in _about(path, ("head", "relation", "tail"), ("head", "tail"), listed):
        graph.add_relation(head, cells["relation"], tail)
    path = table_in(folder, _ATTRIBUTES)
    no_value = MissingWords(path or folder)
    for cells, (entity,) in _about(path, ("entity", "attribute", "value"), ("entity",), listed):
        if not no_value("value", cells["value"], surely=True):
            graph.add_attribute(entity, cells["attribute"], cells["value"])
    return graph.build(images or named_pictures(folder, folder / "images", graph.entities))


def _about(
    path: Path | None, columns: tuple[str, str, str], ends: tuple[str, ...], listed: NearIds
) -> Iterator[tuple[dict[str, str], list[int]]]:
    """The rows whose ends are listed entities, and those; the others are counted."""
    taken = left_out = 0
    first = None
    if path is None:
        return
    for line, cells in read_csv(path, columns):
        parts = []
        for end in ends:
            row, how = listed.find(cells[end]) if cells[end] else (None, "")
            if how:
                note(
                    "changed",
                    f"not as listed, but one entity fits {how}",
                    path=path,
                    unit="id",
                    example=at(line, cells[end]),
                )
            parts.append(row)
        what = "relation" if "relation" in columns else "attribute"
        rows = [row for row in parts if row is not None]
        if len(rows) == len(ends) and cells[what]:
            taken += 1
            yield cells, rows
            continue
        left_out, first = left_out + 1, first or line
        empty = not all(cells[name] for name in (*ends, what))
        why = "a cell is empty" if empty else f"an id that {ENTITIES} does not list"
        unknown = ", ".join(cells[end] for end, row in zip(ends, parts, strict=True) if row is None)
        note("left out", why, path=path, example=at(line, unknown or ", ".join(cells.values())))
    if left_out and not taken:
        raise DataFormatError(
            path, line=first, expected=f"ids listed in {ENTITIES}", got=f"{counted(left_out, 'row')} without"
        )
