"""Which entities are to be aligned, where a person chose: by type, by how their ids begin, or by a list."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import note, session
from pmf.data.readers.tables import bare, read_lines
from pmf.errors import DataFormatError


def choose_entities(pair: GraphPair) -> GraphPair:
    """The data set with all entities that were not chosen made structure; links between chosen ones stay.

    Raises:
        DataFormatError: nothing of a graph would be left, or the list is not in the folder.
    """
    options = session().options
    if not (options.types or options.prefixes or options.only):
        return pair
    listed = _listed(options.only) if options.only else None
    source, target = _choose(pair.source, "source", listed), _choose(pair.target, "target", listed)
    chosen = replace(pair, source=source, target=target)
    _note_what_fits_nobody(pair, listed)
    kept = ~np.isin(pair.links, chosen.context).any(axis=1)
    if not kept.all():
        why = "one of its entities is not to be aligned"
        note("left out", why, path=session().folder, unit="link", count=int((~kept).sum()))
    splits = {
        name: replace(
            split,
            **{
                part: ids[~np.isin(ids, chosen.context).reshape(len(ids), -1).any(axis=1)]
                for part, ids in vars(split).items()
            },
        )
        for name, split in pair.splits.items()
    }
    unlinked = pair.unlinked[~np.isin(pair.unlinked, chosen.context)]
    negatives = pair.negatives[~np.isin(pair.negatives, chosen.context).any(axis=1)]
    return replace(chosen, links=pair.links[kept], splits=splits, unlinked=unlinked, negatives=negatives)


def _note_what_fits_nobody(pair: GraphPair, listed: NearIds | None) -> None:
    """Count the types, beginnings and listed ids that no entity of either graph has."""
    options, folder = session().options, session().folder
    ids = [entity for graph, _ in pair.sides() for entity in graph.entities]
    types = {kind for graph, _ in pair.sides() for kind in graph.types.values()}
    known = types | {_short(kind) for kind in types}
    lost = {
        "type": [kind for kind in options.types.split() if kind not in known],
        "prefix": [one for one in options.prefixes.split() if not any(entity.startswith(one) for entity in ids)],
        "id": [] if listed is None else sorted(listed.rows.keys() - {bare(entity) for entity in ids} - {*ids}),
    }
    for unit, names in lost.items():
        for name in names:
            note("left out", "to be aligned, but no entity has it", path=folder, unit=unit, example=name)


def _short(kind: str) -> str:
    return kind.rpartition("#")[2].rpartition("/")[2]


def _listed(name: str) -> NearIds:
    folder = session().folder
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise DataFormatError(folder, expected="a list inside the data folder", got=name)
    return NearIds({bare(line.strip()): row for row, line in enumerate(read_lines(folder / name)) if line.strip()})


def _choose(graph: KnowledgeGraph, side: str, listed: NearIds | None) -> KnowledgeGraph:
    options = session().options
    types, prefixes = set(options.types.split()), tuple(options.prefixes.split())

    def fits(row: int, entity: str) -> bool:
        kind = graph.types.get(row, "")
        return (
            (not types or kind in types or _short(kind) in types)
            and (not prefixes or entity.startswith(prefixes))
            and (listed is None or entity in listed)
        )

    rest = frozenset(row for row, entity in enumerate(graph.entities) if not fits(row, entity))
    if len(rest | graph.context) == len(graph):
        wanted = " and ".join(f"{name} {value}" for name, value in options.chosen().items())
        got = ", ".join(sorted(set(graph.types.values()))[:8]) or "no types"
        expected = f"{side} entities that fit {wanted}"
        raise DataFormatError(session().folder, expected=expected, got=f"none; types: {got}")
    why = f"not among the {side} entities to be aligned: structure"
    note("left out", why, path=session().folder, unit="entity", count=len(rest - graph.context))
    return replace(graph, context=graph.context | rest)
