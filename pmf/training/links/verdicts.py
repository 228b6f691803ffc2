"""What people said of pairs: read from a file, and turned into the links that a run trains on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import GraphPair
from pmf.data.readers.columns import LABELS, NO, YES, usual
from pmf.data.readers.csv_tables import Table, read_table
from pmf.data.readers.curies import Curies
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.pair_columns import pair_columns, unnamed_label
from pmf.data.readers.predicates import Predicates
from pmf.data.readers.session import aloud
from pmf.data.split import LinkSplit, among, touching
from pmf.errors import ConfigError, DataFormatError

KINDS = ("match", "not", "none")
"""Confirmed pair, rejected pair, entity without a counterpart."""

UNSURE = ("unsure", "flag")
"""Verdicts of the Review page that say nothing a training could use."""

_SAID = {True: "match", False: "not", None: "unsure"}  # by the predicate of a pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Verdicts on entities of a data set, by entity id.

    Args:
        matched: int64 `[k, 2]`, confirmed pairs; an entity may be in several.
        rejected: int64 `[r, 2]`, pairs that are not the same thing.
        alone: int64 `[u]`, entities that have no counterpart.
        unsure: how many rows of the file said that somebody was not sure; they are not used.
    """

    matched: Ids = field(default_factory=lambda: no_ids(0, 2))
    rejected: Ids = field(default_factory=lambda: no_ids(0, 2))
    alone: Ids = field(default_factory=no_ids)
    unsure: int = 0

    def __len__(self) -> int:
        return len(self.matched) + len(self.rejected) + len(self.alone)

    @property
    def entities(self) -> Ids:
        """Every entity that a verdict touches, sorted."""
        return np.unique(np.concatenate([self.matched.ravel(), self.rejected.ravel(), self.alone]))

    def without(self, entities: Ids) -> Verdicts:
        """Those that touch none of these entities."""
        return Verdicts(
            matched=self.matched[~touching(self.matched, entities)],
            rejected=self.rejected[~touching(self.rejected, entities)],
            alone=np.setdiff1d(self.alone, entities),
            unsure=self.unsure,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a run makes of the verdicts it was given.

    Args:
        verdicts: those it uses.
        left_out: how many it does not, because they touch a test link.
        test_links_used: test links that are none any more, because verdicts on them were allowed.
        negatives: int64 `[m, 2]`, pairs that the data marks as not the same and that train as rejected ones do.
        relations: int64 `[k, 3]`, verdicts on pairs of relations, see `read_relation_verdicts`.
    """

    verdicts: Verdicts = field(default_factory=Verdicts)
    left_out: int = 0
    test_links_used: int = 0
    negatives: Ids = field(default_factory=lambda: no_ids(0, 2))
    relations: Ids = field(default_factory=lambda: no_ids(0, 3))

    @property
    def evidence(self) -> Verdicts:
        """All that training goes by: what people said, and what the data denies."""
        return replace(self.verdicts, rejected=np.concatenate([self.verdicts.rejected, self.negatives]))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "matched": self.verdicts.matched.tolist(),
            "rejected": self.verdicts.rejected.tolist(),
            "alone": self.verdicts.alone.tolist(),
            "left_out": self.left_out,
            "test_links_used": self.test_links_used,
            "unsure": self.verdicts.unsure,
            "negatives": self.negatives.tolist(),
            "relations": self.relations.tolist(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Review:
        """The inverse of `to_dict`; nothing where `values` has nothing."""
        matched, rejected, negatives = (
            np.array(values.get(name, []), np.int64).reshape(-1, 2) for name in ("matched", "rejected", "negatives")
        )
        alone = np.array(values.get("alone", []), np.int64)
        return cls(
            verdicts=Verdicts(matched=matched, rejected=rejected, alone=alone, unsure=values.get("unsure", 0)),
            left_out=values.get("left_out", 0),
            test_links_used=values.get("test_links_used", 0),
            negatives=negatives,
            relations=np.array(values.get("relations", []), np.int64).reshape(-1, 3),
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many verdicts of each kind."""
        verdicts = {name: value for name, value in self.to_dict().items() if name != "negatives"}
        return {name: len(value) if isinstance(value, list) else value for name, value in verdicts.items()}


def read_verdicts(path: Path, pair: GraphPair) -> Verdicts:
    """Verdicts from a table, as the Review page exports them, as `pmf match` writes pairs, or of one's own.

    Two columns of ids, usually source and target, and perhaps one called verdict or label: match, not or none (or 1
    and 0, yes and no, then whatever its name is); without it every row is a match, unless its predicate, as of SSSOM,
    says otherwise. With none, one of source and target is empty. Rows that say unsure or flag, and those of another
    relation than sameness, are left out and counted; other columns are ignored.

    Args:
        path: the file.
        pair: the data set that they are about.

    Raises:
        DataFormatError: a line is malformed, names an unknown entity, or contradicts a line above it.
    """
    with aloud(path):
        return _read(path, pair)


def _read(path: Path, pair: GraphPair) -> Verdicts:
    table = read_table(path)
    source, target = (
        NearIds({uri: i + offset for i, uri in enumerate(graph.entities)}) for graph, offset in pair.sides()
    )
    places = [table.header.index(name) for name in pair_columns(table, source, target)]
    said_in = _labels(table, places)
    verdicts, unsure = _Said(path), 0
    curies, predicates = Curies(path, table.comments), Predicates(table)
    rows = [
        (line, cells, [curies.spelled(cells[p], source, target, line=line) for p in places])
        for line, cells in table.rows
    ]
    curies.require_known()
    for line, cells, uris in rows:
        verdict = _verdict(path, line, cells[table.header.index(said_in)] if said_in else _SAID[predicates.same(cells)])
        if not verdict:
            unsure += 1
            continue
        filled = sum(map(bool, uris))
        if filled != (1 if verdict == "none" else 2):
            expected = f"{'one of source and target' if verdict == 'none' else 'source and target'} with {verdict}"
            raise DataFormatError(path, line=line, expected=expected, got=f"{filled} of them filled")
        ids = [side.find(uri)[0] for side, uri in zip((source, target), uris, strict=True) if uri]
        if None in ids:
            where = f"entities of {pair.name}"
            raise DataFormatError(path, line=line, expected=where, got=" ".join(uri for uri in uris if uri))
        verdicts.add(line, verdict, tuple(row for row in ids if row is not None))
    return replace(verdicts.verdicts(), unsure=unsure)


def _labels(table: Table, ids: list[int]) -> str | None:
    """The column of verdicts: by its name, or one beside the ids that says yes or no everywhere."""
    rest = [name for place, name in enumerate(table.header) if place not in ids]
    named = (usual(rest, [word]) for word in LABELS)
    said = [name for name in named if name and {cell.casefold() for cell in table.column(name)} <= YES | NO]
    if sure := usual(rest, ("verdict", "label")) or next(iter(said), None):
        return sure
    place = unnamed_label(table, rest)
    return None if place is None else table.header[place]


def _verdict(path: Path, line: int, text: str) -> str:
    """One of `KINDS`; "" where somebody was not sure."""
    word = text.casefold()
    if word in KINDS or word in UNSURE:
        return word if word in KINDS else ""
    if word in YES or word in NO:
        return "match" if word in YES else "not"
    raise DataFormatError(path, line=line, expected=" or ".join([*KINDS, *UNSURE]), got=repr(text))


class _Said:
    """Verdicts so far, each with its line; refuses what contradicts an earlier one.

    An entity may have several counterparts, but not one and none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pairs: dict[str, dict[tuple[int, ...], int]] = {kind: {} for kind in KINDS}  # ids → line
        self.matched: dict[int, int] = {}  # entity → line

    def add(self, line: int, verdict: str, ids: tuple[int, ...]) -> None:
        others = {"match": "not", "not": "match"}.get(verdict, "")
        before = self.pairs[others].get(ids) if others else self.matched.get(ids[0])
        if verdict == "match":
            alone = [self.pairs["none"][(entity,)] for entity in ids if (entity,) in self.pairs["none"]]
            before = before or next(iter(alone), None)
            self.matched |= dict.fromkeys(ids, line)
        if before is not None:
            what = {"match": "a confirmed pair", "not": "a rejected pair"}.get(
                verdict, "an entity without a counterpart"
            )
            expected = "no verdict that contradicts another"
            raise DataFormatError(self.path, line=line, expected=expected, got=f"{what}; line {before} says otherwise")
        self.pairs[verdict].setdefault(ids, line)

    def verdicts(self) -> Verdicts:
        return Verdicts(
            matched=np.array(list(self.pairs["match"]), np.int64).reshape(-1, 2),
            rejected=np.array(list(self.pairs["not"]), np.int64).reshape(-1, 2),
            alone=np.array([entity for (entity,) in self.pairs["none"]], np.int64),
        )


def apply_verdicts(split: LinkSplit, verdicts: Verdicts, *, may_use_test_links: bool) -> tuple[LinkSplit, Review]:
    """The links to train on once people have spoken.

    A confirmed pair is a seed link, in place of any seed or validation link of its entities. A rejected pair and an
    entity without a counterpart take theirs away. Something has to choose the epoch, so half of the validation links
    stay what they are also where all of them are confirmed.

    Args:
        split: links so far.
        verdicts: what was said.
        may_use_test_links: whether verdicts may touch entities of test links; if so, those are test links no longer,
            else such verdicts are left out.

    Returns:
        The split, its test links untouched by any verdict, and what came of the verdicts.

    Raises:
        ConfigError: a part would be left without a link.
    """
    test = split.test_links
    if may_use_test_links:
        test = test[~touching(test, verdicts.entities)]
        used = verdicts
    else:
        used = verdicts.without(np.unique(test))

    settled = np.concatenate([used.matched.ravel(), used.alone])
    confirmed = split.val_links[among(split.val_links, used.matched)]

    def stands(links: Ids) -> Ids:
        return links[~touching(links, settled) & ~among(links, used.rejected)]

    others = stands(split.val_links)
    spare = max(0, len(confirmed) + len(others) - len(split.val_links) // 2)  # confirmed ones that may train
    after = replace(
        split,
        seed_links=np.concatenate([stands(split.seed_links), used.matched[~among(used.matched, confirmed[spare:])]]),
        val_links=np.concatenate([others, confirmed[spare:]]),
        test_links=test,
    )
    for name in ("seed", "val", "test"):
        if len(getattr(split, f"{name}_links")) and not len(getattr(after, f"{name}_links")):
            part = "validation" if name == "val" else name
            way = "leave out --verdicts-may-use-test-links" if name == "test" else "give more links, or fewer verdicts"
            raise ConfigError(f"the verdicts leave no {part} link: {way}")
    counted = Review(
        verdicts=used, left_out=len(verdicts) - len(used), test_links_used=len(split.test_links) - len(test)
    )
    return after, counted
