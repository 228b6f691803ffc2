"""Write data folders that the readers read: whole pairs, or a copy of a data set with other picture features."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from pmf.data.graph_pair import GraphPair
from pmf.data.pictures import TRUTH_FILE
from pmf.data.planted import Kinds, write_truth
from pmf.data.readers.tables import read_rows
from pmf.files import whole_folder

Vectors = npt.NDArray[np.float32]


def write_pair(pair: GraphPair, folder: Path, images: Vectors | None = None, kinds: Kinds | None = None) -> None:
    """Writes a new folder in the OpenEA layout.

    Args:
        pair: entities that no triple, attribute, link or name mentions are left out, and so are pictures.
        folder: must not exist.
        images: float32 `[n, w]`, picture features, zero rows where there is none.
        kinds: int8 `[n]`, what the picture features are worth.

    Raises:
        ConfigError: the folder exists.
    """
    with whole_folder(folder) as part:
        _write_pair(pair, part, images, kinds)


def copy_with_images(pair: GraphPair, folder: Path, images: Vectors, kinds: Kinds | None = None) -> None:
    """Copies a data set as it lies, its pictures and picture features replaced by other features.

    Args:
        pair: in the DBP15K or the OpenEA layout; of any other, what was read is written in the OpenEA layout.
        folder: must not exist.
        images: float32 `[n, w]`, zero rows where there is none.
        kinds: int8 `[n]`, what they are worth.

    Raises:
        ConfigError: the folder exists.
    """
    with whole_folder(folder) as part:
        if pair.format not in ("dbp15k", "openea"):
            _write_pair(pair, part, images, kinds)
            return
        _copy_files(pair.path, part)
        if pair.format == "dbp15k":
            _copy_names(pair.path, part, folder.name)
            _write_features_by_id(pair, part, images)
        else:
            _write_features(pair, part, images)
        if kinds is not None:
            write_truth(part / TRUTH_FILE, pair, kinds)


def _copy_files(source: Path, target: Path) -> None:
    """Everything but pictures, picture features in any form, and the truth about them."""
    for path in source.rglob("*"):
        relative = path.relative_to(source)
        about_pictures = relative.parts[0].startswith("image") or path.suffix in (".safetensors", ".pkl", ".npy")
        if path.is_file() and not about_pictures:
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)


def _copy_names(source: Path, target: Path, name: str) -> None:
    """DBP15K's translated names lie in or beside the folder, in a file called after it."""
    file = f"dbp_{source.name}.json"
    for path in (source / file, source.parent / "translated_ent_name" / file):
        if path.is_file():
            (target / file).unlink(missing_ok=True)
            shutil.copyfile(path, target / f"dbp_{name}.json")
            return


def _write_pair(pair: GraphPair, folder: Path, images: Vectors | None, kinds: Kinds | None) -> None:
    for side, (graph, _) in enumerate(pair.sides(), start=1):
        entities, triples = np.array(graph.entities, object), graph.relation_triples
        relations = np.array(graph.relations, object)
        _write_rows(
            folder / f"rel_triples_{side}", entities[triples[:, 0]], relations[triples[:, 1]], entities[triples[:, 2]]
        )
        owners, keys = graph.attribute_triples.T
        attributes = np.array(graph.attributes, object)
        _write_rows(folder / f"attr_triples_{side}", entities[owners], attributes[keys], graph.attribute_values)
        if graph.names:
            names = [entities[i] for i in graph.names], graph.names.values()
            _write_rows(folder / f"names_{side}.tsv", *names)
    uris = np.array(pair.source.entities + pair.target.entities, object)
    _write_rows(folder / "ent_links", uris[pair.links[:, 0]], uris[pair.links[:, 1]])
    mentioned = _mentioned(pair)
    typed = [(i + offset, kind) for graph, offset in pair.sides() for i, kind in graph.types.items()]
    if typed:
        _write_rows(folder / "types.tsv", *zip(*((uris[i], kind) for i, kind in typed if mentioned[i]), strict=True))
    if images is not None:
        _write_features(pair, folder, np.where(mentioned[:, None], images, np.float32(0)))
    if kinds is not None:
        write_truth(folder / TRUTH_FILE, pair, kinds)


def _mentioned(pair: GraphPair) -> npt.NDArray[np.bool_]:
    """Bool `[n]`: what a reader of the layout gets to know of."""
    mentioned = np.zeros(len(pair), np.bool_)
    mentioned[pair.links.ravel()] = True
    for graph, offset in pair.sides():
        mentioned[graph.relation_triples[:, [0, 2]].ravel() + offset] = True
        mentioned[graph.attribute_triples[:, 0] + offset] = True
        mentioned[np.array(list(graph.names), np.int64) + offset] = True
    return mentioned


def _write_rows(path: Path, *columns: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(fields) + "\n" for fields in zip(*columns, strict=True))


def _write_features(pair: GraphPair, folder: Path, images: Vectors) -> None:
    for side, (graph, offset) in enumerate(pair.sides(), start=1):
        own = images[offset : offset + len(graph)]
        rows = np.flatnonzero(own.any(axis=1))
        _write_rows(folder / f"image_features_{side}.txt", [graph.entities[i] for i in rows.tolist()])
        save_file({"features": own[rows]}, folder / f"image_features_{side}.safetensors")


def _write_features_by_id(pair: GraphPair, folder: Path, images: Vectors) -> None:
    """Rows of a side are in the order of its `ent_ids` file."""
    ids = [int(number) for side in (1, 2) for _, (number, _) in read_rows(folder / f"ent_ids_{side}", "id", "URI")]
    rows = np.flatnonzero(images.any(axis=1))
    tensors = {"ids": np.array(ids, np.int64)[rows], "features": images[rows]}
    save_file(tensors, folder / "image_features.safetensors")
