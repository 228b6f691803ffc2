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
from pmf.data.readers.session import at, note
from pmf.errors import DataFormatError

ENTITIES = "entities.csv"


def table_in(folder: Path, name: str) -> Path | None:
    """The table of a folder that is called so, but perhaps for its ending; None where there is none."""
    if (folder / name).exists():
        return folder / name
    if not folder.is_dir():
        return None
    names = [name.removesuffix(".csv") + ending for ending in TABLES]
    return min((path for path in folder.iterdir() if unpacked_name(path) in names), default=None)


def read_csv_graph(folder: Path) -> KnowledgeGraph:
    """Reads a graph.

    Args:
        folder: the graph's folder; its name is the side.

    Raises:
        DataFormatError: a file is missing or malformed, or no row of it is about an entity that `entities.csv` lists.
    """
    graph = GraphBuilder()
    table = read_table(table_in(folder, ENTITIES) or folder / ENTITIES)
    images = fill_entities(table, columns_of(table, folder.name), graph, folder)
    listed = NearIds(graph.entities)
    path = table_in(folder, "relations.csv")
    for cells, (head, tail) in _about(path, ("head", "relation", "tail"), ("head", "tail"), listed):
        graph.add_relation(head, cells["relation"], tail)
    path = table_in(folder, "attributes.csv")
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
