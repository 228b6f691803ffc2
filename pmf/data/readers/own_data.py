"""Two graphs of one's own, each as CSV or as RDF, and perhaps files of links.

| file | columns, or what it is | |
|---|---|---|
| `source/entities.csv` | id; optional name, type, image (a path inside `source`); any other column is an attribute | |
| `source/relations.csv` | head, relation, tail | optional; ids of `entities.csv` |
| `source/attributes.csv` | entity, attribute, value | optional; for several values of one attribute |
| `source.csv` (`.tsv`) | as `entities.csv` | instead |
| `source.nt`, `.ttl`, `.rdf`, `.owl`, … | RDF, perhaps `.gz`, `.bz2` | instead, see `rdf_files` and `rdf_graph` |
| `source/images/` | pictures named after their entities | optional, see `pictures`; without a list of pictures |
| `source/images.csv` | entity, image (a path inside `source`) | optional, beside RDF |
| `target…` | the same | |
| `links.csv` | source, target; optional split, label, score | optional, see `link_files` |
| `links.nt`, … | `owl:sameAs` and the like, or the Alignment API | instead |

Tables may have any ending of `TABLES`, or be Parquet or JSON (`records`), and columns other usual names. The files may
have other names too: two tables or RDF files, and one of links, are recognised by what is in them (`roles`); `Reading`
says otherwise. In `links.csv` an empty cell says that the other entity has no counterpart. The split of the links is
called "published".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.csv_graph import ENTITIES, read_csv_graph, table_in
from pmf.data.readers.csv_tables import read_csv, read_table
from pmf.data.readers.entity_table import columns_of, fill_entities
from pmf.data.readers.link_files import link_rows
from pmf.data.readers.linking import Linked, resolve
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pictures import named_pictures, picture_inside, portable
from pmf.data.readers.rdf_files import rdf_ending
from pmf.data.readers.rdf_graph import read_rdf_graph
from pmf.data.readers.roles import find_roles, loose_files, named_sides
from pmf.data.readers.session import at, note
from pmf.data.readers.splits import link_array
from pmf.errors import DataFormatError

FORMAT = "own data"
LOOKS_FOR = f"source/{ENTITIES} or source.ttl with links.csv, or two tables or RDF files (own data)"


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be in this layout."""
    try:
        return any(named_sides(folder)) or len(loose_files(folder)) > 1
    except DataFormatError:  # two sources: reading it says so
        return True
    except OSError:  # no folder, or a closed one
        return False


def read(folder: Path) -> GraphPair:
    """Reads a folder in this layout.

    Raises:
        DataFormatError: a file is missing or malformed, it can't be told what the files are, or no link fits.
    """
    roles = find_roles(folder)
    source, target = (
        _read_side(folder, side, path) for side, path in (("source", roles.source), ("target", roles.target))
    )
    left = NearIds({entity: row for row, entity in enumerate(source.entities)}, partial(_column_of, source))
    right = NearIds({one: len(source) + row for row, one in enumerate(target.entities)}, partial(_column_of, target))
    linked = _linked([(path, part) for path, part in roles.links], left, right)
    return GraphPair(
        name=folder.name,
        path=folder,
        format=FORMAT,
        source=source,
        target=target,
        links=link_array(dict.fromkeys(linked.links)),
        splits={"published": linked.split()} if any(linked.links.values()) else {},
        unlinked=np.array(sorted(linked.unlinked), dtype=np.int64),
        negatives=link_array(linked.negatives),
    )


def _column_of(graph: KnowledgeGraph, text: str) -> str:
    """The column of a graph's table in which a text stands as a name or value; "" for none."""
    if text in graph.names.values():
        return graph.named_by.removeprefix("column ")
    place = graph.attribute_values.index(text) if text in graph.attribute_values else None
    return "" if place is None else graph.attributes[graph.attribute_triples[place, 1]]


def _linked(files: list[tuple[Path, str]], source: NearIds, target: NearIds) -> Linked:
    """The links of all files; a file called train, valid or test is that part."""
    linked = Linked()
    for path, part in files:
        rows = [replace(row, part=row.part or part) for row in link_rows(path, source, target)]
        if clashes := linked.add(resolve(path, rows, source, target)):
            note("left out", "in another part already", path=path, unit="link", count=clashes)
    for link in linked.links.keys() & linked.negatives.keys():
        note("left out", "marked as not the same, and as the same, which counts", path=files[0][0].parent, unit="pair")
        del linked.negatives[link]
    return linked


def _read_side(folder: Path, side: str, path: Path) -> KnowledgeGraph:
    own = folder / side  # its pictures, and more tables
    if path.parent == own:
        return read_csv_graph(own)
    if rdf_ending(path):
        graph, images = read_rdf_graph(path), {}
    else:
        graph = GraphBuilder()
        table = read_table(path)
        images = fill_entities(table, columns_of(table, side), graph, path.parent, ("", f"{side}/", f"{side}/images/"))
    index = table_in(own, "images.csv")
    if index is not None:
        images = _listed_images(index, graph)
    return graph.build(images or named_pictures(own, own / "images", graph.entities))


def _listed_images(index: Path, graph: GraphBuilder) -> dict[int, Path]:
    images: dict[int, Path] = {}
    near = NearIds(graph.entities)
    for line, cells in read_csv(index, ("entity", "image")):
        row, how = near.find(cells["entity"])
        picture = picture_inside(index.parent, portable(cells["image"], index, line), index, line)
        if how:
            note(
                "changed",
                f"not as in the graph, but one entity fits {how}",
                path=index,
                unit="id",
                example=at(line, cells["entity"]),
            )
        if row is None or picture is None or row in images:
            why = (
                "an entity that is not in this graph"
                if row is None
                else "no such file"
                if picture is None
                else "its entity has one already"
            )
            shown = at(line, f"{cells['entity']}, {cells['image']}")
            note("left out", why, path=index, unit="picture", example=shown)
            continue
        images[row] = picture
    return images
