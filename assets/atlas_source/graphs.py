"""What the two graphs have in common: identifiers, gaps, and writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .tables import Thing, names

RELATION_GAP = 0.14  # about 0.12 is left once no thing stands without a relation
ATTRIBUTE_GAP = 0.20
KINDS = ("country", "continent", "region", "organisation", "capital", "currency", "language")

Triple = tuple[Thing, str, Thing]
Attribute = tuple[Thing, str, str]


@dataclass
class Graph:
    """One side: what it says of things, before they get their identifiers."""

    side: int
    language: str
    base: str
    kind_words: dict[str, str]
    relations: list[Triple] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)

    def things(self) -> list[Thing]:
        """Every thing that a relation mentions."""
        return sorted({thing for head, _, tail in self.relations for thing in (head, tail)})

    def names(self) -> dict[Thing, str]:
        """Names of the things of this side."""
        known = names(self.language)
        return {thing: known[thing] for thing in self.things()}

    def uris(self) -> dict[Thing, str]:
        """One identifier a thing; of things with one name the first kind keeps it plain."""
        taken: set[str] = set()
        uris = {}
        for thing, name in sorted(self.names().items(), key=lambda item: (KINDS.index(item[0].kind), item[0])):
            label = name[0].upper() + name[1:].replace(" ", "_")
            if label in taken:
                label += f"_({self.kind_words[thing.kind]})"
            if label in taken:
                raise ValueError(f"two things are called {label}")
            taken.add(label)
            uris[thing] = self.base + label
        return uris


def with_gaps(graph: Graph) -> Graph:
    """The graph less some of its triples, each thing keeping at least one relation."""
    rng = Random(f"gaps of side {graph.side}")
    complete = sorted(set(graph.relations))
    kept = [triple for triple in complete if rng.random() >= RELATION_GAP]
    seen = {thing for head, _, tail in kept for thing in (head, tail)}
    for triple in complete:
        if not {triple[0], triple[2]} <= seen:
            kept.append(triple)
            seen |= {triple[0], triple[2]}
    told = [item for item in sorted(set(graph.attributes)) if rng.random() >= ATTRIBUTE_GAP and item[0] in seen]
    return Graph(graph.side, graph.language, graph.base, graph.kind_words, sorted(kept), told)


def write_rows(path: Path, table: Sequence[tuple[str, ...]], header: Sequence[str] = ()) -> None:
    """Writes sorted tab-separated rows, after a header if there is one."""
    lines = ["\t".join(row) for row in sorted(table)]
    if any("\n" in line or line.count("\t") != len(table[0]) - 1 for line in lines):
        raise ValueError(f"a value of {path.name} has a tab or a line end")
    text = "\n".join((["\t".join(header)] if header else []) + lines) + "\n"
    path.write_bytes(text.encode("utf-8"))


def write_graph(graph: Graph, folder: Path) -> None:
    """Writes the triples and names of one side."""
    uris, side = graph.uris(), graph.side
    write_rows(folder / f"rel_triples_{side}", [(uris[h], r, uris[t]) for h, r, t in graph.relations])
    write_rows(folder / f"attr_triples_{side}", [(uris[e], a, v) for e, a, v in graph.attributes])
    write_rows(folder / f"names_{side}.tsv", [(uris[e], name) for e, name in graph.names().items()])


def write_links(first: Graph, second: Graph, folder: Path) -> None:
    """Writes which identifiers mean one thing, and the kind of each."""
    one, two = first.uris(), second.uris()
    write_rows(folder / "ent_links", [(one[thing], two[thing]) for thing in one if thing in two])
    kinds = [(uri, thing.kind) for uris in (one, two) for thing, uri in uris.items()]
    write_rows(folder / "types.tsv", kinds, ("entity", "type"))
