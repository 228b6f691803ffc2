"""One graph as a folder of CSV files; see `own_data`."""

from __future__ import annotations

from pathlib import Path

from pmf.data.graph_pair import KnowledgeGraph
from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.csv_tables import read_csv
from pmf.data.readers.pictures import named_pictures, picture_inside
from pmf.errors import DataFormatError

ENTITIES = "entities.csv"


def read_csv_graph(folder: Path) -> KnowledgeGraph:
    """Reads a graph.

    Args:
        folder: the graph's folder.

    Raises:
        DataFormatError: a file is missing or malformed, or mentions an entity that `entities.csv` doesn't list.
    """
    graph = GraphBuilder()
    images = _read_entities(folder, graph)
    path = folder / "relations.csv"
    for line, cells in read_csv(path, ("head", "relation", "tail")) if path.exists() else ():
        head, tail = (_listed(graph, cells[end], path, line) for end in ("head", "tail"))
        graph.add_relation(head, _filled(cells["relation"], path, line), tail)
    path = folder / "attributes.csv"
    for line, cells in read_csv(path, ("entity", "attribute", "value")) if path.exists() else ():
        entity = _listed(graph, cells["entity"], path, line)
        graph.add_attribute(entity, _filled(cells["attribute"], path, line), cells["value"])
    return graph.build(images or named_pictures(folder, folder / "images", graph.entities))


def _read_entities(folder: Path, graph: GraphBuilder) -> dict[int, Path]:
    """Fills the graph from the list of entities and returns the pictures it names."""
    images: dict[int, Path] = {}
    path = folder / ENTITIES
    for line, cells in read_csv(path, ("id",), ("name", "type", "image"), others=True):
        entity = _filled(cells.pop("id"), path, line)
        if entity in graph.entities:
            raise DataFormatError(path, line=line, expected="an id used once", got=f"{entity} again")
        row = graph.entity(entity)
        for column, value in cells.items():
            if not value:
                continue
            if column == "name":
                graph.names[row] = value
            elif column == "type":
                graph.types[row] = value
            elif column == "image":
                images[row] = picture_inside(folder, value, path, line)
            else:
                graph.add_attribute(row, column, value)
    if not graph.entities:
        raise DataFormatError(path, expected="at least one entity", got="only a header")
    return images


def _listed(graph: GraphBuilder, entity: str, path: Path, line: int) -> int:
    row = graph.entities.get(entity)
    if row is None:
        raise DataFormatError(path, line=line, expected=f"an id listed in {ENTITIES}", got=repr(entity))
    return row


def _filled(cell: str, path: Path, line: int) -> str:
    if not cell:
        raise DataFormatError(path, line=line, expected="a value in every cell", got="an empty one")
    return cell
