"""One graph as RDF; see `own_data`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.columns import NAMES, plain_header
from pmf.data.readers.entity_table import MissingWords
from pmf.data.readers.pictures import local_name
from pmf.data.readers.rdf_files import FORMATS, Node, statements
from pmf.data.readers.rdf_links import SAME, SAME_AS
from pmf.data.readers.session import note, session
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

_PAGE = re.compile(r"https?://([a-z-]+\.(m\.)?wikipedia\.org/wiki/|(commons|upload)\.wikimedia\.org/)")


def read_rdf_graph(path: Path) -> GraphBuilder:
    """Reads a graph.

    A triple whose object is a literal is an attribute triple, any other a relation triple, but for: `rdf:type`, the
    entity's type (its first); `rdfs:label`, else `skos:prefLabel`, `foaf:name`, `schema:name`, its name (an English
    one if there is one, else the first), and in a graph without any of these a property that is called name, title or
    the like; and `owl:sameAs` and the like, left out, because they may give the links away. Further names are values.
    Blank nodes, called `_:1`, `_:2`, … in order of mention, are structure only: they are never aligned.

    Args:
        path: a file with an ending of `FORMATS`.

    Raises:
        DataFormatError: it can't be read or parsed, or holds no entity.
    """
    graph = GraphBuilder()
    blank: dict[str, int] = {}
    names, no_value = _Names(), MissingWords(path)

    def row(node: Node) -> int:
        if isinstance(node, NamedNode):
            return graph.entity(node.value)
        number = graph.entity(f"_:{blank.setdefault(node.value, len(blank) + 1)}")
        graph.context.add(number)
        return number

    for subject, predicate, value in statements(path):
        if predicate in SAME:
            _note_same(path, f"{subject} {value}")
            continue
        if isinstance(value, Literal) and not value.value.strip():
            note("left out", "an empty text", path=path, unit="statement", example=f"{subject} {predicate}")
            continue
        entity = row(subject)
        if isinstance(value, Literal):
            if not no_value(local_name(predicate), value.value, surely=True) and not names.offer(
                entity, predicate, value
            ):
                graph.add_attribute(entity, predicate, value.value)
        elif predicate == TYPE:
            graph.types.setdefault(entity, value.value)
        else:
            graph.add_relation(entity, predicate, row(value))
    names.settle(graph, path)
    if len(graph.entities) == len(graph.context):
        got = "blank nodes alone" if graph.entities else "no triple"
        raise DataFormatError(path, expected="at least one entity", got=got)
    _note_what_is_no_thing(path, graph)
    return graph


def _note_same(path: Path, example: str) -> None:
    name = session().place(path)
    if name not in session().options.links.split(","):  # which takes them as links
        why, remedy = (
            "what is the same as what, which may give the links away",
            f"To take them as links: --read links={name}.",
        )
        note("left out", why, path=path, unit="statement", example=example, remedy=remedy)


def _note_what_is_no_thing(path: Path, graph: GraphBuilder) -> None:
    if blank := len(graph.context):
        why = "without a name to be found by: structure, never aligned"
        note("known", why, path=path, unit="blank node", count=blank)
    for page in filter(_PAGE.match, graph.entities):
        why = "a page or file of Wikipedia, which is aligned like everything else"
        remedy = "To align things only, name how their ids begin in either graph: --read prefixes='… …'."
        note("known", why, path=path, unit="entity", example=page, remedy=remedy)


@dataclass(frozen=True, slots=True, order=True)
class _Offer:
    """A literal that may be a name: the lower the better."""

    place: int  # of the property in `LABELS`, behind them all for one that only sounds like one
    foreign: bool  # not English
    mention: int
    predicate: str = field(compare=False)
    text: str = field(compare=False)


@dataclass(slots=True)
class _Names:
    """What may be the name of each entity."""

    offers: dict[int, list[_Offer]] = field(default_factory=dict)

    def offer(self, entity: int, predicate: str, value: Literal) -> bool:
        """Take a literal if its property is one of names; whether it is."""
        if predicate not in LABELS and plain_header(local_name(predicate)) not in NAMES:
            return False
        place = LABELS.index(predicate) if predicate in LABELS else len(LABELS)
        offers = self.offers.setdefault(entity, [])
        foreign = not (value.language or "").startswith("en")
        offers.append(_Offer(place, foreign, len(offers), predicate, value.value))
        return True

    def settle(self, graph: GraphBuilder, path: Path) -> None:
        """Name each entity by the best of its offers; the others are values of it."""
        every = [offer for offers in self.offers.values() for offer in offers]
        usual = any(offer.place < len(LABELS) for offer in every)
        graph.named_by = "rdfs:label and the like"
        if every and not usual:
            graph.named_by = f"property {min(every).predicate}"
            note("guessed", f"{graph.named_by} is taken as the name", path=path, count=0)
        for entity, offers in self.offers.items():
            best = min(offers)
            if best.place < len(LABELS) or not usual:
                graph.names[entity] = best.text
            for text, predicate in {offer.text: offer.predicate for offer in offers}.items():
                if text != graph.names.get(entity):
                    graph.add_attribute(entity, predicate, text)
