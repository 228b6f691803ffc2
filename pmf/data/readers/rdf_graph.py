"""One graph, or the links, as N-Triples or Turtle; see `own_data`."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.tables import check_file
from pmf.errors import DataFormatError
from pmf.progress import reading

Node = NamedNode | BlankNode

_TRIPLES_A_WORD = 20_000  # triples read between two words on progress

FORMATS = {".nt": RdfFormat.N_TRIPLES, ".ttl": RdfFormat.TURTLE}
SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABELS = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://xmlns.com/foaf/0.1/name",
)


def read_rdf_graph(path: Path) -> GraphBuilder:
    """Reads a graph.

    A triple whose object is a literal is an attribute triple, any other a relation triple, but for: `rdf:type`, the
    entity's type (its first); `rdfs:label`, else `skos:prefLabel`, else `foaf:name`, its name (an English one if there
    is one, else the first); and `owl:sameAs`, left out, because it may give the links away. Blank nodes are entities,
    called `_:1`, `_:2`, … in order of mention.

    Args:
        path: a file `.nt` or `.ttl`.

    Raises:
        DataFormatError: it can't be read or parsed, or holds no entity.
    """
    graph = GraphBuilder()
    blank: dict[str, int] = {}
    names = _Names(graph.names)

    def row(node: Node) -> int:
        if isinstance(node, NamedNode):
            return graph.entity(node.value)
        return graph.entity(f"_:{blank.setdefault(node.value, len(blank) + 1)}")

    for subject, predicate, value in _triples(path):
        if predicate == SAME_AS:
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
    if not graph.entities:
        raise DataFormatError(path, expected="at least one entity", got="no triple")
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


def read_same_as(path: Path) -> Iterator[tuple[str, str]]:
    """The links of a file of `owl:sameAs` triples.

    Yields:
        (source entity, target entity).

    Raises:
        DataFormatError: it can't be read or parsed, or holds another triple.
    """
    for source, predicate, target in _triples(path):
        if not (isinstance(source, NamedNode) and isinstance(target, NamedNode) and predicate == SAME_AS):
            raise DataFormatError(path, expected="<source> owl:sameAs <target>", got=f"{source} <{predicate}> {target}")
        yield source.value, target.value


def _triples(path: Path) -> Iterator[tuple[Node, str, Node | Literal]]:
    check_file(path)
    kind = FORMATS[path.suffix]
    try:
        with path.open("rb") as file:
            if file.read(3) != codecs.BOM_UTF8:
                file.seek(0)
            size = os.fstat(file.fileno()).st_size
            for count, quad in enumerate(parse(file, format=kind)):
                if count % _TRIPLES_A_WORD == 0:
                    reading(path, file.tell() / size)
                subject, value = quad.subject, quad.object
                if isinstance(subject, Triple) or isinstance(value, Triple):
                    raise DataFormatError(path, expected="plain triples", got=str(quad))
                if isinstance(value, Literal) and "\0" in value.value:
                    raise DataFormatError(path, expected="text", got=f"a NUL character in {quad}")
                yield subject, quad.predicate.value, value
    except SyntaxError as error:
        raise DataFormatError(path, line=error.lineno, expected=kind.name, got=str(error.msg)) from None
