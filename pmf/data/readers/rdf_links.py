"""Links in RDF: properties that say two entities are the same or not, and cells of the Alignment API (OAEI)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode

from pmf.data.alignment_files import entity_of
from pmf.data.readers.link_row import LEAST, LinkRow, too_low
from pmf.data.readers.predicates import SAME_WORDS
from pmf.data.readers.rdf_files import statements
from pmf.data.readers.session import note, session
from pmf.data.reading import score_of

SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"
SAME = frozenset(
    {
        SAME_AS,
        "http://www.w3.org/2004/02/skos/core#exactMatch",
        "http://www.w3.org/2004/02/skos/core#closeMatch",
        "http://schema.org/sameAs",
        "https://schema.org/sameAs",
    }
)
"""Properties that say two entities are the same."""

_ALSO_SAME = SAME | {f"http://www.w3.org/2002/07/owl#equivalent{what}" for what in ("Class", "Property")}
_ALIGNMENT = re.compile(
    r"http://knowledgeweb\.semanticweb\.org/heterogeneity/alignment[#/]?(entity1|entity2|relation|measure)$"
)
_ALIGNMENT_ALL = "http://knowledgeweb.semanticweb.org/heterogeneity/alignment"
_DIFFERENT = "http://www.w3.org/2002/07/owl#differentFrom"
LINK_PROPERTIES = re.compile(
    "|".join(map(re.escape, sorted({*_ALSO_SAME, _DIFFERENT})))
    + "|http://knowledgeweb\\.semanticweb\\.org/heterogeneity/alignment.*"
)
"""Properties that a file of links consists of."""

_ADDRESS = re.compile(r"(https?://|urn:)[^\s<>\"{}|^`\\]+")
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def rdf_rows(path: Path) -> Iterator[LinkRow]:
    """What an RDF file says of pairs, see above."""
    cells: dict[str, dict[str, str]] = {}
    also_graph = path in session().touched  # which has used the other statements
    for subject, predicate, value in statements(path):
        if match := _ALIGNMENT.match(predicate):
            cells.setdefault(str(subject), {})[match[1]] = value.value
        elif predicate in _ALSO_SAME or predicate == _DIFFERENT:
            if isinstance(value, Literal) and _ADDRESS.fullmatch(value.value.strip()):
                note("changed", "a text that is the id of an entity", path=path, unit="statement", example=str(value))
                value = NamedNode(value.value.strip())
            if isinstance(subject, NamedNode) and isinstance(value, NamedNode):
                same = predicate != _DIFFERENT
                yield LinkRow(None, entity_of(subject.value), entity_of(value.value), same=same)
            else:
                blank = isinstance(subject, BlankNode) or isinstance(value, BlankNode)
                why = "a blank node, which no other file can name" if blank else "a text, not an entity"
                note("left out", why, path=path, unit="statement", example=f"{subject} {value}")
        elif not also_graph and not predicate.startswith(_ALIGNMENT_ALL) and predicate != _TYPE:
            note("left out", "not about two entities being the same", path=path, unit="statement",
                 example=f"{_short(subject)} {predicate} {_short(value)}")  # fmt: skip
    yield from _alignment(path, cells.values())


def _alignment(path: Path, cells: Collection[dict[str, str]]) -> Iterator[LinkRow]:
    """The cells of the Alignment API, by what is behind the # of their properties."""
    for cell in cells:
        relation = cell.get("relation", "=")
        if not {"entity1", "entity2"} <= cell.keys():
            note("left out", "without entity1 or entity2", path=path, unit="cell", example=" ".join(cell.values()))
        elif not SAME_WORDS.fullmatch(relation.strip()):
            shown = f"{cell['entity1']} {relation} {cell['entity2']}"
            note("left out", "another relation than sameness", path=path, unit="cell", example=shown)
        elif why := too_low(cell.get("measure", "1")):
            shown = f"{cell['entity1']} {cell['entity2']} {cell['measure']}"
            note("left out", why, path=path, unit="cell", example=shown)
        else:
            yield LinkRow(None, entity_of(cell["entity1"]), entity_of(cell["entity2"]))
    unread = [cell["measure"] for cell in cells if score_of(cell.get("measure", "1")) != 1]
    if unread and not session().options.least_score:
        note("left out", "nothing here reads it", path=path, unit="measure", count=len(unread), example=unread[0],
             remedy=LEAST)  # fmt: skip


def _short(node: NamedNode | BlankNode | Literal) -> str:
    return str(node.value)[:60]
