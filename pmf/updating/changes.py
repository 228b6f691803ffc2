"""What is new, changed and gone between two states of a data set: by URIs, whatever the row numbers are."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.arrays import Flags, Ids
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.split import among
from pmf.errors import DataFormatError

EVIDENCE = ("relations", "values", "name", "type", "picture")
"""What of an entity can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Two states of one data set, `n_old` and `n` entities.

    Args:
        old: the data as the run knows them.
        new: the data as they are now.
        before: int64 `[n]`, the id that each entity had, -1 for a new one.
        after: int64 `[n_old]`, the id that each entity has now, -1 for one that is gone.
        changed: bool `[EVIDENCE, n]`, what is different of an entity that was there before.
        new_links: int64 `[l, 2]`, links that the old data does not have, ids of `new`.
        gone_links: int64 `[g, 2]`, links that the new data does not have, ids of `old`.
    """

    old: GraphPair
    new: GraphPair
    before: Ids
    after: Ids
    changed: Flags
    new_links: Ids
    gone_links: Ids

    @property
    def is_new(self) -> Flags:
        """Bool `[n]`."""
        return self.before < 0

    @property
    def is_changed(self) -> Flags:
        """Bool `[n]`."""
        return np.asarray(self.changed.any(axis=0))

    def moved(self, ids: Ids) -> Ids:
        """Old ids, of any shape, as new ones; -1 where the entity is gone."""
        return self.after[ids]

    def staying(self, pairs: Ids) -> Ids:
        """Old pairs `[p, 2]` as new ones, without those of which an entity is gone."""
        moved = self.moved(pairs)
        return moved[(moved >= 0).all(axis=1)]

    def kinds(self) -> Ids:
        """What became of the kinds of relations and attributes (see `pmf.logic.facts`), source before target.

        Returns:
            int64 `[2, kinds]`, by side the new number of each old kind; -1 where the new data does not have it.
        """
        rows = [_moved_kinds(old, new) for old, new in _sides(self.old, self.new)]
        widest = max(map(len, rows))
        return np.stack([np.pad(row, (0, widest - len(row)), constant_values=-1) for row in rows])


def compare(old: GraphPair, new: GraphPair) -> Changes:
    """Find what has changed.

    Raises:
        DataFormatError: a graph of the new data has no entity of the old one: they are other data.
    """
    before = [_places(now.entities, was.entities) for was, now in _sides(old, new)]
    for side, places, (was, _) in zip(("source", "target"), before, _sides(old, new), strict=True):
        if (places < 0).all():
            expected = f"{side} entities that {old.name} has, e.g. {was.entities[0]:.60}"
            raise DataFormatError(new.path, expected=expected, got="none of them: these are other data")
    changed = [_changed(was, now, places) for places, (was, now) in zip(before, _sides(old, new), strict=True)]
    after = np.full(len(old), -1)
    together = np.concatenate([before[0], np.where(before[1] < 0, -1, before[1] + old.n_source)])
    staying = np.flatnonzero(together >= 0)
    after[together[staying]] = staying
    moved = after[old.links]
    return Changes(
        old=old,
        new=new,
        before=together,
        after=after,
        changed=np.concatenate(changed, axis=1),
        new_links=new.links[~among(new.links, moved)],
        gone_links=old.links[~among(moved, new.links)],
    )


def _sides(old: GraphPair, new: GraphPair) -> tuple[tuple[KnowledgeGraph, KnowledgeGraph], ...]:
    return (old.source, new.source), (old.target, new.target)


def _places(uris: list[str], among_: list[str]) -> Ids:
    """The place of each URI in another list, -1 where it is not there."""
    places = {uri: place for place, uri in enumerate(among_)}
    return np.array([places.get(uri, -1) for uri in uris], np.int64)


def _moved_kinds(old: KnowledgeGraph, new: KnowledgeGraph) -> Ids:
    relations = _places(old.relations, new.relations)
    ends = np.stack([2 * relations, 2 * relations + 1], axis=1)
    ends[relations < 0] = -1
    attributes = _places(old.attributes, new.attributes)
    return np.concatenate([ends.ravel(), np.where(attributes < 0, -1, attributes + 2 * len(new.relations))])


def _changed(old: KnowledgeGraph, new: KnowledgeGraph, before: Ids) -> Flags:
    """Bool `[EVIDENCE, n]` of one side."""
    n = len(new)
    number = np.full(len(old), -1)
    number[before[before >= 0]] = np.flatnonzero(before >= 0)
    number[number < 0] = n + np.arange(
        (number < 0).sum()
    )  # an entity that is gone is a neighbour that is no longer there
    own = np.arange(n)
    rows = {
        "relations": (_relations(old, new, number), _relations(new, new, own)),
        "values": (_values(old, new, number), _values(new, new, own)),
        "name": (_column(old.names, number), _column(new.names, own)),
        "type": (_column(old.types, number), _column(new.types, own)),
    }
    changed = np.zeros((len(EVIDENCE), n), np.bool_)
    for kind, (was, now) in rows.items():
        facts = pd.concat([was.drop_duplicates(), now.drop_duplicates()])
        different = facts[~facts.duplicated(keep=False)]
        ends = different[[name for name in ("entity", "other") if name in different]].to_numpy(np.int64).ravel()
        changed[EVIDENCE.index(kind), ends[ends < n]] = True
    changed[EVIDENCE.index("picture")] = _other_picture(old, new, before)
    changed[:, before < 0] = False
    return changed


def _relations(graph: KnowledgeGraph, numbered_by: KnowledgeGraph, number: Ids) -> pd.DataFrame:
    head, relation, tail = graph.relation_triples.T
    kind = _numbers(graph.relations, numbered_by.relations)[relation]
    return pd.DataFrame({"entity": number[head], "kind": kind, "other": number[tail]})


def _values(graph: KnowledgeGraph, numbered_by: KnowledgeGraph, number: Ids) -> pd.DataFrame:
    entity, attribute = graph.attribute_triples.T
    kind = _numbers(graph.attributes, numbered_by.attributes)[attribute]
    return pd.DataFrame({"entity": number[entity], "kind": kind, "value": graph.attribute_values})


def _numbers(uris: list[str], numbered: list[str]) -> Ids:
    """The place of each URI in the second list, and a number of its own below 0 where it is not there."""
    places = _places(uris, numbered)
    return np.where(places < 0, -1 - np.arange(len(uris)), places)


def _column(texts: Mapping[int, str], number: Ids) -> pd.DataFrame:
    return pd.DataFrame(
        {"entity": number[np.array([*texts], np.int64)], "text": pd.Series([*texts.values()], dtype=str)}
    )


def _other_picture(old: KnowledgeGraph, new: KnowledgeGraph, before: Ids) -> Flags:
    rows = enumerate(before.tolist())
    return np.array([_picture_differs(_picture(old, was), _picture(new, row)) for row, was in rows], np.bool_)


def _picture(graph: KnowledgeGraph, row: int) -> Path | npt.NDArray[Any] | None:
    vector = graph.image_features.get(row)
    return graph.images.get(row) if vector is None else vector


def _picture_differs(was: Path | npt.NDArray[Any] | None, now: Path | npt.NDArray[Any] | None) -> bool:
    if isinstance(was, Path) and isinstance(now, Path):
        try:
            return not filecmp.cmp(was, now, shallow=False)
        except OSError:  # a list may name a file that is not there
            return was.is_file() != now.is_file()
    if isinstance(was, np.ndarray) and isinstance(now, np.ndarray):
        return not np.array_equal(was, now)
    return (was is None) != (now is None) or type(was) is not type(now)
