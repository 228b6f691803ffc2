"""The layout FB15K-DB15K and FB15K-YAGO15K were first published in (MMKG): one folder a graph.

| file | on each line | |
|---|---|---|
| `DB15K/DB15K_EntityTriples.txt`, `FB15K/FB15K_EntityTriples.txt` | head, relation, tail | `YAGO15K` likewise |
| `DB15K/DB15K_SameAsLink.txt` | FB15K entity, `<SameAs>`, DB15K entity | the links |
| `…/…_NumericalTriples.txt` | entity, attribute, value | optional |

Words are separated by spaces or tabs, and a line may end in ` .`. The data set is the folder of the target graph,
with `FB15K` beside it, or a folder that holds both. Entities are all that the triples, then the links mention;
numbers of others are left out, as the published conversions do. Pictures are published as HDF5 files and not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pmf.data.graph_pair import GraphPair
from pmf.data.readers.builder import GraphBuilder
from pmf.data.readers.session import note
from pmf.data.readers.splits import link_array
from pmf.data.readers.tables import bare, read_lines
from pmf.errors import DataFormatError

LOOKS_FOR = "FB15K beside DB15K or YAGO15K (MMKG layout)"

_SOURCE = "FB15K"
_END = re.compile(r"\s+\.\s*$")
_LITERAL = re.compile(r'"(.*)"(?:\^\^\S+|@\S+)?', re.DOTALL)


def recognises(folder: Path) -> bool:
    """Whether the folder is meant to be in this layout."""
    return bool(_targets(folder))


def _targets(folder: Path) -> list[Path]:
    """Folders of target graphs: the folder itself, or those in it."""
    return [
        path.parent
        for path in (_file(folder, "SameAsLink"), *sorted(folder.glob("*/*_SameAsLink.txt")))
        if path.exists()
    ]


def _file(folder: Path, what: str) -> Path:
    return folder / f"{folder.name}_{what}.txt"


def read(folder: Path) -> GraphPair:
    """Reads a folder in this layout.

    Raises:
        DataFormatError: a file is missing or malformed, or the folder holds several target graphs.
    """
    targets = _targets(folder)
    if len(targets) > 1:
        got = " and ".join(target.name for target in targets)
        raise DataFormatError(folder, expected=f"one graph linked to {_SOURCE}, or the path of its folder", got=got)
    target_folder = targets[0]
    links = list(read_triples(_file(target_folder, "SameAsLink"), "source entity", "<SameAs>", "target entity"))
    source, target = (
        _read_graph(place, [triple[2 * side] for triple in links])
        for side, place in enumerate((target_folder.parent / _SOURCE, target_folder))
    )
    n_source = len(source.entities)
    pairs = {(source.entities[left], n_source + target.entities[right]): None for left, _, right in links}
    return GraphPair(
        name=f"{_SOURCE}-{target_folder.name}",
        path=folder,
        format="mmkg",
        published=True,
        source=source.build(),
        target=target.build(),
        links=link_array(pairs),
    )


def _read_graph(folder: Path, linked: list[str]) -> GraphBuilder:
    graph = GraphBuilder()
    path = _file(folder, "EntityTriples")
    for head, relation, tail in read_triples(path, "head", "relation", "tail"):
        graph.add_relation(graph.entity(head), relation, graph.entity(tail))
    for entity in linked:
        graph.entity(entity)
    if not graph.entities:
        raise DataFormatError(path, expected="at least one entity", got="an empty file")
    path = _file(folder, "NumericalTriples")
    for entity, attribute, value in read_triples(path, "entity", "attribute", "value") if path.exists() else ():
        if entity in graph.entities:
            graph.add_attribute(graph.entities[entity], attribute, value)
        else:
            why = "an entity that no triple or link mentions"
            note("left out", why, path=path, unit="line", example=f"{entity} {attribute} {value}")
    return graph


def read_triples(path: Path, *columns: str) -> Iterator[tuple[str, str, str]]:
    """Three words a line, without their brackets, quotes, types and full stop.

    Args:
        path: the file.
        columns: what the three are, for the error message.

    Raises:
        DataFormatError: the file can't be read, or a line has other than three words.
    """
    for line, text in enumerate(read_lines(path), start=1):
        words = _END.sub("", text).split()
        if len(words) != 3:
            expected = f"{', '.join(columns)} separated by spaces or tabs"
            raise DataFormatError(path, line=line, expected=expected, got=repr(text) if text else "an empty line")
        literal = _LITERAL.fullmatch(words[2])
        yield bare(words[0]), bare(words[1]), literal[1] if literal else bare(words[2])
