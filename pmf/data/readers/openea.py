"""The layout OpenEA's data sets are published in: tab-separated files of URIs, one set per side.

| file | columns | |
|---|---|---|
| `rel_triples_{1,2}` | head, relation, tail | repeated lines are kept |
| `ent_links` | source entity, target entity | |
| `attr_triples_{1,2}` | entity, attribute, value | optional; a value may hold tabs or be empty |
| `721_5fold/{1..5}/{train,valid,test}_links` | source entity, target entity | optional, see `splits` |
| `names_{1,2}.tsv` | entity, name | optional |
| `types.tsv` | entity, type | optional, both sides in one file |
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
from pmf.data.notes import Note
from pmf.data.readers.builder import Features, GraphBuilder, Images
from pmf.data.readers.pictures import named_pictures, picture_inside, portable
from pmf.data.readers.session import at, note
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
        DataFormatError: a file is missing or malformed, or a picture is outside the folder.
    """
    listed = read_rows(folder / "ent_links", "source entity", "target entity")
    rows = [(bare(left), bare(right)) for _, (left, right) in listed]
    graphs = [_read_triples(folder, number) for number in (1, 2)]
    links, notes = _turned_links(folder, rows, graphs)
    folders = find_splits(folder, ENTITY_FILES)
    unlinked = {name: read_unlinked(path) for name, path in folders.items()}
    alone = [[uri for parts in unlinked.values() for part in parts for uri in part[side]] for side in (0, 1)]
    for side, graph in enumerate(graphs):
        _complete(folder, side + 1, graph, [*(link[side] for link in links), *alone[side]])
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
        published=True,
        source=source,
        target=target,
        links=link_array(pairs),
        splits=splits,
        unlinked=all_unlinked(splits),
        notes=notes,
    )


def _read_triples(folder: Path, number: int) -> GraphBuilder:
    graph = GraphBuilder()
    for _, (head, relation, tail) in read_rows(folder / f"rel_triples_{number}", "head", "relation", "tail"):
        graph.add_relation(graph.entity(bare(head)), bare(relation), graph.entity(bare(tail)))
    attributes = folder / f"attr_triples_{number}"
    if attributes.exists():
        for _, (entity, attribute, value) in read_rows(attributes, "entity", "attribute", "value", last="text"):
            graph.add_attribute(graph.entity(bare(entity)), bare(attribute), value)
    return graph


def _turned_links(
    folder: Path, rows: list[tuple[str, str]], graphs: list[GraphBuilder]
) -> tuple[dict[tuple[str, str], None], tuple[Note, ...]]:
    """The links, source first; where the file has the target first, they are turned, and a note says so."""
    path = folder / "ent_links"
    first, second = (graph.entities.keys() | _named(folder, side) for side, graph in enumerate(graphs, start=1))
    straight = sum(left in first or right in second for left, right in rows)
    turned = [left in second and right in first and not (left in first or right in second) for left, right in rows]
    if any(turned):
        every = "every line has the target first: source and target are swapped"
        why = every if all(turned) or not straight else "the target stands first: turned"
        note("changed", why, path=path, unit="link", count=sum(turned), example="\t".join(rows[turned.index(True)]))
    swap_all = any(turned) and not straight
    links, repeated = each_once(
        (right, left) if turn or swap_all else (left, right) for (left, right), turn in zip(rows, turned, strict=True)
    )
    for side, ids in enumerate((first, second)):
        strange = [link[side] for link in links if link[side] not in ids]
        if strange:
            why = f"{('source', 'target')[side]} entities of links, in no triple and without a name"
            note("known", why, path=path, unit="entity", count=len(set(strange)), example=strange[0])
    return links, repeated


def _named(folder: Path, number: int) -> set[str]:
    path = folder / f"names_{number}.tsv"
    return {bare(entity) for _, (entity, _) in read_rows(path, "entity", "name")} if path.exists() else set()


def _complete(folder: Path, number: int, graph: GraphBuilder, mentioned: Iterable[str]) -> None:
    """What links, lists of entities and names add; `mentioned` are entities of links and of lists beside them."""
    for uri in mentioned:
        graph.entity(uri)
    names = folder / f"names_{number}.tsv"
    if names.exists():
        graph.named_by = names.name
        for line, (entity, name) in read_rows(names, "entity", "name"):
            _put(graph.names, graph.entity(bare(entity)), name, names, line, entity)
    if not graph.entities:
        path = folder / f"rel_triples_{number}"
        raise DataFormatError(path, expected="at least one entity", got="an empty file")


def _read_types(path: Path, graphs: list[GraphBuilder]) -> None:
    """Fills each side's types; the file is common to both."""
    if not path.exists():
        return
    for line, (entity, kind) in read_rows(path, "entity", "type"):
        holders = [graph for graph in graphs if bare(entity) in graph.entities]
        if not holders:
            note("left out", "an entity in neither graph", path=path, unit="line", example=at(line, entity))
        for graph in holders:
            _put(graph.types, graph.entities[bare(entity)], kind, path, line, entity)


def _read_images(folder: Path, number: int, rows: dict[str, int]) -> Images:
    path = folder / f"images_{number}.tsv"
    if not path.exists():
        return named_pictures(folder, folder / f"images_{number}", rows)
    images: Images = {}
    for line, (entity, text) in read_rows(path, "entity", "picture"):
        row, picture = rows.get(bare(entity)), picture_inside(folder, portable(text, path, line), path, line)
        if row is None or picture is None:
            why = "an entity that is not in this graph" if row is None else "no such file"
            note("left out", why, path=path, unit="picture", example=at(line, f"{entity} {text}"))
        else:
            _put(images, row, picture, path, line, entity)
    return images


def _read_image_features(path: Path, rows: dict[str, int]) -> Features:
    vectors: Features = {}
    if not path.exists():
        return vectors
    stored = path.with_suffix(".safetensors")
    features = read_tensors(stored, features=("F32", 2))["features"].astype(np.float32, copy=False)
    listed = list(read_rows(path, "entity"))
    if len(listed) != len(features):
        raise DataFormatError(
            stored, expected=f"{len(listed)} rows, one per line of {path.name}", got=str(len(features))
        )
    for (line, (entity,)), vector in zip(listed, features, strict=True):
        if (row := rows.get(bare(entity))) is None:
            note("left out", "an entity that is not in this graph", path=path, unit="row", example=at(line, entity))
        else:
            _put(vectors, row, vector, path, line, entity)
    return vectors


def _put(table: dict[int, Value], row: int, value: Value, path: Path, line: int, entity: str) -> None:
    if row in table:
        note("left out", "its entity is listed above", path=path, unit="line", example=at(line, entity))
    else:
        table[row] = value
