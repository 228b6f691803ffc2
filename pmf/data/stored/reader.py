"""Read a stored data set; nothing in it is taken on trust."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pmf.arrays import Ids, no_ids
from pmf.bounded.json_files import parse_json
from pmf.bounded.tables import read_arrow
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.notes import Note
from pmf.data.readers.tables import read_bytes, read_tensors
from pmf.data.stored import FORMAT, MANIFEST, layout
from pmf.errors import DataFormatError

_PICTURE = re.compile(r"[0-9a-f]{64}\.(?:jpeg|png|webp|gif|unreadable)")


def read_stored(folder: Path) -> GraphPair:
    """Reads a stored data set, see `pmf.data.stored.read`."""
    stored = _Stored(folder, _manifest(folder / MANIFEST))
    pictures = _pictures(folder / layout.PICTURES)
    source, target = (_side(stored, side, pictures) for side in layout.SIDES)
    source, target = _with_context(stored, source, target)
    source, target = (
        dataclasses.replace(graph, named_by=str(name)[:200])
        for graph, name in zip((source, target), _named_by(stored.manifest), strict=True)
    )
    links = stored.ids(layout.LINKS, "source", "target", below=(len(source), len(source) + len(target)))
    if len(links) and links[:, 1].min() < len(source):
        raise DataFormatError(folder / layout.LINKS, expected="target ids", got=f"{links[:, 1].min()}")
    splits, unlinked = _splits(stored, links, len(source) + len(target))
    return GraphPair(
        name=stored.manifest["name"],
        path=folder,
        format="stored",
        source=source,
        target=target,
        links=links,
        splits=splits,
        unlinked=unlinked,
        negatives=_negatives(stored, len(source), len(source) + len(target)),
        published=stored.manifest.get("published", stored.manifest.get("layout") != "own data") is True,
        notes=tuple(map(Note.from_dict, stored.manifest["notes"])),
    )


def _manifest(path: Path) -> dict[str, Any]:
    expected = f"a manifest of format {FORMAT}"
    try:
        manifest = parse_json(read_bytes(path))
    except ValueError as error:
        raise DataFormatError(path, expected=expected, got=f"no JSON ({error})") from error
    match manifest:
        case {"format": int(number)} if number > FORMAT:
            raise DataFormatError(path, expected=expected, got=f"format {number}, written by a newer version: update")
        case {"format": 1, "name": str(), "files": dict(), "splits": [*splits], "notes": [*notes]}:
            if all(isinstance(text, str) for text in splits) and all(map(_is_note, notes)):
                return dict(manifest)
    raise DataFormatError(path, expected=expected, got="something else")


def _named_by(manifest: dict[str, Any]) -> tuple[str, str]:
    """Where each side's names come from; "" where an older version did not say."""
    match manifest.get("named_by"):
        case [str(source), str(target)]:
            return source, target
    return "", ""


def _is_note(values: Any) -> bool:
    try:
        return isinstance(values, str | dict) and bool(Note.from_dict(values))
    except ValueError:
        return False


@dataclass(frozen=True)
class _Stored:
    """The files of one stored data set, each checked against the manifest before it is parsed."""

    folder: Path
    manifest: dict[str, Any]

    def table(self, name: str) -> pa.Table:
        """A Parquet file with the columns it must have."""
        path = self.folder / name
        data = read_bytes(path)
        self._check(name, len(data), hashlib.sha256(data).hexdigest())
        schema = layout.SCHEMAS[path.name]
        table = read_arrow(path, data)
        if not table.schema.equals(schema):
            raise DataFormatError(path, expected=f"columns {schema.names}", got=f"{table.schema.names}")
        if any(table[column.name].null_count for column in schema if not column.nullable):
            raise DataFormatError(path, expected="a value in every row", got="null")
        return table

    def texts(self, name: str) -> list[str]:
        """The URIs of a table, each there once."""
        uris: list[str] = self.table(name)["uri"].to_pylist()
        if len(set(uris)) < len(uris):
            raise DataFormatError(self.folder / name, expected="each URI once", got="one again")
        return uris

    def ids(self, name: str, *columns: str, below: tuple[int, ...], table: pa.Table | None = None) -> Ids:
        """Columns of ids side by side, int64 `[rows, columns]`, each in its range `0 … below - 1`."""
        table = self.table(name) if table is None else table
        # by DLPack: to_numpy() would first import pandas, which takes longer than everything else here
        ids = np.column_stack([np.from_dlpack(table[column].combine_chunks()) for column in columns])
        if len(ids) and (ids.min() < 0 or (ids.max(axis=0) >= below).any()):
            expected = " and ".join(f"{column} below {bound}" for column, bound in zip(columns, below, strict=True))
            raise DataFormatError(self.folder / name, expected=expected, got=f"{ids.min()} … {ids.max(axis=0)}")
        return ids

    def features(self, name: str, n: int) -> dict[int, npt.NDArray[np.float32]]:
        """Row of an entity → its vector; empty without such a file."""
        path = self.folder / name
        tensors = self.tensors(name, entities=("I64", 1), features=("F32", 2))
        if not tensors:
            return {}
        rows, features = tensors["entities"], tensors["features"].astype(np.float32, copy=False)
        if len(rows) != len(features) or len(np.unique(rows)) < len(rows) or not set(rows.tolist()) <= set(range(n)):
            raise DataFormatError(path, expected=f"one vector each of some of {n} entities", got="others")
        return dict(zip(rows.tolist(), features, strict=True))

    def tensors(self, name: str, **wanted: tuple[str, int]) -> dict[str, npt.NDArray[np.generic]]:
        """A safetensors file as in `read_tensors`; empty where the data set has none."""
        path = self.folder / name
        if name not in self.manifest["files"] and not path.exists():
            return {}
        if not path.is_file():
            raise DataFormatError(path, expected="a file", got="nothing")
        with path.open("rb") as file:
            self._check(name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
        return read_tensors(path, **wanted)

    def _check(self, name: str, size: int, digest: str) -> None:
        listed = self.manifest["files"].get(name)
        if not isinstance(listed, dict) or listed.get("sha256") != digest:
            got = f"{size:,} bytes that differ from it" if listed else "no entry"
            raise DataFormatError(
                self.folder / name, expected=f"what {MANIFEST} lists", got=f"{got}: import the data again"
            )


def _side(stored: _Stored, side: str, pictures: dict[str, Path]) -> KnowledgeGraph:
    path = f"{side}/{layout.ENTITIES}"
    table = stored.table(path)
    entities: list[str] = table["uri"].to_pylist()
    if not entities or len(set(entities)) < len(entities):
        raise DataFormatError(stored.folder / path, expected="entities, each URI once", got="none, or one again")
    names, types, files = (_present(table[column]) for column in ("name", "type", "picture"))
    if unknown := next((file for file in files.values() if file not in pictures), None):
        raise DataFormatError(stored.folder / layout.PICTURES, expected=f"the picture {unknown}", got="none")
    n = len(entities)
    relations, attributes = stored.texts(f"{side}/{layout.RELATIONS}"), stored.texts(f"{side}/{layout.ATTRIBUTES}")
    triples = f"{side}/{layout.RELATION_TRIPLES}"
    values = stored.table(f"{side}/{layout.ATTRIBUTE_TRIPLES}")
    return KnowledgeGraph(
        entities=entities,
        relations=relations,
        attributes=attributes,
        relation_triples=stored.ids(triples, "head", "relation", "tail", below=(n, len(relations), n)),
        attribute_triples=stored.ids(
            f"{side}/{layout.ATTRIBUTE_TRIPLES}", "entity", "attribute", below=(n, len(attributes)), table=values
        ),
        attribute_values=values["value"].to_pylist(),
        names=names,
        types=types,
        images={row: pictures[file] for row, file in files.items()},
        image_features=stored.features(f"{side}/{layout.IMAGE_FEATURES}", n),
    )


def _with_context(
    stored: _Stored, source: KnowledgeGraph, target: KnowledgeGraph
) -> tuple[KnowledgeGraph, KnowledgeGraph]:
    """Both graphs with what is structure only in them."""
    context = stored.tensors(layout.CONTEXT, context=("I64", 1))
    if not context:
        return source, target
    ids, n = context["context"].astype(np.int64), len(source)
    if len(ids) and not 0 <= ids.min() <= ids.max() < n + len(target):
        raise DataFormatError(
            stored.folder / layout.CONTEXT, expected=f"entities below {n + len(target)}", got="others"
        )
    return (
        dataclasses.replace(source, context=frozenset(ids[ids < n].tolist())),
        dataclasses.replace(target, context=frozenset((ids[ids >= n] - n).tolist())),
    )


def _negatives(stored: _Stored, n_source: int, n: int) -> Ids:
    """Pairs that are not the same, a source and a target entity each."""
    tensors = stored.tensors(layout.NEGATIVES, negatives=("I64", 2))
    pairs = tensors["negatives"].astype(np.int64) if tensors else no_ids(0, 2)
    fits = pairs.shape[1] == 2 and ((pairs >= [0, n_source]) & (pairs < [n_source, n])).all()
    if not fits:
        expected = f"a source entity below {n_source} and a target entity below {n}"
        raise DataFormatError(stored.folder / layout.NEGATIVES, expected=expected, got="others")
    return pairs


def _present(column: pa.ChunkedArray) -> dict[int, str]:
    return {row: text for row, text in enumerate(column.to_pylist()) if text is not None}


def _pictures(folder: Path) -> dict[str, Path]:
    """File name → path of every thumbnail; links and other names are passed over."""
    if not folder.is_dir() or folder.is_symlink():
        return {}
    with os.scandir(folder) as items:
        return {
            item.name: folder / item.name
            for item in items
            if _PICTURE.fullmatch(item.name) and item.is_file(follow_symlinks=False)
        }


def _splits(stored: _Stored, links: Ids, n: int) -> tuple[dict[str, PublishedSplit], Ids]:
    parts = {f.name: 2 if f.name in ("train", "valid", "test") else 1 for f in dataclasses.fields(PublishedSplit)}
    names = stored.manifest["splits"]
    wanted = {f"{name}/{part}": ("I64", dimensions) for name in names for part, dimensions in parts.items()}
    found = {
        name: ids.astype(np.int64) for name, ids in stored.tensors(layout.SPLITS, unlinked=("I64", 1), **wanted).items()
    }
    if not found and names:
        raise DataFormatError(stored.folder / layout.SPLITS, expected=f"the split {names[0]}", got="nothing")
    if not found:
        return {}, no_ids()
    pairs = set(map(tuple, links.tolist()))
    for name, ids in found.items():
        fits = (
            set(map(tuple, ids.tolist())) <= pairs if ids.ndim == 2 else not len(ids) or 0 <= ids.min() <= ids.max() < n
        )
        if not fits:
            expected = "links of the data set" if ids.ndim == 2 else f"entities below {n}"
            raise DataFormatError(stored.folder / layout.SPLITS, expected=f"{name}: {expected}", got="others")
    splits = {name: PublishedSplit(**{part: found[f"{name}/{part}"] for part in parts}) for name in names}
    return splits, found["unlinked"]
