"""Pictures as vectors: from a feature file where the data has one, else by an encoder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.arrays import unit_rows
from pmf.data.graph_pair import GraphPair
from pmf.data.pictures import OPENING, open_picture
from pmf.errors import DataFormatError
from pmf.features.image_encoders import DESCRIPTOR, ImageEncoder, image_encoder
from pmf.features.vector_cache import VectorCache
from pmf.progress import Progress, silent

Vectors = npt.NDArray[np.float32]


def image_vectors(pair: GraphPair, encoder: str = DESCRIPTOR, *, progress: Progress = silent) -> Vectors:
    """One vector of length 1 per entity that has a picture.

    A feature file goes before pictures, for both graphs: vectors of different makes can't be compared. What an encoder
    made of a picture is kept (see `VectorCache`), so that no picture is encoded twice.

    Args:
        pair: the data set, `n` entities.
        encoder: its name, see `image_encoder`.
        progress: of the pictures.

    Returns:
        float32 `[n, w]`; zero where there is no picture, or none that can be read. w = 0 without any.

    Raises:
        DataFormatError: the feature files of the two graphs differ in width, or only one graph has one and the other
            has pictures.
        MissingModalityError: the encoder or its weights can't be had.
    """
    if pair.source.image_features or pair.target.image_features:
        return _stored_vectors(pair)
    pictures = [(row + offset, path) for graph, offset in pair.sides() for row, path in graph.images.items()]
    matrix = np.zeros((len(pair), 0), dtype=np.float32)
    if not pictures:
        return matrix
    chosen, cache = image_encoder(encoder), VectorCache()
    for start in range(0, len(pictures), chosen.batch_size):
        batch = pictures[start : start + chosen.batch_size]
        for entity, vector in _encode(batch, chosen, cache):
            if not matrix.shape[1]:
                matrix = np.zeros((len(pair), len(vector)), dtype=np.float32)
            matrix[entity] = vector
        progress("image", start + len(batch), len(pictures))
    return matrix


def _encode(
    pictures: list[tuple[int, Path]], encoder: ImageEncoder, cache: VectorCache
) -> Iterator[tuple[int, Vectors]]:
    """Entities and vectors of those pictures that can be read."""
    fresh = []
    for entity, path in pictures:
        key = _content_key(path, encoder)
        vector = cache.get(key) if key else None
        if vector is not None:
            yield entity, vector
        elif key and (picture := open_picture(path)) is not None:
            fresh.append((entity, key, picture))
    if not fresh:
        return
    vectors = encoder.encode([picture for *_, picture in fresh])
    for (entity, key, _), vector in zip(fresh, vectors, strict=True):
        cache.put(key, vector)
        yield entity, vector


def _content_key(path: Path, encoder: ImageEncoder) -> str | None:
    """SHA-256 over the picture's bytes and the encoder; None for a file that can't be read."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError:
        return None
    digest.update(f"{encoder.key}, opening {OPENING}".encode())
    return digest.hexdigest()


def _stored_vectors(pair: GraphPair) -> Vectors:
    widths = [len(next(iter(graph.image_features.values()), ())) for graph, _ in pair.sides()]
    mixed = any(graph.images and not graph.image_features for graph, _ in pair.sides())
    if mixed or (all(widths) and widths[0] != widths[1]):
        got = "pictures on one side" if mixed else f"{widths[0]} and {widths[1]}"
        raise DataFormatError(pair.path, expected="image features of one width for both graphs", got=got)
    matrix = np.zeros((len(pair), max(widths)), dtype=np.float32)
    for graph, offset in pair.sides():
        for row, vector in graph.image_features.items():
            matrix[row + offset] = vector
    return unit_rows(matrix)
