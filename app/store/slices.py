"""Kept lists of entities, and what people noted on slices: entries that are only ever added, like verdicts."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from time import time as now
from typing import Any

import sqlalchemy as sa

from app.store.event import ID, StoreError, check_text, is_number
from pmf.bounded.json_files import parse_json

KINDS = ("list", "note")
MAX_BYTES = {"fingerprint": 128, "run_id": 255, "author": 200, "slice": 2000, "text": 10_000}
MAX_ENTITIES = 1_000_000
AT_ONCE = 1000  # values in one question; both databases have a limit

SLICES = sa.Table(
    "slices",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("entry_id", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("fingerprint", sa.Text),
    sa.Column("run_id", sa.Text),
    sa.Column("author", sa.Text),
    sa.Column("slice", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("entities", sa.Text),
    sa.Column("time", sa.Double),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceEntry:
    """A list of entities that somebody kept, or a note that somebody wrote on a slice.

    Args:
        entry_id: 32 hexadecimal digits; of a list made from what is in it, of a note by chance.
        kind: one of `KINDS`.
        fingerprint: of the data set whose entities it is about.
        run_id: the run that was looked at.
        author: name of who kept or noted.
        slice: name of the slice.
        text: the list's title, or the note.
        entities: ids of a list, ascending; none for a note.
        time: unix time, in seconds.

    Raises:
        StoreError: a field that the store cannot hold.
    """

    entry_id: str
    kind: str
    fingerprint: str
    run_id: str
    author: str
    slice: str
    text: str
    entities: tuple[int, ...] = ()
    time: float = field(default_factory=now)

    def __post_init__(self) -> None:
        for name, limit in MAX_BYTES.items():
            check_text(name, getattr(self, name), limit, what="a slice's")
        rules = {
            "entry_id": isinstance(self.entry_id, str) and ID.fullmatch(self.entry_id),
            "kind": self.kind in KINDS,
            "fingerprint": self.fingerprint,
            "author": self.author,
            "slice": self.slice,
            "text": self.text.strip(),
            "entities": _are_ids(self.entities) and (self.kind == "list") == bool(self.entities),
            "time": is_number(self.time),
        }
        for name, holds in rules.items():
            if not holds:
                raise StoreError(f"a slice's {self.kind!r:.20} cannot have {name} {getattr(self, name)!r:.80}")

    def to_json(self) -> str:
        """One line of JSON, without its end."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> SliceEntry:
        """The entry of a line that `to_json` wrote.

        Raises:
            StoreError: it is not such a line.
        """
        if set(values) != {field.name for field in dataclasses.fields(cls)}:
            raise StoreError("not the fields of a slice's entry")
        ids = values["entities"]
        return cls(**{**values, "entities": tuple(ids) if isinstance(ids, list) else ids})


def append(connection: sa.Connection, entries: Sequence[SliceEntry]) -> int:
    """Add what is not there yet, in a write transaction; returns how many were added.

    Raises:
        StoreError: a note's id stands for another note.
    """
    stored: dict[str, str] = {}
    c = SLICES.c
    for start in range(0, len(entries), AT_ONCE):
        ids = [entry.entry_id for entry in entries[start : start + AT_ONCE]]
        stored |= {
            row[0]: row[1] for row in connection.execute(sa.select(c.entry_id, c.text).where(c.entry_id.in_(ids)))
        }
    fresh = []
    for entry in entries:
        if entry.entry_id not in stored:
            stored[entry.entry_id] = entry.text
            fresh.append({**dataclasses.asdict(entry), "entities": json.dumps(entry.entities)})
        elif entry.kind == "note" and stored[entry.entry_id] != entry.text:
            raise StoreError(f"the note {entry.entry_id} is here already, and says something else")
    if fresh:
        connection.execute(sa.insert(SLICES), fresh)
    return len(fresh)


def entries(connection: sa.Connection, fingerprint: str | None = None) -> list[SliceEntry]:
    """What was kept and noted on a data set, or on any, oldest first."""
    query = sa.select(SLICES).order_by(SLICES.c.seq)
    if fingerprint is not None:
        query = query.where(SLICES.c.fingerprint == fingerprint)
    return [_entry_of(row) for row in connection.execute(query).mappings()]


def titles(connection: sa.Connection, fingerprint: str) -> dict[str, str]:
    """Name → title of every list kept on a data set, newest first."""
    c = SLICES.c
    query = sa.select(c.slice, c.text).where(c.fingerprint == fingerprint, c.kind == "list").order_by(c.seq.desc())
    return {row[0]: row[1] for row in connection.execute(query)}


def entities(connection: sa.Connection, fingerprint: str, name: str) -> tuple[int, ...] | None:
    """The ids of a kept list; None where there is none of that name."""
    c = SLICES.c
    query = sa.select(c.entities).where(c.fingerprint == fingerprint, c.slice == name, c.kind == "list")
    text = connection.execute(query).scalar()
    return None if text is None else tuple(parse_json(text))


def _entry_of(row: sa.RowMapping) -> SliceEntry:
    values = {name: value for name, value in row.items() if name != "seq"}
    return SliceEntry(**{**values, "entities": tuple(parse_json(row["entities"]))})


def _are_ids(values: object) -> bool:
    """A tuple of ids, each larger than the one before."""
    if not isinstance(values, tuple) or len(values) > MAX_ENTITIES:
        return False
    whole = all(type(value) is int and 0 <= value < 2**31 for value in values)
    return whole and all(a < b for a, b in pairwise(values))
