"""The layout DBP15K is published in: tables of integer ids, one set of files per side.

| file | columns | |
|---|---|---|
| `ent_ids_{1,2}` | id, URI | ids of the two sides may interleave but never coincide |
| `triples_{1,2}` | head id, relation id, tail id | repeated lines are kept |
| `ill_ent_ids` | source id, target id | the links |
| `rel_ids_{1,2}` | id, URI | optional; without it a relation's id is its label |
| `training_attrs_{1,2}` | URI, attribute URI … | optional; names of attributes, no values |
| `numerical_triples_{1,2}` | URI, attribute URI, value | optional; attributes with values |
| `dbp_<folder>.json` | list of [id, [word, …]] | optional, here or in `../translated_ent_name`: translated names |
| `image_features.safetensors` | `ids` int64 `[k]`, `features` float32 `[k, w]` | optional; ids of `ent_ids_{1,2}` |

URIs may stand in angle brackets. An attribute line about an entity that is not in `ent_ids` is left out, as the
published loaders do; a file in which no line fits is refused. The published `*_img_feature_dict.pkl` are pickles
and never read here: convert them first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.data.graph_pair import GraphPair, Ids, KnowledgeGraph
from pmf.data.readers.tables import bare, check_integer, read_bytes, read_rows, read_tensors
from pmf.errors import DataFormatError

LOOKS_FOR = "ent_ids_1 and triples_1 (DBP15K layout)"


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be in this layout."""
    return (folder / "ent_ids_1").exists() or (folder / "triples_1").exists()


def read(folder: Path) -> GraphPair:
    """Reads a folder in this layout.

    Raises:
        DataFormatError: a file is missing or malformed.
    """
    rows: list[dict[str, int]] = []  # per side: id as written → local row
    entities: list[list[str]] = []
    for side in (1, 2):
        ids, uris = _read_ids(folder / f"ent_ids_{side}", taken=rows[0] if rows else {})
        rows.append(ids)
        entities.append(uris)
    names = _read_names(folder, rows)
    features = _read_image_features(folder / "image_features.safetensors", rows)
    source, target = (
        _read_side(folder, side, rows[side], entities[side], names[side], features[side]) for side in (0, 1)
    )
    path = folder / "ill_ent_ids"
    links = {
        (_row(path, line, ids[0], rows[0]), len(source) + _row(path, line, ids[1], rows[1])): None
        for line, ids in read_rows(path, "source id", "target id")
    }
    name = f"DBP15K {folder.name}" if re.fullmatch("[a-z]{2}_en", folder.name) else folder.name
    return GraphPair(
        name=name,
        path=folder,
        format="dbp15k",
        source=source,
        target=target,
        links=np.array(list(links), dtype=np.int64).reshape(-1, 2),
    )


def _read_side(
    folder: Path,
    side: int,
    rows: dict[str, int],
    entities: list[str],
    names: dict[int, str],
    image_features: dict[int, npt.NDArray[np.float32]],
) -> KnowledgeGraph:
    relations, relation_triples = _read_triples(folder, side + 1, rows)
    attributes: dict[str, int] = {}
    attribute_triples, values = _read_attributes(folder, side + 1, entities, attributes)
    return KnowledgeGraph(
        entities=entities,
        relations=relations,
        attributes=list(attributes),
        relation_triples=relation_triples,
        attribute_triples=attribute_triples,
        attribute_values=values,
        names=names,
        image_features=image_features,
    )


def _read_ids(path: Path, taken: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """Rows by id, and URIs by row; `taken` are the ids of the other side."""
    rows: dict[str, int] = {}
    uris: dict[str, None] = {}
    for line, (text, uri) in read_rows(path, "id", "URI"):
        if check_integer(path, line, text) in rows or text in taken:
            raise DataFormatError(path, line=line, expected="an id used once", got=f"{text} again")
        rows[text] = len(rows)
        if bare(uri) in uris:
            raise DataFormatError(path, line=line, expected="a URI listed once", got=f"{uri} again")
        uris[bare(uri)] = None
    if not rows:
        raise DataFormatError(path, expected="at least one id", got="an empty file")
    return rows, list(uris)


def _row(path: Path, line: int, text: str, rows: dict[str, int], what: str = "an id listed in ent_ids") -> int:
    row = rows.get(text)
    if row is None:
        raise DataFormatError(path, line=line, expected=what, got=check_integer(path, line, text))
    return row


def _read_triples(folder: Path, number: int, rows: dict[str, int]) -> tuple[list[str], Ids]:
    path, listed = folder / f"triples_{number}", folder / f"rel_ids_{number}"
    relations: dict[str, int] = {}
    uris: list[str] | None = None
    if listed.exists():
        relations, uris = _read_ids(listed, taken={})
    what = f"an id listed in {listed.name}"
    triples: list[int] = []
    for line, (head, relation, tail) in read_rows(path, "head id", "relation id", "tail id"):
        if uris is None and relation not in relations:
            relations[check_integer(path, line, relation)] = len(relations)
        try:
            triples += rows[head], relations[relation], rows[tail]
        except KeyError:  # say which, at no cost to the lines that are right
            triples += (
                _row(path, line, head, rows),
                _row(path, line, relation, relations, what),
                _row(path, line, tail, rows),
            )
    return uris or list(relations), np.array(triples, dtype=np.int64).reshape(-1, 3)


def _read_attributes(
    folder: Path, number: int, entities: list[str], attributes: dict[str, int]
) -> tuple[Ids, list[str]]:
    """Triples with values first, then the names that have none; `attributes` is filled in order of appearance."""
    rows = {uri: row for row, uri in enumerate(entities)}
    owners: list[int] = []
    numbers: list[int] = []
    values: list[str] = []
    path = folder / f"numerical_triples_{number}"
    if path.exists():
        for _, (entity, attribute, value) in read_rows(path, "entity URI", "attribute URI", "value", last="text"):
            if (row := rows.get(bare(entity))) is not None:
                owners.append(row)
                numbers.append(attributes.setdefault(bare(attribute), len(attributes)))
                values.append(value)
        _check_some(path, len(values))
    path = folder / f"training_attrs_{number}"
    if path.exists():
        for _, (entity, *uris) in read_rows(path, "entity URI", last="list"):
            if (row := rows.get(bare(entity))) is not None:
                owners += [row] * len(uris)
                numbers += [attributes.setdefault(bare(uri), len(attributes)) for uri in uris]
        _check_some(path, len(owners) - len(values))
    triples = np.column_stack([owners, numbers]).astype(np.int64).reshape(-1, 2)
    # A name adds nothing where a value, or the same name, came before.
    keep = np.arange(len(triples)) < len(values)
    keep[np.unique(triples @ [len(attributes), 1], return_index=True)[1]] = True
    return triples[keep], values + [""] * (int(keep.sum()) - len(values))


def _check_some(path: Path, found: int) -> None:
    if not found and path.stat().st_size:
        raise DataFormatError(path, expected="attributes of entities in ent_ids", got="no line about any of them")


def _read_names(folder: Path, rows: list[dict[str, int]]) -> tuple[dict[int, str], dict[int, str]]:
    names: tuple[dict[int, str], dict[int, str]] = ({}, {})
    file = f"dbp_{folder.name}.json"
    places = (folder / file, folder.parent / "translated_ent_name" / file)
    path = next((place for place in places if place.exists()), None)
    if path is None:
        return names
    for number, name in _read_name_entries(path):
        side = next((side for side in (0, 1) if number in rows[side]), None)
        if side is None:
            raise DataFormatError(path, expected="an id listed in ent_ids", got=number)
        if rows[side][number] in names[side]:
            raise DataFormatError(path, expected="one name per id", got=f"{number} again")
        names[side][rows[side][number]] = name
    source, target = ({row: name for row, name in found.items() if name} for found in names)
    return source, target  # without the entities whose list of words is empty


def _read_name_entries(path: Path) -> Iterator[tuple[str, str]]:
    try:
        entries = json.loads(read_bytes(path))
        json.dumps(entries, ensure_ascii=False).encode()  # JSON can spell lone surrogates, UTF-8 can't
    except (ValueError, RecursionError) as error:
        raise DataFormatError(path, line=getattr(error, "lineno", None), expected="JSON", got=str(error)) from error
    if not isinstance(entries, list):
        raise DataFormatError(path, expected="a list of [id, [word, …]]", got=type(entries).__name__)
    for entry in entries:
        match entry:
            case [int(number), [*words]] if all(isinstance(word, str) for word in words):
                yield str(number), " ".join(words).strip()
            case _:
                raise DataFormatError(path, expected="[id, [word, …]]", got=json.dumps(entry))


def _read_image_features(
    path: Path, rows: list[dict[str, int]]
) -> tuple[dict[int, npt.NDArray[np.float32]], dict[int, npt.NDArray[np.float32]]]:
    found: tuple[dict[int, npt.NDArray[np.float32]], dict[int, npt.NDArray[np.float32]]] = ({}, {})
    if not path.exists():
        return found
    tensors = read_tensors(path, ids=("I64", 1), features=("F32", 2))
    ids, features = tensors["ids"], tensors["features"].astype(np.float32, copy=False)
    if len(ids) != len(features):
        raise DataFormatError(path, expected=f"features of {len(ids)} ids", got=f"{len(features)} rows")
    for text, vector in zip(map(str, ids.tolist()), features, strict=True):
        side = next((side for side in (0, 1) if text in rows[side]), None)
        if side is None:
            raise DataFormatError(path, expected="ids listed in ent_ids", got=text)
        if rows[side][text] in found[side]:
            raise DataFormatError(path, expected="one row per id", got=f"{text} again")
        found[side][rows[side][text]] = vector
    return found
