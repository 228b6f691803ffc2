"""The one form a data set is stored in, whatever it was read from: quick to load, checked, without code.

    pmf-data.json                     what it is; size and SHA-256 of each table and tensor file
    links.parquet                     source, target: ids of the pair
    splits.safetensors                unlinked int64 [u], and SPLIT/PART of published splits; only where there are any
    context.safetensors               context int64 [c]: entities that are never aligned; only where there are any
    negatives.safetensors             negatives int64 [r, 2]: pairs that are not the same; only where there are any
    SIDE/entities.parquet             uri, name, type, picture (a file in pictures/); null where there is none
    SIDE/relations.parquet            uri
    SIDE/attributes.parquet           uri
    SIDE/relation_triples.parquet     head, relation, tail: rows of the side's own tables
    SIDE/attribute_triples.parquet    entity, attribute, value
    SIDE/image_features.safetensors   entities int64 [k], features float32 [k, w]; only where there are any
    pictures/SHA-256.SUFFIX           thumbnails (see `pmf.data.thumbnails`), named by content, so none twice
    image_truth.tsv                   as it lay beside the data, where it did

`SIDE` is `source` or `target`. A picture that could not be read is kept as an empty file: its entity then still has a
picture that cannot be read, rather than none. Everything else comes back exactly as it was read first, so the
fingerprint is the same too, unless a picture had to be made smaller; the manifest keeps the first one.
"""

from __future__ import annotations

from pathlib import Path

from pmf.data.graph_pair import GraphPair

FORMAT = 1
MANIFEST = "pmf-data.json"


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be a stored data set."""
    return (folder / MANIFEST).exists()


def read(folder: Path) -> GraphPair:
    """Reads a stored data set.

    Raises:
        DataFormatError: a file is missing, damaged or written by a newer version.
    """
    from pmf.data.stored.reader import read_stored  # here, not above: nobody else need wait for pyarrow

    return read_stored(folder)
