"""Names and columns inside a stored data set; writer and reader take them from here and nowhere else."""

from __future__ import annotations

import pyarrow as pa

LINKS = "links.parquet"
ENTITIES = "entities.parquet"
RELATIONS = "relations.parquet"
ATTRIBUTES = "attributes.parquet"
RELATION_TRIPLES = "relation_triples.parquet"
ATTRIBUTE_TRIPLES = "attribute_triples.parquet"
SPLITS = "splits.safetensors"
CONTEXT = "context.safetensors"
NEGATIVES = "negatives.safetensors"
IMAGE_FEATURES = "image_features.safetensors"
PICTURES = "pictures"
SIDES = ("source", "target")


def _table(*, ids: tuple[str, ...] = (), texts: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> pa.Schema:
    return pa.schema(
        [pa.field(name, pa.int64(), nullable=False) for name in ids]
        + [pa.field(name, pa.string(), nullable=False) for name in texts]
        + [pa.field(name, pa.string()) for name in optional]
    )


SCHEMAS = {
    LINKS: _table(ids=("source", "target")),
    ENTITIES: _table(texts=("uri",), optional=("name", "type", "picture")),
    RELATIONS: _table(texts=("uri",)),
    ATTRIBUTES: _table(texts=("uri",)),
    RELATION_TRIPLES: _table(ids=("head", "relation", "tail")),
    ATTRIBUTE_TRIPLES: _table(ids=("entity", "attribute"), texts=("value",)),
}
