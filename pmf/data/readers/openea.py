"""The layout OpenEA's data sets are published in: tab-separated files of URIs, one set per side.

| file | columns | |
|---|---|---|
| `rel_triples_{1,2}` | head, relation, tail | repeated lines are kept |
| `ent_links` | source entity, target entity | |
| `attr_triples_{1,2}` | entity, attribute, value | optional; a value may hold tabs or be empty |
| `names_{1,2}.tsv` | entity, name | optional |
| `types.tsv` | entity, type | optional, both sides in one file; a first line `entity`, `type` is a header |
| `images_{1,2}.tsv` | entity, picture | optional; a path relative to the folder that stays inside it |
| `image_features_{1,2}.txt` | entity | optional; entity of each row of `image_features_{1,2}.safetensors` |
| `image_features_{1,2}.safetensors` | `features` float32 `[k, w]` | optional |

The last four are ours. A side's entities are all that its triples, links and names mention, in order of first
mention. URIs may stand in angle brackets.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pmf.data.graph_pair import GraphPair, Ids, KnowledgeGraph
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
    rows: tuple[dict[str, int], dict[str, int]] = ({}, {})  # per side: entity → local row
    links = {
        (bare(source), bare(target)): None
        for _, (source, target) in read_rows(folder / "ent_links", "source entity", "target entity")
    }
    source, target = (_read_side(folder, side, rows[side], [link[side] for link in links]) for side in (0, 1))
    _read_types(folder / "types.tsv", ((rows[0], source.types), (rows[1], target.types)))
    pairs = [(rows[0][left], len(source) + rows[1][right]) for left, right in links]
    return GraphPair(
        name=folder.name,
        path=folder,
        format="openea",
        source=source,
        target=target,
        links=np.array(pairs, dtype=np.int64).reshape(-1, 2),
    )


def _read_side(folder: Path, side: int, rows: dict[str, int], linked: list[str]) -> KnowledgeGraph:
    number = side + 1
    relations, relation_triples = _read_relations(folder / f"rel_triples_{number}", rows)
    attributes, attribute_triples, values = _read_attributes(folder / f"attr_triples_{number}", rows)
    for uri in linked:
        rows.setdefault(uri, len(rows))
    names = _read_names(folder / f"names_{number}.tsv", rows)
    if not rows:
        raise DataFormatError(folder / f"rel_triples_{number}", expected="at least one entity", got="an empty file")
    return KnowledgeGraph(
        entities=list(rows),
        relations=relations,
        attributes=attributes,
        relation_triples=relation_triples,
        attribute_triples=attribute_triples,
        attribute_values=values,
        names=names,
        images=_read_images(folder, folder / f"images_{number}.tsv", rows),
        image_features=_read_image_features(folder / f"image_features_{number}.txt", rows),
    )


def _read_relations(path: Path, rows: dict[str, int]) -> tuple[list[str], Ids]:
    relations: dict[str, int] = {}
    triples = []
    for _, (head, relation, tail) in read_rows(path, "head", "relation", "tail"):
        triples.append(
            (
                rows.setdefault(bare(head), len(rows)),
                relations.setdefault(bare(relation), len(relations)),
                rows.setdefault(bare(tail), len(rows)),
            )
        )
    return list(relations), np.array(triples, dtype=np.int64).reshape(-1, 3)


def _read_attributes(path: Path, rows: dict[str, int]) -> tuple[list[str], Ids, list[str]]:
    attributes: dict[str, int] = {}
    triples, values = [], []
    if path.exists():
        for _, (entity, attribute, value) in read_rows(path, "entity", "attribute", "value", last="text"):
            triples.append(
                (
                    rows.setdefault(bare(entity), len(rows)),
                    attributes.setdefault(bare(attribute), len(attributes)),
                )
            )
            values.append(value)
    return list(attributes), np.array(triples, dtype=np.int64).reshape(-1, 2), values


def _read_names(path: Path, rows: dict[str, int]) -> dict[int, str]:
    names: dict[int, str] = {}
    if path.exists():
        for line, (entity, name) in read_rows(path, "entity", "name"):
            row = rows.setdefault(bare(entity), len(rows))
            _put(names, row, name, path, line, entity)
    return names


def _read_types(path: Path, sides: tuple[tuple[dict[str, int], dict[int, str]], ...]) -> None:
    """Fills each side's types; the file is common to both."""
    if not path.exists():
        return
    for line, (entity, kind) in read_rows(path, "entity", "type"):
        if (line, entity, kind) == (1, "entity", "type"):
            continue
        known = [(types, rows[bare(entity)]) for rows, types in sides if bare(entity) in rows]
        if not known:
            raise DataFormatError(path, line=line, expected="an entity of either graph", got=entity)
        for types, row in known:
            _put(types, row, kind, path, line, entity)


def _read_images(folder: Path, path: Path, rows: dict[str, int]) -> dict[int, Path]:
    images: dict[int, Path] = {}
    root = folder.resolve()
    if path.exists():
        for line, (entity, text) in read_rows(path, "entity", "picture"):
            row = _known(rows, entity, path, line)
            _put(images, row, _picture(root, text, path, line), path, line, entity)
    return images


def _picture(root: Path, text: str, path: Path, line: int) -> Path:
    """The picture file a line names, with every link followed, if it lies inside the folder."""
    relative = PurePosixPath(text)
    try:
        picture = (root / relative).resolve()
        if relative.is_absolute() or ".." in relative.parts or not picture.is_relative_to(root):
            raise DataFormatError(path, line=line, expected="a path inside the data folder", got=text)
        if picture.is_file():
            return picture
        got = f"{text}, which is not there"
    except (OSError, RuntimeError) as error:  # a name too long; a loop of links
        got = f"{text} ({error})"
    raise DataFormatError(path, line=line, expected="a picture file", got=got)


def _read_image_features(path: Path, rows: dict[str, int]) -> dict[int, npt.NDArray[np.float32]]:
    found: dict[int, npt.NDArray[np.float32]] = {}
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
