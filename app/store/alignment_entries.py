"""What runs and rules say of pairs, beside the verdicts of people: entries that are only ever added.

A run proposes pairs and withdraws them, a rule accepts them, an update marks some as changed. People decide by
verdicts and nowhere else; `app.store.alignment` puts both together.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from time import time as now
from typing import Any

import sqlalchemy as sa

from app.store.event import ID, StoreError, check_text, is_number
from app.store.writing import portions

KINDS = ("proposed", "withdrawn", "accepted", "changed", "follows", "undo")
MAX_BYTES = {"fingerprint": 128, "run_id": 255, "author": 200, "source": 2000, "target": 2000, "text": 10_000}

ENTRIES = sa.Table(
    "alignment",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("entry_id", sa.Text),
    sa.Column("batch", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("fingerprint", sa.Text),
    sa.Column("run_id", sa.Text),
    sa.Column("author", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("target", sa.Text),
    sa.Column("probability", sa.Double),
    sa.Column("text", sa.Text),
    sa.Column("undoes", sa.Text),
    sa.Column("time", sa.Double),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentEntry:
    """What was said of one pair, by no verdict.

    Args:
        entry_id: uuid4 hex.
        batch: uuid4 hex that entries made together have in common, so that they are taken back together.
        kind: one of `KINDS`. "follows" is about no pair: the data of `fingerprint` are the next version of older ones.
        fingerprint: of the data set.
        run_id: the run that proposed the pair, "" where none did.
        author: the run, the rule, or the person (of "follows" and "undo").
        source: uri, "" where it says that the target has no counterpart.
        target: uri, "" where it says that the source has no counterpart.
        probability: that the pair is right, from 0 to 1; None where nobody knows.
        text: why, in words; of "follows" the fingerprint of the older data.
        undoes: entry_id that an undo takes back, "" otherwise.
        time: unix time, in seconds.

    Raises:
        StoreError: a field that the store cannot hold.
    """

    entry_id: str
    batch: str
    kind: str
    fingerprint: str
    run_id: str
    author: str
    source: str = ""
    target: str = ""
    probability: float | None = None
    text: str = ""
    undoes: str = ""
    time: float = field(default_factory=now)

    def __post_init__(self) -> None:
        for name, limit in MAX_BYTES.items():
            check_text(name, getattr(self, name), limit, what="an alignment's")
        undo, follows = self.kind == "undo", self.kind == "follows"
        rules = {
            "kind": self.kind in KINDS,
            "entry_id": _is_id(self.entry_id),
            "batch": _is_id(self.batch),
            "undoes": _is_id(self.undoes) if undo else self.undoes == "",
            "fingerprint": self.fingerprint,
            "author": self.author,
            "source": not self.source if follows else self.source or self.target or undo,
            "target": not (follows and self.target),
            "text": not follows or self.text not in ("", self.fingerprint),
            "probability": self.probability is None or (is_number(self.probability) and 0 <= self.probability <= 1),
            "time": is_number(self.time),
        }
        for name, holds in rules.items():
            if not holds:
                raise StoreError(f"an alignment's {self.kind!r:.20} cannot have {name} {getattr(self, name)!r:.80}")

    def to_json(self) -> str:
        """One line of JSON, without its end."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> AlignmentEntry:
        """The entry of a line that `to_json` wrote.

        Raises:
            StoreError: it is not such a line.
        """
        if set(values) != {field.name for field in dataclasses.fields(cls)}:
            raise StoreError("not the fields of an alignment's entry")
        return cls(**values)


def append(connection: sa.Connection, entries: Sequence[AlignmentEntry]) -> int:
    """Add what is not there yet, in a write transaction; returns how many were added.

    Raises:
        StoreError: an id stands for something else, or an undo names nothing that can be taken back (again).
    """
    stored = _named(connection, {name for entry in entries for name in (entry.entry_id, entry.undoes) if name})
    undone = _undone(connection, {entry.undoes for entry in entries if entry.undoes})
    fresh = []
    for entry in entries:
        if entry.entry_id in stored:
            if stored[entry.entry_id] != entry:
                raise StoreError(f"the entry {entry.entry_id} is here already, and says something else")
            continue
        if entry.kind == "undo":
            _check_undo(entry, stored.get(entry.undoes), undone)
        stored[entry.entry_id] = entry
        undone.add(entry.undoes)
        fresh.append({**dataclasses.asdict(entry), "undoes": entry.undoes or None})
    if fresh:
        connection.execute(sa.insert(ENTRIES), fresh)
    return len(fresh)


def entries(connection: sa.Connection, fingerprints: Sequence[str] | None = None) -> list[AlignmentEntry]:
    """Every entry on some data sets, or on any, oldest first."""
    query = sa.select(ENTRIES).order_by(ENTRIES.c.seq)
    if fingerprints is not None:
        query = query.where(ENTRIES.c.fingerprint.in_(fingerprints))
    return [_entry_of(row) for row in connection.execute(query).mappings()]


def of_batch(connection: sa.Connection, name: str) -> list[AlignmentEntry]:
    """The entry of an id, or those of a batch, that nobody has taken back."""
    undo, c = ENTRIES.alias(), ENTRIES.c
    stands = ~sa.exists().where(undo.c.undoes == c.entry_id)
    query = sa.select(ENTRIES).where(sa.or_(c.entry_id == name, c.batch == name), c.kind != "undo", stands)
    return [_entry_of(row) for row in connection.execute(query.order_by(c.seq)).mappings()]


def standing(listed: Iterable[AlignmentEntry]) -> list[AlignmentEntry]:
    """Those that were not taken back, without the undos, oldest first."""
    listed = list(listed)
    undone = {entry.undoes for entry in listed}
    kept = [entry for entry in listed if entry.kind != "undo" and entry.entry_id not in undone]
    return sorted(kept, key=lambda entry: entry.time)


def lineage(connection: sa.Connection, fingerprint: str) -> list[str]:
    """Fingerprints of a data set and of its older versions, the oldest first."""
    query = sa.select(ENTRIES).where(ENTRIES.c.kind.in_(("follows", "undo"))).order_by(ENTRIES.c.seq)
    listed = standing(_entry_of(row) for row in connection.execute(query).mappings())
    before = {entry.fingerprint: entry.text for entry in listed if entry.kind == "follows"}
    line = [fingerprint]
    while (older := before.get(line[0])) and older not in line:
        line.insert(0, older)
    return line


def _check_undo(entry: AlignmentEntry, target: AlignmentEntry | None, undone: Collection[str]) -> None:
    if target is None or target.kind == "undo" or target.fingerprint != entry.fingerprint:
        raise StoreError("there is no such entry of the alignment to take back")
    if entry.undoes in undone:
        raise StoreError("this entry of the alignment was already taken back")


def _named(connection: sa.Connection, ids: Collection[str]) -> dict[str, AlignmentEntry]:
    """Those entries that are there, by id."""
    stored = {}
    for portion in portions(ids):
        query = sa.select(ENTRIES).where(ENTRIES.c.entry_id.in_(portion))
        stored.update({row["entry_id"]: _entry_of(row) for row in connection.execute(query).mappings()})
    return stored


def _undone(connection: sa.Connection, ids: Collection[str]) -> set[str]:
    """Those ids whose entries were taken back."""
    undone: set[str] = set()
    for portion in portions(ids):
        undone.update(connection.execute(sa.select(ENTRIES.c.undoes).where(ENTRIES.c.undoes.in_(portion))).scalars())
    return undone


def _entry_of(row: sa.RowMapping) -> AlignmentEntry:
    values = {name: value for name, value in row.items() if name != "seq"}
    return AlignmentEntry(**{**values, "undoes": row["undoes"] or ""})


def _is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None
