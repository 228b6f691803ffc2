"""The layout OpenEA's data sets are published in: tab-separated files of URIs, one set per side.

| file | columns | |
|---|---|---|
| `rel_triples_{1,2}` | head, relation, tail | repeated lines are kept |
| `ent_links` | source entity, target entity | |
| `attr_triples_{1,2}` | entity, attribute, value | optional; a value may hold tabs or be empty |
| `721_5fold/{1..5}/{train,valid,test}_links` | source entity, target entity | optional, see `splits` |
| `names_{1,2}.tsv` | entity, name | optional |
| `types.tsv` | entity, type | optional, both sides in one file; a first line `entity`, `type` is a header |
| `images_{1,2}.tsv` | entity, picture | optional; a path relative to the folder that stays inside it |
| `images_{1,2}/` | | optional, instead of the index: pictures named after their entities, see `pictures` |
| `image_features_{1,2}.txt` | entity | optional; entity of each row of `image_features_{1,2}.safetensors` |
| `image_features_{1,2}.safetensors` | `features` float32 `[k, w]` | optional |

All from the names on are ours. A side's entities are all that its triples, links, lists of entities without
counterpart and names mention, in order of first mention. URIs may stand in angle brackets. DBP2.0 is published in this
layout too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np

from pmf.data.graph_pair import GraphPair
from pmf.data.readers.builder import Features, GraphBuilder, Images
from pmf.data.readers.pictures import named_pictures, picture_inside
from pmf.data.readers.splits import (
    ENTITY_FILES,
    all_unlinked,
    each_once,
    find_splits,
    link_array,
    read_split,
    read_unlinked,
)
from pmf.data.readers.tables import bare, read_rows, read_tensors
from pmf.errors import DataFormatError

Value = TypeVar("Value")

LOOKS_FOR = "rel_triples_1 and ent_links (OpenEA layout)"


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be in this layout."""
    return (folder / "rel_triples_1").exists() or (folder / "ent_links").exists()


def read(folder: Path) -> GraphPair:
    """Reads a folder in this layout.

    Raises:
        DataFormatError: a file is missing or malformed, or a picture is missing or outside the folder.
    """
    listed = read_rows(folder / "ent_links", "source entity", "target entity")
    links, repeated = each_once((bare(source), bare(target)) for _, (source, target) in listed)
    folders = find_splits(folder, ENTITY_FILES)
    unlinked = {name: read_unlinked(path) for name, path in folders.items()}
    alone = [[uri for parts in unlinked.values() for part in parts for uri in part[side]] for side in (0, 1)]
    graphs = [_read_side(folder, side + 1, [*(link[side] for link in links), *alone[side]]) for side in (0, 1)]
    _read_types(folder / "types.tsv", graphs)
    source, target = (
        graph.build(
            _read_images(folder, number, graph.entities),
            _read_image_features(folder / f"image_features_{number}.txt", graph.entities),
        )
        for number, graph in enumerate(graphs, start=1)
    )
    ids = (graphs[0].entities, {uri: len(source) + row for uri, row in graphs[1].entities.items()})
    pairs = {(ids[0][left], ids[1][right]): None for left, right in links}
    splits = {name: read_split(path, ENTITY_FILES, ids, pairs, unlinked[name]) for name, path in folders.items()}
    return GraphPair(
        name=folder.name,
        path=folder,
        format="openea",
        source=source,
        target=target,
        links=link_array(pairs),
        splits=splits,
        unlinked=all_unlinked(splits),
        notes=repeated,
    )


def _read_side(folder: Path, number: int, mentioned: Iterable[str]) -> GraphBuilder:
    """One graph but for its types and pictures; `mentioned` are entities of links and of lists beside them."""
    graph = GraphBuilder()
    path = folder / f"rel_triples_{number}"
    for _, (head, relation, tail) in read_rows(path, "head", "relation", "tail"):
        graph.add_relation(graph.entity(bare(head)), bare(relation), graph.entity(bare(tail)))
    attributes = folder / f"attr_triples_{number}"
    if attributes.exists():
        for _, (entity, attribute, value) in read_rows(attributes, "entity", "attribute", "value", last="text"):
            graph.add_attribute(graph.entity(bare(entity)), bare(attribute), value)
    for uri in mentioned:
        graph.entity(uri)
    names = folder / f"names_{number}.tsv"
    if names.exists():
        for line, (entity, name) in read_rows(names, "entity", "name"):
            _put(graph.names, graph.entity(bare(entity)), name, names, line, entity)
    if not graph.entities:
        raise DataFormatError(path, expected="at least one entity", got="an empty file")
    return graph


def _read_types(path: Path, graphs: list[GraphBuilder]) -> None:
    """Fills each side's types; the file is common to both."""
    if not path.exists():
        return
    for line, (entity, kind) in read_rows(path, "entity", "type"):
        if (line, entity, kind) == (1, "entity", "type"):
            continue
        known = [graph for graph in graphs if bare(entity) in graph.entities]
        if not known:
            raise DataFormatError(path, line=line, expected="an entity of either graph", got=entity)
        for graph in known:
            _put(graph.types, graph.entities[bare(entity)], kind, path, line, entity)


def _read_images(folder: Path, number: int, rows: dict[str, int]) -> Images:
    path = folder / f"images_{number}.tsv"
    if not path.exists():
        return named_pictures(folder, folder / f"images_{number}", rows)
    images: Images = {}
    for line, (entity, text) in read_rows(path, "entity", "picture"):
        row = _known(rows, entity, path, line)
        _put(images, row, picture_inside(folder, text, path, line), path, line, entity)
    return images


def _read_image_features(path: Path, rows: dict[str, int]) -> Features:
    found: Features = {}
    if not path.exists():
        return found
    stored = path.with_suffix(".safetensors")
    features = read_tensors(stored, features=("F32", 2))["features"].astype(np.float32, copy=False)
    listed = list(read_rows(path, "entity"))
    if len(listed) != len(features):
        raise DataFormatError(
            stored, expected=f"{len(listed)} rows, one per line of {path.name}", got=str(len(features))
        )
    for (line, (entity,)), vector in zip(listed, features, strict=True):
        _put(found, _known(rows, entity, path, line), vector, path, line, entity)
    return found


def _known(rows: dict[str, int], entity: str, path: Path, line: int) -> int:
    row = rows.get(bare(entity))
    if row is None:
        raise DataFormatError(path, line=line, expected="an entity of this graph", got=entity)
    return row


def _put(table: dict[int, Value], row: int, value: Value, path: Path, line: int, entity: str) -> None:
    if row in table:
        raise DataFormatError(path, line=line, expected="an entity listed once", got=f"{entity} again")
    table[row] = value
