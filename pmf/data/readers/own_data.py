"""Two graphs of one's own, each as CSV files or as RDF, and a file of links.

| file | columns, or what it is | |
|---|---|---|
| `source/entities.csv` | id; optional name, type, image (a path inside `source`); any other column is an attribute | |
| `source/relations.csv` | head, relation, tail | optional; ids of `entities.csv` |
| `source/attributes.csv` | entity, attribute, value | optional; for several values of one attribute |
| `source.nt` or `source.ttl` | N-Triples, Turtle | instead of the CSV files, see `rdf_graph` |
| `source/images/` | pictures named after their entities | optional, see `pictures`; without a list of pictures |
| `source/images.csv` | entity, image (a path inside `source`) | optional, beside RDF |
| `target…` | the same | |
| `links.csv` | source, target; optional split | split: train, valid or test |
| `links.nt` or `links.ttl` | `owl:sameAs` triples, source first | instead |

In `links.csv` an empty cell says that the other entity has no counterpart. The columns of a CSV file may stand in any
order; see `csv_tables`. The split of `links.csv` is called "published".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.readers.csv_graph import ENTITIES, read_csv_graph
from pmf.data.readers.csv_tables import read_csv
from pmf.data.readers.pictures import named_pictures, picture_inside
from pmf.data.readers.rdf_graph import FORMATS, read_rdf_graph, read_same_as
from pmf.data.readers.splits import link_array
from pmf.data.readers.tables import bare
from pmf.errors import DataFormatError

LOOKS_FOR = f"source/{ENTITIES} or source.ttl with links.csv (own data)"

LINKS = ("links.csv", *(f"links{ending}" for ending in FORMATS))
PARTS = ("train", "valid", "test")

Link = tuple[int, int]


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be in this layout."""
    return (folder / "source" / ENTITIES).exists() or any((folder / f"source{ending}").exists() for ending in FORMATS)


def read(folder: Path) -> GraphPair:
    """Reads a folder in this layout.

    Raises:
        DataFormatError: a file is missing or malformed, or a picture is missing or outside its folder.
    """
    source, target = (_read_side(folder, side) for side in ("source", "target"))
    rows = (
        {entity: row for row, entity in enumerate(source.entities)},
        {entity: len(source) + row for row, entity in enumerate(target.entities)},
    )
    links, unlinked = _read_links(_first(folder, LINKS), rows)
    return GraphPair(
        name=folder.name,
        path=folder,
        format="own data",
        source=source,
        target=target,
        links=link_array(dict.fromkeys(links)),
        splits={"published": _split(links, unlinked)} if any(links.values()) else {},
        unlinked=np.array(sorted(unlinked), dtype=np.int64),
    )


def _first(folder: Path, names: tuple[str, ...]) -> Path:
    """The one of several files that is there; the first name where none is, for the error message."""
    found = [folder / name for name in names if (folder / name).exists()]
    if len(found) > 1:
        raise DataFormatError(folder, expected="one file of a kind", got=" and ".join(path.name for path in found))
    return found[0] if found else folder / names[0]


def _read_side(folder: Path, side: str) -> KnowledgeGraph:
    path = _first(folder, (f"{side}/{ENTITIES}", *(f"{side}{ending}" for ending in FORMATS)))
    if path.name == ENTITIES:
        return read_csv_graph(folder / side)
    graph = read_rdf_graph(path)
    index = folder / side / "images.csv"
    if not index.exists():
        return graph.build(named_pictures(folder / side, folder / side / "images", graph.entities))
    images: dict[int, Path] = {}
    for line, cells in read_csv(index, ("entity", "image")):
        row = graph.entities.get(bare(cells["entity"]))
        if row is None or row in images:
            got = cells["entity"] if row is None else f"{cells['entity']} again"
            raise DataFormatError(index, line=line, expected="each entity of this graph at most once", got=got)
        images[row] = picture_inside(folder / side, cells["image"], index, line)
    return graph.build(images)


def _read_links(path: Path, rows: tuple[dict[str, int], dict[str, int]]) -> tuple[dict[Link, str], dict[int, str]]:
    """Links, and entities without counterpart, each with its part: "" where the file has none."""
    links: dict[Link, str] = {}
    unlinked: dict[int, str] = {}
    for line, left, right, part in _link_rows(path):
        ends = [_known(known, entity, path, line) for known, entity in zip(rows, (left, right), strict=True) if entity]
        if not ends:
            raise DataFormatError(path, line=line, expected="at least one entity", got="two empty cells")
        before = unlinked.setdefault(ends[0], part) if len(ends) == 1 else links.setdefault((ends[0], ends[1]), part)
        if before != part:
            raise DataFormatError(
                path, line=line, expected="a row that is in one part only", got=f"{before} and {part}"
            )
    linked = {end for link in links for end in link}
    if both := linked & unlinked.keys():
        got = f"{len(both)} with one and without"
        raise DataFormatError(path, expected="entities either with a counterpart or without", got=got)
    return links, unlinked


def _link_rows(path: Path) -> Iterator[tuple[int | None, str, str, str]]:
    if path.suffix in FORMATS:
        for left, right in read_same_as(path):
            yield None, left, right, ""
        return
    for line, cells in read_csv(path, ("source", "target"), ("split",)):
        part = cells.get("split", "")
        if "split" in cells and part not in PARTS:
            raise DataFormatError(path, line=line, expected=f"split: {', '.join(PARTS)}", got=repr(part))
        yield line, bare(cells["source"]), bare(cells["target"]), part


def _known(rows: dict[str, int], entity: str, path: Path, line: int | None) -> int:
    row = rows.get(entity)
    if row is None:
        raise DataFormatError(path, line=line, expected="an entity of its graph", got=repr(entity))
    return row


def _split(links: dict[Link, str], unlinked: dict[int, str]) -> PublishedSplit:
    train, valid, test = (link_array({link: None for link, p in links.items() if p == part}) for part in PARTS)
    alone = [np.array([e for e, p in unlinked.items() if p == part], dtype=np.int64) for part in PARTS]
    return PublishedSplit(
        train=train, valid=valid, test=test, unlinked_train=alone[0], unlinked_valid=alone[1], unlinked_test=alone[2]
    )
