"""Write a data set into the stored form: whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.pictures import TRUTH_FILE
from pmf.data.stored import FORMAT, MANIFEST, layout
from pmf.data.thumbnails import thumbnail
from pmf.files import whole_folder
from pmf.progress import Progress, silent


def write(pair: GraphPair, folder: Path, *, progress: Progress = silent) -> dict[str, Any]:
    """Store a data set in a new folder.

    It is written beside `folder` under a hidden name and moved into place at the end, so that a folder of that name is
    there whole or not at all, however this ends.

    Args:
        pair: the data set.
        folder: where to; it must not exist.
        progress: of the picture files.

    Returns:
        The manifest.

    Raises:
        ConfigError: there is something at `folder`.
    """
    with whole_folder(folder) as part:
        return _write(pair, part, progress)


def _write(pair: GraphPair, root: Path, progress: Progress) -> dict[str, Any]:
    pictures = _Pictures(root / layout.PICTURES, sum(len(graph.images) for graph, _ in pair.sides()), progress)
    _put(root / layout.LINKS, *pair.links.T)
    for side, (graph, _) in zip(layout.SIDES, pair.sides(), strict=True):
        (root / side).mkdir()
        _write_side(graph, root / side, {row: pictures.keep(path) for row, path in sorted(graph.images.items())})
    _write_splits(pair, root / layout.SPLITS)
    if len(pair.context):
        save_file({"context": pair.context}, root / layout.CONTEXT)
    if len(pair.negatives):
        save_file({"negatives": pair.negatives}, root / layout.NEGATIVES)
    if (truth := pair.path / TRUTH_FILE).is_file():
        shutil.copyfile(truth, root / TRUTH_FILE)
    manifest = {
        "format": FORMAT,
        "name": pair.name,
        "layout": pair.format,
        "published": pair.published,
        "named_by": [graph.named_by for graph, _ in pair.sides()],
        "fingerprint": pair.fingerprint,
        "entities": [len(pair.source), len(pair.target)],
        "links": len(pair.links),
        "splits": list(pair.splits),
        "notes": [note.to_dict() for note in pair.notes],
        "pictures": dict(pictures.kinds),
        "files": _files(root),
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (root / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def _write_side(graph: KnowledgeGraph, folder: Path, pictures: dict[int, str]) -> None:
    columns = ([column.get(row) for row in range(len(graph))] for column in (graph.names, graph.types, pictures))
    _put(folder / layout.ENTITIES, graph.entities, *columns)
    _put(folder / layout.RELATIONS, graph.relations)
    _put(folder / layout.ATTRIBUTES, graph.attributes)
    _put(folder / layout.RELATION_TRIPLES, *graph.relation_triples.T)
    _put(folder / layout.ATTRIBUTE_TRIPLES, *graph.attribute_triples.T, graph.attribute_values)
    if graph.image_features:
        rows = np.array(sorted(graph.image_features), dtype=np.int64)
        features = np.stack([graph.image_features[int(row)] for row in rows])
        save_file({"entities": rows, "features": features}, folder / layout.IMAGE_FEATURES)


def _write_splits(pair: GraphPair, path: Path) -> None:
    if pair.splits or len(pair.unlinked):
        parts = {f"{name}/{part}": ids for name, split in pair.splits.items() for part, ids in vars(split).items()}
        save_file({"unlinked": pair.unlinked, **parts}, path)


def _put(path: Path, *columns: Any) -> None:
    table = pa.table(list(columns), schema=layout.SCHEMAS[path.name])
    pq.write_table(table, path, compression="zstd")


def _files(root: Path) -> dict[str, dict[str, Any]]:
    files = {}
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".parquet", ".safetensors")):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files[path.relative_to(root).as_posix()] = {"bytes": path.stat().st_size, "sha256": digest}
    return files


@dataclass
class _Pictures:
    """The folder of thumbnails while it is being filled; `kinds` counts what became of the entities' pictures."""

    folder: Path
    total: int
    progress: Progress
    kinds: Counter[str] = field(default_factory=Counter)
    done: dict[Path, tuple[str, str]] = field(default_factory=dict)

    def keep(self, path: Path) -> str:
        """Store a picture's thumbnail and return its file name."""
        if path not in self.done:
            small = thumbnail(path)
            name = hashlib.sha256(small.data).hexdigest() + small.suffix
            self.folder.mkdir(exist_ok=True)
            (self.folder / name).write_bytes(small.data)
            self.done[path] = name, small.kind
        name, kind = self.done[path]
        self.kinds[kind] += 1
        self.progress("pictures", self.kinds.total(), self.total)
        return name
