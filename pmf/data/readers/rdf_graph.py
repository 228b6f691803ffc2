"""One graph as RDF; see `own_data`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.link_files import SAME, SAME_AS
from pmf.data.readers.rdf_files import FORMATS, Node, statements
from pmf.data.readers.session import note
from pmf.errors import DataFormatError

__all__ = ["FORMATS", "LABELS", "SAME_AS", "TYPE", "read_rdf_graph"]

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABELS = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://xmlns.com/foaf/0.1/name",
    "http://schema.org/name",
    "https://schema.org/name",
)


def read_rdf_graph(path: Path) -> GraphBuilder:
    """Reads a graph.

    A triple whose object is a literal is an attribute triple, any other a relation triple, but for: `rdf:type`, the
    entity's type (its first); `rdfs:label`, else `skos:prefLabel`, `foaf:name`, `schema:name`, its name (an English
    one if there is one, else the first); and `owl:sameAs` and the like, left out, because they may give the links
    away. Blank nodes, called `_:1`, `_:2`, … in order of mention, are structure only: they are never aligned.

    Args:
        path: a file with an ending of `FORMATS`.

    Raises:
        DataFormatError: it can't be read or parsed, or holds no entity.
    """
    graph = GraphBuilder()
    blank: dict[str, int] = {}
    names = _Names(graph.names)
    graph.named_by = "rdfs:label and the like"

    def row(node: Node) -> int:
        if isinstance(node, NamedNode):
            return graph.entity(node.value)
        number = graph.entity(f"_:{blank.setdefault(node.value, len(blank) + 1)}")
        graph.context.add(number)
        return number

    for subject, predicate, value in statements(path):
        if predicate in SAME:
            why = "what is the same as what, which may give the links away"
            note("left out", why, path=path, unit="statement", example=f"{subject} {value}")
            continue
        entity = row(subject)
        if isinstance(value, Literal):
            if predicate in LABELS:
                names.offer(entity, predicate, value)
            else:
                graph.add_attribute(entity, predicate, value.value)
        elif predicate == TYPE:
            graph.types.setdefault(entity, value.value)
        else:
            graph.add_relation(entity, predicate, row(value))
    if len(graph.entities) == len(graph.context):
        got = "blank nodes alone" if graph.entities else "no triple"
        raise DataFormatError(path, expected="at least one entity", got=got)
    if blank:
        why = "without a name to be found by: structure, never aligned"
        note("known", why, path=path, unit="blank node", count=len(blank))
    return graph


@dataclass(slots=True)
class _Names:
    """The best name so far of each entity."""

    names: dict[int, str]
    rank: dict[int, tuple[int, bool]] = field(default_factory=dict)  # place of the predicate, not English

    def offer(self, entity: int, predicate: str, value: Literal) -> None:
        rank = (LABELS.index(predicate), not (value.language or "").startswith("en"))
        if value.value.strip() and (entity not in self.rank or rank < self.rank[entity]):
            self.rank[entity], self.names[entity] = rank, value.value
