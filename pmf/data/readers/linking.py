"""Rows of links become links between entities: near misses found, either direction taken, the rest counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pmf.data.graph_pair import PublishedSplit
from pmf.data.notes import counted
from pmf.data.readers.link_row import NOT_THE_SAME, LinkRow
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import at, note
from pmf.data.readers.splits import link_array
from pmf.errors import DataFormatError

Link = tuple[int, int]
_SHOWN = 10
_TASKS = {"valid": "validate", "test": "test"}


@dataclass(slots=True)
class Linked:
    """Links by ids of the pair, and entities without a counterpart, each with its part ("" for none); and negatives.

    Negatives are pairs that are not the same; those of a part that validates or tests are left out.
    """

    links: dict[Link, str] = field(default_factory=dict)
    unlinked: dict[int, str] = field(default_factory=dict)
    negatives: dict[Link, None] = field(default_factory=dict)

    def split(self) -> PublishedSplit:
        """The division that the rows give."""
        parts = ("train", "valid", "test")
        train, valid, test = (link_array({link: None for link, p in self.links.items() if p == part}) for part in parts)
        alone = [np.array([e for e, p in self.unlinked.items() if p == part], dtype=np.int64) for part in parts]
        return PublishedSplit(
            train=train,
            valid=valid,
            test=test,
            unlinked_train=alone[0],
            unlinked_valid=alone[1],
            unlinked_test=alone[2],
        )

    def add(self, other: Linked) -> int:
        """Take what another file says, but for what is known already; how many of it are in another part there."""
        clashes = 0
        for link, part in other.links.items():
            clashes += self.links.setdefault(link, part) != part
        for entity, part in other.unlinked.items():
            clashes += self.unlinked.setdefault(entity, part) != part
        self.negatives |= other.negatives
        return clashes


def resolve(path: Path, rows: Iterable[LinkRow], source: NearIds, target: NearIds) -> Linked:
    """Links between entities of two graphs.

    A row that fits only the other way round is turned; an id that fits one entity but for its spelling is taken for
    it; a row about anything else is left out. Notes count all of these.

    Args:
        path: the file of the links.
        rows: what it says.
        source: the source entities, numbered as in the pair.
        target: the target entities, numbered as in the pair.

    Raises:
        DataFormatError: there are rows but none fits, a row is in two parts, or an entity is both linked and without.
    """
    rows = list(rows)
    turned = _turned(rows, source, target)
    if turned and len(turned) == len(rows):
        note("changed", "every row has the target first: source and target are swapped", path=path, unit="link",
             count=len(rows))  # fmt: skip
    elif turned:
        note("changed", "the target stands first: turned", path=path, unit="link", count=len(turned))
    linked, repeated, left_out = Linked(), 0, 0
    for place, row in enumerate(rows):
        left, right = (row.right, row.left) if place in turned else (row.left, row.right)
        ends = [_find(path, row, text, ids) for text, ids in ((left, source), (right, target)) if text]
        if None in ends:
            left_out += 1
            _leave_out(path, row, left, right, source, target)
            continue
        repeated += _keep(path, row, linked, [end for end in ends if end is not None])
    if rows and left_out == len(rows):
        shown = ", ".join(part for part in (rows[0].left, rows[0].right) if part)
        expected = "links between entities of the two graphs"
        known = (
            f"{next(iter(ids.rows), 'none')} in the {side}" for side, ids in (("source", source), ("target", target))
        )
        got = f"{counted(left_out, 'row')} with unknown ids, the first {shown}; ids are like {', '.join(known)}"
        columns = {side: _column(rows, ids) for side, ids in (("source", source), ("target", target))}
        if any(columns.values()):
            ways = " ".join(f'--read "{side}.id={column}"' for side, column in columns.items() if column)
            expected += f" by their ids (to link by another column, make it that of ids: {ways})"
        raise DataFormatError(path, line=rows[0].line, expected=expected, got=got)
    if repeated:
        note("known", "listed more than once; each counts once", path=path, unit="link", count=repeated)
    if both := {end for link in linked.links for end in link} & linked.unlinked.keys():
        names = {number: name for ids in (source, target) for name, number in ids.rows.items() if number in both}
        got = f"{len(both)} with one and without, such as {names[min(both)]}"
        raise DataFormatError(path, expected="entities either with a counterpart or without", got=got)
    return linked


def _column(rows: list[LinkRow], ids: NearIds) -> str:
    """The column that holds what links name instead of ids, as far as some of them show; "" for none."""
    shown = (text for row in rows[:_SHOWN] for text in (row.left, row.right) if text and ids.find(text)[0] is None)
    return next(filter(None, map(ids.column_of, shown)), "")


def _turned(rows: list[LinkRow], source: NearIds, target: NearIds) -> set[int]:
    """Places of rows that name a target first: those that fit that way only, or all where most do."""
    straight, crossed = 0, set()
    for place, row in enumerate(rows):
        if row.left in source and row.right in target:
            straight += 1
        elif (not row.left or row.left in target) and (not row.right or row.right in source):
            crossed.add(place)
    ambiguous = source.rows.keys() & target.rows.keys()  # ids of both graphs: then only all rows together can tell
    if ambiguous:
        return set(range(len(rows))) if not straight and len(crossed) * 2 > len(rows) else set()
    return crossed


def _find(path: Path, row: LinkRow, text: str, ids: NearIds) -> int | None:
    entity, how = ids.find(text)
    if how:
        note(
            "changed",
            f"not as in the graph, but one entity fits {how}",
            path=path,
            unit="id",
            example=at(row.line, text),
        )
    return entity


def _leave_out(path: Path, row: LinkRow, left: str, right: str, source: NearIds, target: NearIds) -> None:
    """Say why a row is no link."""
    matched = [bool(text) and ids.find(text)[0] is not None for text, ids in ((left, source), (right, target))]
    shown = at(row.line, f"{left}, {right}")
    if not any(matched) and row.line is not None and row.line <= 2 and not ({left, right} & {""}):
        why = "neither id is in the data (is it a header?)"
    elif left in source and right in source:
        why = "both ids are of the source"
    elif left in target and right in target:
        why = "both ids are of the target"
    else:
        unknown = " and ".join(side for side, fits in zip(("source", "target"), matched, strict=True) if not fits)
        why = f"the {unknown} id is in neither graph"
    note("left out", why, path=path, unit="link" if row.same else "pair", example=shown)


def _keep(path: Path, row: LinkRow, linked: Linked, ends: list[int]) -> bool:
    """Take a row; whether it was there before."""
    if not row.same:
        return _deny(path, row, linked, ends)
    if len(ends) == 1:
        again = ends[0] in linked.unlinked
        before = linked.unlinked.setdefault(ends[0], row.part)
    else:
        again = (ends[0], ends[1]) in linked.links
        before = linked.links.setdefault((ends[0], ends[1]), row.part)
    if before != row.part:
        got = f"{before} and {row.part}"
        raise DataFormatError(path, line=row.line, expected="a row that is in one part only", got=got)
    return again


def _deny(path: Path, row: LinkRow, linked: Linked, ends: list[int]) -> bool:
    """Take a row that says "not the same", unless it is to validate or test; whether it was there before."""
    shown, again = at(row.line, f"{row.left}, {row.right}"), (ends[0], ends[1]) in linked.negatives
    if row.part in _TASKS:
        why = f"{NOT_THE_SAME}, in the part to {_TASKS[row.part]}: nothing trains on it"
        note("left out", why, path=path, unit="pair", example=shown)
    elif not again:
        note("known", f"{NOT_THE_SAME}: no links", path=path, unit="pair", example=shown)
        linked.negatives[ends[0], ends[1]] = None
    return again
