"""A graph in the making: numbers are given out in order of first mention."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.data.graph_pair import KnowledgeGraph

Images = dict[int, Path]
Features = dict[int, npt.NDArray[np.float32]]


@dataclass(slots=True)
class GraphBuilder:
    """What has been read of one graph so far; see `KnowledgeGraph` for what each means."""

    entities: dict[str, int] = field(default_factory=dict)
    relations: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    relation_triples: list[tuple[int, int, int]] = field(default_factory=list)
    attribute_triples: list[tuple[int, int]] = field(default_factory=list)
    attribute_values: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    named_by: str = ""
    types: dict[int, str] = field(default_factory=dict)
    context: set[int] = field(default_factory=set)

    def entity(self, uri: str) -> int:
        """The row of an entity, a new one at its first mention."""
        return self.entities.setdefault(uri, len(self.entities))

    def add_relation(self, head: int, relation: str, tail: int) -> None:
        """Add a relation triple between two rows."""
        number = self.relations.setdefault(relation, len(self.relations))
        self.relation_triples.append((head, number, tail))

    def add_attribute(self, entity: int, attribute: str, value: str) -> None:
        """Add an attribute triple of a row."""
        number = self.attributes.setdefault(attribute, len(self.attributes))
        self.attribute_triples.append((entity, number))
        self.attribute_values.append(value)

    def build(self, images: Images | None = None, image_features: Features | None = None) -> KnowledgeGraph:
        """The finished graph, with its pictures and their features by row."""
        return KnowledgeGraph(
            entities=list(self.entities),
            relations=list(self.relations),
            attributes=list(self.attributes),
            relation_triples=np.array(self.relation_triples, dtype=np.int64).reshape(-1, 3),
            attribute_triples=np.array(self.attribute_triples, dtype=np.int64).reshape(-1, 2),
            attribute_values=self.attribute_values,
            names=self.names,
            named_by=self.named_by if self.names else "",
            types=self.types,
            context=frozenset(self.context),
            images=images or {},
            image_features=image_features or {},
        )
