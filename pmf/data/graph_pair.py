"""Two knowledge graphs and the links between them, as plain arrays.

One number names an entity everywhere (arrays, run folders, screens): source entities are
`0 … n_source - 1`, target entities `n_source … n - 1`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids, no_ids
from pmf.data.notes import Note


@dataclass(frozen=True, kw_only=True)
class KnowledgeGraph:
    """One side of a pair; entity, relation and attribute ids are local rows of its own lists.

    Args:
        entities: URIs, unique, `[n]`.
        relations: URIs, unique.
        attributes: URIs, unique.
        relation_triples: int64 `[t, 3]`, (head entity, relation, tail entity).
        attribute_triples: int64 `[a, 2]`, (entity, attribute).
        attribute_values: `[a]`, the text of each attribute triple; "" where the data has only names.
        names: entity → name in the data (often translated), for those that have one.
        images: entity → picture file, resolved inside the data folder.
        image_features: entity → float32 vector from a feature file, all of one width; empty without one.
        types: entity → type, where the data says so.
        named_by: where the names come from, e.g. "column title"; "" where that is not known.
        context: entities that are structure only, such as blank nodes: they are never aligned.
    """

    entities: list[str]
    relations: list[str]
    attributes: list[str]
    relation_triples: Ids
    attribute_triples: Ids
    attribute_values: list[str]
    names: dict[int, str] = field(default_factory=dict)
    images: dict[int, Path] = field(default_factory=dict)
    image_features: dict[int, npt.NDArray[np.float32]] = field(default_factory=dict)
    types: dict[int, str] = field(default_factory=dict)
    context: frozenset[int] = frozenset()
    named_by: str = ""

    def __len__(self) -> int:
        return len(self.entities)


@dataclass(frozen=True, kw_only=True)
class PublishedSplit:
    """A division of the links that comes with the data; ids of the pair.

    Args:
        train: int64 `[·, 2]`, links to learn from.
        valid: int64 `[·, 2]`, links to select by; may be empty.
        test: int64 `[·, 2]`, links to measure by.
        unlinked_train: int64 `[·]`, entities known to have no counterpart, to learn from.
        unlinked_valid: int64 `[·]`, the same to select by.
        unlinked_test: int64 `[·]`, the same to measure by.
    """

    train: Ids
    valid: Ids
    test: Ids
    unlinked_train: Ids = field(default_factory=no_ids)
    unlinked_valid: Ids = field(default_factory=no_ids)
    unlinked_test: Ids = field(default_factory=no_ids)


@dataclass(frozen=True, kw_only=True)
class GraphPair:
    """A source graph, a target graph, and the known links between them.

    Args:
        name: short name for people, e.g. "DBP15K zh_en".
        path: the folder it was read from.
        format: name of the layout that was recognised.
        source: the left graph.
        target: the right graph.
        links: int64 `[l, 2]`, (source entity id, target entity id), ids of the *pair* (see module).
        splits: published divisions of the links by name, e.g. "721_5fold/1"; each holds links of `links` only.
        unlinked: int64 `[u]`, entities that the data says have no counterpart, of every split.
        negatives: int64 `[r, 2]`, pairs that the data says are not the same; none of them is in `links`.
        published: whether it is a benchmark, or the bundled example, in which names and values give the answer away.
        notes: what was left out, changed or guessed on the way in, and what else a person should know of it.
    """

    name: str
    path: Path
    format: str
    source: KnowledgeGraph
    target: KnowledgeGraph
    links: Ids
    splits: dict[str, PublishedSplit] = field(default_factory=dict)
    unlinked: Ids = field(default_factory=no_ids)
    negatives: Ids = field(default_factory=lambda: no_ids(0, 2))
    published: bool = False
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.source) + len(self.target)

    @property
    def n_source(self) -> int:
        """Number of source entities, which is also the id of the first target entity."""
        return len(self.source)

    def sides(self) -> Iterator[tuple[KnowledgeGraph, int]]:
        """Both graphs, each with the offset from its local ids to ids of the pair."""
        yield self.source, 0
        yield self.target, self.n_source

    def locate(self, entity: int) -> tuple[KnowledgeGraph, int]:
        """The graph an entity id belongs to and its local row there."""
        if entity < self.n_source:
            return self.source, entity
        return self.target, entity - self.n_source

    @cached_property
    def context(self) -> Ids:
        """Entities that are structure only and never aligned, int64 `[c]`, ids of the pair in order."""
        rows = [row + offset for graph, offset in self.sides() for row in sorted(graph.context)]
        return np.array(rows, dtype=np.int64)

    @cached_property
    def labels(self) -> list[str]:
        """A readable label per entity, `[n]`: its name in the data, else one made from its URI."""
        from pmf.data.labels import label_of_uri

        return [
            graph.names.get(i) or label_of_uri(uri) for graph, _ in self.sides() for i, uri in enumerate(graph.entities)
        ]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything read, in order; equal for equal data wherever it lies."""
        digest = hashlib.sha256()
        for graph, _ in self.sides():
            for texts in (graph.entities, graph.relations, graph.attributes, graph.attribute_values):
                digest.update("\x1f".join(texts).encode() + b"\x1e")
            digest.update(graph.relation_triples.tobytes() + graph.attribute_triples.tobytes())
            for i, name in sorted(graph.names.items()):
                digest.update(f"{i}\x1f{name}\x1e".encode())
            for i, picture in sorted(graph.images.items()):
                digest.update(f"{i}\x1f{picture.stat().st_size}\x1e".encode())
            for i, vector in sorted(graph.image_features.items()):
                digest.update(f"{i}\x1f".encode() + vector.tobytes())
        digest.update(self.links.tobytes())
        for name, split in sorted(self.splits.items()):
            digest.update(f"{name}\x1e".encode())
            for part in vars(split).values():
                digest.update(part.tobytes() + b"\x1e")
        digest.update(self.unlinked.tobytes())
        if len(self.context):
            digest.update(b"context\x1e" + self.context.tobytes())
        if len(self.negatives):
            digest.update(b"negatives\x1e" + self.negatives.tobytes())
        return digest.hexdigest()


def degrees(graph: KnowledgeGraph) -> npt.NDArray[np.int64]:
    """Relation triples at each entity, self-loops not counted, `[n]`."""
    heads, tails = graph.relation_triples[:, 0], graph.relation_triples[:, 2]
    ends = np.concatenate([heads[heads != tails], tails[heads != tails]])
    return np.bincount(ends, minlength=len(graph)).astype(np.int64)
