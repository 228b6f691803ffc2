"""The layout DBP15K is published in: tables of integer ids, one set of files per side.

| file | columns | |
|---|---|---|
| `ent_ids_{1,2}` | id, URI | ids of the two sides may interleave but never coincide |
| `triples_{1,2}` | head id, relation id, tail id | repeated lines are kept |
| `ill_ent_ids` | source id, target id | the links; without it those of the next line |
| `sup_ent_ids`, `dev_ent_ids`, `ref_ent_ids` | source id, target id | optional: a split, see `splits`; SRPRS |
| `rel_ids_{1,2}` | id, URI | optional; without it a relation's id is its label |
| `training_attrs_{1,2}` | URI, attribute URI … | optional; names of attributes, no values |
| `numerical_triples_{1,2}`, `attr_triples_{1,2}` | URI, attribute URI, value | optional; attributes with values |
| `FB15K_NumericalTriples.txt`, `DB15K_…`, `YAGO15K_…` | the same, see `mmkg` | optional; FB15K is the source |
| `dbp_<folder>.json` | list of [id, [word, …]] | optional, here or in `../translated_ent_name`: translated names |
| `image_features.safetensors` | `ids` int64 `[k]`, `features` float32 `[k, w]` | optional, see `image_features` |

FB15K-DB15K, FB15K-YAGO15K (`FBDB15K/norm`) and Multi-OpenEA (`OEA_EN_FR_15K_V1`) are published in this layout too, with
splits of the OpenEA kind where they have any. URIs may stand in angle brackets. An attribute line about an entity that
is not in `ent_ids` is left out, as the published loaders do; a file in which no line fits is refused. Relations without
`rel_ids_{1,2}` are called by their id; the one `rel_ids` of Multi-OpenEA is not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids
from pmf.bounded.json_files import parse_json
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.readers.image_features import read_image_features
from pmf.data.readers.link_row import LinkRow
from pmf.data.readers.linking import resolve
from pmf.data.readers.mmkg import read_triples
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import at, note
from pmf.data.readers.splits import ENTITY_FILES, ID_FILES, find_splits, link_array, read_split
from pmf.data.readers.tables import bare, check_integer, read_bytes, read_rows
from pmf.errors import DataFormatError

LOOKS_FOR = "ent_ids_1 and triples_1 (DBP15K layout)"

_STRANGER = "an entity that ent_ids does not list"
_UNTELLING = re.compile(r"norm|mapping|\d[_.]\d")  # folders that only say which variant lies in them


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be in this layout."""
    return (folder / "ent_ids_1").exists() or (folder / "triples_1").exists()


def read(folder: Path, image_ratio: float | None = None) -> GraphPair:
    """Reads a folder in this layout.

    Args:
        folder: the data folder.
        image_ratio: see `read_image_features`.

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
    label = next((place.name for place in (folder, *folder.parents) if not _UNTELLING.fullmatch(place.name)), "")
    features, notes = read_image_features(folder, label, rows, image_ratio)
    source, target = (
        _read_side(folder, side, rows[side], entities[side], names[side], features[side]) for side in (0, 1)
    )
    links = _read_links(folder, rows)
    return GraphPair(
        name=f"DBP15K {label}" if re.fullmatch("[a-z]{2}_en", label) else label,
        path=folder,
        format="dbp15k",
        published=True,
        source=source,
        target=target,
        links=link_array(links),
        splits=_read_splits(folder, rows, entities, links),
        notes=notes,
    )


def _read_links(folder: Path, rows: list[dict[str, int]]) -> dict[tuple[int, int], None]:
    files = [path for name in ID_FILES if (path := folder / name).exists()]
    if not files or (folder / "ill_ent_ids").exists():
        files = [folder / "ill_ent_ids"]
    source, target = NearIds(rows[0]), NearIds({text: len(rows[0]) + row for text, row in rows[1].items()})
    links: dict[tuple[int, int], None] = {}
    for path in files:
        listed = [LinkRow(line, left, right) for line, (left, right) in read_rows(path, "source id", "target id")]
        links |= dict.fromkeys(resolve(path, listed, source, target).links)
    return links


def _read_splits(
    folder: Path, rows: list[dict[str, int]], entities: list[list[str]], links: dict[tuple[int, int], None]
) -> dict[str, PublishedSplit]:
    ids = (rows[0], {text: len(rows[0]) + row for text, row in rows[1].items()})
    splits = {name: read_split(path, ID_FILES, ids, links) for name, path in find_splits(folder, ID_FILES).items()}
    if by_uri := find_splits(folder, ENTITY_FILES):
        uris = ({uri: row for row, uri in enumerate(entities[0])}, dict(zip(entities[1], ids[1].values(), strict=True)))
        splits |= {name: read_split(path, ENTITY_FILES, uris, links) for name, path in by_uri.items()}
    return splits


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
        named_by=f"dbp_{folder.name}.json" if names else "",
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


def _read_triples(folder: Path, number: int, rows: dict[str, int]) -> tuple[list[str], Ids]:
    path, listed = folder / f"triples_{number}", folder / f"rel_ids_{number}"
    relations: dict[str, int] = {}
    uris: list[str] | None = None
    if listed.exists():
        relations, uris = _read_ids(listed, taken={})
    triples: list[int] = []
    first: tuple[int, str] | None = None
    for line, (head, relation, tail) in read_rows(path, "head id", "relation id", "tail id"):
        if relation not in relations:
            relations[check_integer(path, line, relation)] = len(relations)
            if uris is not None:
                why = f"relations that {listed.name} does not list: called by their ids"
                note("changed", why, path=path, unit="relation", example=at(line, relation))
                uris.append(relation)
        try:
            triples += rows[head], relations[relation], rows[tail]
        except KeyError:
            unknown = ", ".join(check_integer(path, line, end) for end in (head, tail) if end not in rows)
            note(
                "left out",
                f"ids that ent_ids_{number} does not list",
                path=path,
                unit="triple",
                example=at(line, unknown),
            )
            first = first or (line, unknown)
    if first and not triples:
        raise DataFormatError(path, line=first[0], expected="an id listed in ent_ids", got=first[1])
    return uris or list(relations), np.array(triples, dtype=np.int64).reshape(-1, 3)


def _read_attributes(
    folder: Path, number: int, entities: list[str], attributes: dict[str, int]
) -> tuple[Ids, list[str]]:
    """Triples with values first, then the names that have none; `attributes` is filled in order of appearance."""
    rows = {uri: row for row, uri in enumerate(entities)}
    owners: list[int] = []
    numbers: list[int] = []
    values: list[str] = []
    for path in _value_files(folder, number):
        before = len(values)
        for entity, attribute, value in _read_values(path):
            if (row := rows.get(entity)) is not None:
                owners.append(row)
                numbers.append(attributes.setdefault(attribute, len(attributes)))
                values.append(value)
            else:
                note("left out", _STRANGER, path=path, unit="line", example=f"{entity} {attribute} {value}")
        _check_some(path, len(values) - before)
    path = folder / f"training_attrs_{number}"
    if path.exists():
        for _, (entity, *uris) in read_rows(path, "entity URI", last="list"):
            if (row := rows.get(bare(entity))) is not None:
                owners += [row] * len(uris)
                numbers += [attributes.setdefault(bare(uri), len(attributes)) for uri in uris]
            else:
                note("left out", _STRANGER, path=path, unit="line", example=entity)
        _check_some(path, len(owners) - len(values))
    triples = np.column_stack([owners, numbers]).astype(np.int64).reshape(-1, 2)
    # A name adds nothing where a value, or the same name, came before.
    keep = np.arange(len(triples)) < len(values)
    keep[np.unique(triples @ [len(attributes), 1], return_index=True)[1]] = True
    return triples[keep], values + [""] * (int(keep.sum()) - len(values))


def _value_files(folder: Path, number: int) -> list[Path]:
    named = [folder / f"numerical_triples_{number}", folder / f"attr_triples_{number}"]
    named += [folder / f"{graph}_NumericalTriples.txt" for graph in (("FB15K",), ("DB15K", "YAGO15K"))[number - 1]]
    return [path for path in named if path.exists()]


def _read_values(path: Path) -> Iterator[tuple[str, str, str]]:
    if path.suffix == ".txt":
        yield from read_triples(path, "entity", "attribute", "value")
        return
    for _, (entity, attribute, value) in read_rows(path, "entity URI", "attribute URI", "value", last="text"):
        yield bare(entity), bare(attribute), value


def _check_some(path: Path, count: int) -> None:
    if not count and path.stat().st_size:
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
            note("left out", "an id that ent_ids does not list", path=path, unit="name", example=number)
        elif rows[side][number] in names[side]:
            note("left out", "its entity has one already", path=path, unit="name", example=f"{number}: {name}")
        else:
            names[side][rows[side][number]] = name
    source, target = ({row: name for row, name in table.items() if name} for table in names)
    return source, target  # without the entities whose list of words is empty


def _read_name_entries(path: Path) -> Iterator[tuple[str, str]]:
    try:
        entries = parse_json(read_bytes(path))
        json.dumps(entries, ensure_ascii=False).encode()  # JSON can spell lone surrogates, UTF-8 can't
    except ValueError as error:
        raise DataFormatError(path, line=getattr(error, "lineno", None), expected="JSON", got=str(error)) from error
    if not isinstance(entries, list):
        raise DataFormatError(path, expected="a list of [id, [word, …]]", got=type(entries).__name__)
    for entry in entries:
        match entry:
            case [int(number), [*words]] if all(isinstance(word, str) for word in words):
                yield str(number), " ".join(words).strip()
            case _:
                raise DataFormatError(path, expected="[id, [word, …]]", got=json.dumps(entry))
