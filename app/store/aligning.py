"""Reading the alignment out of the database, and what runs, rules and people add to it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.store import alignment_entries, reading, writing
from app.store.alignment import ACCEPTED, Pair, aligned, ends_of, proposals
from app.store.alignment_entries import ENTRIES, AlignmentEntry
from app.store.consensus import BULK, Key
from app.store.event import Event, StoreError
from app.store.schema import EVENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What a run's proposals brought: pairs that are `new`, those it proposes `again`, and those it `withdrew`."""

    new: int
    again: int
    withdrawn: int


def read(connection: sa.Connection, fingerprint: str) -> tuple[list[list[Event]], list[AlignmentEntry]]:
    """The events on each version of some data, the oldest data first, and the entries on any of them."""
    line = alignment_entries.lineage(connection, fingerprint)
    return [reading.events(connection, data, None) for data in line], alignment_entries.entries(connection, line)


def revision(connection: sa.Connection) -> tuple[int, int]:
    """The numbers of the newest event and the newest entry, 0 where there is none."""
    newest = (connection.execute(sa.select(sa.func.max(table.c.seq))).scalar() or 0 for table in (EVENTS, ENTRIES))
    events, entries = newest
    return events, entries


def propose(
    connection: sa.Connection,
    fingerprint: str,
    run_id: str,
    pairs: Mapping[Pair, float | None],
    given: Collection[Key],
    time: float,
) -> Proposed:
    """Add what a run newly proposes, and withdraw what earlier runs proposed and this one does not.

    Args:
        connection: of a write transaction.
        fingerprint: of the run's data.
        run_id: of the run.
        pairs: what it proposes, with the probability.
        given: entities in links that the run was given: it proposes nothing of them, which withdraws nothing.
        time: unix time, in seconds.
    """
    before = proposals(read(connection, fingerprint)[1])
    stood = {pair for pair, one in before.items() if one.stands}
    fresh = [
        pair
        for pair, probability in pairs.items()
        if pair not in stood or (before[pair].run_id, before[pair].probability) != (run_id, probability)
    ]
    untouched = frozenset(given)
    gone = [pair for pair in stood if pair not in pairs and untouched.isdisjoint(ends_of(pair))]
    add = _Batch(fingerprint=fingerprint, run_id=run_id, author=run_id, time=time)
    entries = [add.entry("proposed", pair, probability=pairs[pair]) for pair in fresh]
    entries += [add.entry("withdrawn", pair, text=f"{run_id} does not propose it") for pair in gone]
    alignment_entries.append(connection, entries)
    new = sum(pair not in stood for pair in fresh)
    return Proposed(new=new, again=len(pairs) - new, withdrawn=len(gone))


def accept_over(connection: sa.Connection, fingerprint: str, least: float, time: float) -> tuple[str, int]:
    """Accept proposed pairs by the rule that their probability is at least some number, the surest first.

    A pair is passed over where one of its entities has an accepted counterpart already.

    Returns:
        The batch, by which they can be taken back together, and how many they are.
    """
    pairs = aligned(*read(connection, fingerprint))
    taken = {end for one in pairs if one.state in (*ACCEPTED, "conflict") for end in ends_of(one.pair)}
    add = _Batch(fingerprint=fingerprint, run_id="", author=f"probability ≥ {least:g}", time=time)
    entries = []
    for one in pairs:
        likely = one.state == "proposed" and one.probability is not None and one.probability >= least
        if likely and not taken.intersection(ends_of(one.pair)):
            taken.update(ends_of(one.pair))
            entries.append(add.entry("accepted", one.pair, probability=one.probability, run_id=one.run_id))
    alignment_entries.append(connection, entries)
    return add.batch, len(entries)


def mark_changed(connection: sa.Connection, fingerprint: str, run_id: str, why: Mapping[Pair, str], time: float) -> int:
    """Say of accepted pairs that what spoke for them has changed; returns how many it was said of.

    Of the pairs named, those are passed over that are not accepted, and those of which this run has said so before.
    """
    versions, entries = read(connection, fingerprint)
    accepted = {one.pair for one in aligned(versions, entries) if one.state in ACCEPTED}
    told = {(one.source, one.target) for one in entries if (one.kind, one.run_id) == ("changed", run_id)}
    add = _Batch(fingerprint=fingerprint, run_id=run_id, author=run_id, time=time)
    changed = [add.entry("changed", pair, text=text) for pair, text in why.items() if pair in accepted - told]
    return alignment_entries.append(connection, changed)


def follow(connection: sa.Connection, fingerprint: str, older: str, author: str, time: float) -> str:
    """Say that data are the next version of older ones, whose alignment they take on.

    Returns:
        The entry's id, for `take_back`; "" where it is so already.

    Raises:
        StoreError: the older ones follow these.
    """
    if older in alignment_entries.lineage(connection, fingerprint):
        return ""
    if fingerprint in alignment_entries.lineage(connection, older):
        raise StoreError("these data came before the others, so they cannot follow them")
    add = _Batch(fingerprint=fingerprint, run_id="", author=author, time=time)
    alignment_entries.append(connection, [add.entry("follows", ("", ""), text=older)])
    return add.batch


def take_back(connection: sa.Connection, name: str, author: str, time: float) -> int:
    """Take back a verdict, an entry, or all entries of a batch, by their id; returns how many.

    With a verdict goes all that the same key said of its card, as in Review: the rest of a group stands and falls with
    it. Of verdicts in bulk it is that one alone. A verdict is taken back in the name of who gave it, since nobody
    else's event counts; the reason says who did it.

    Raises:
        StoreError: there is nothing of that id, or it was taken back already.
    """
    if (verdict := reading.find(connection, name)) is not None and verdict.kind != "undo":
        together = [verdict]
        if verdict.card and verdict.order != BULK:
            standing = reading.standing_of_card(connection, verdict.annotator, verdict.card)
            together += [event for event in standing if event.event_id != name]
        return writing.append(connection, [_undo_of(connection, event, author, time) for event in together])
    entries = alignment_entries.of_batch(connection, name)
    if not entries:
        raise StoreError(f"there is nothing to take back with the id {name[:40]}")
    add = _Batch(fingerprint=entries[0].fingerprint, run_id="", author=author, time=time)
    undos = [add.entry("undo", (one.source, one.target), undoes=one.entry_id, run_id=one.run_id) for one in entries]
    return alignment_entries.append(connection, undos)


def _undo_of(connection: sa.Connection, verdict: Event, author: str, time: float) -> Event:
    same = {field: getattr(verdict, field) for field in ("fingerprint", "run_id", "annotator", "side", "query")}
    version = reading.version(connection, verdict.fingerprint, verdict.annotator, verdict.side, verdict.query) + 1
    return Event(
        **same, event_id=uuid.uuid4().hex, kind="undo", other=verdict.other, verdict="", version=version,
        undoes=verdict.event_id, card=verdict.card, reason=f"taken back by {author}", time=time,
    )  # fmt: skip


class _Batch:
    """Entries that are made together."""

    def __init__(self, **same: Any) -> None:
        self.batch, self._same = uuid.uuid4().hex, same

    def entry(self, kind: str, pair: Pair, **more: Any) -> AlignmentEntry:
        values = {**self._same, "source": pair[0], "target": pair[1], **more}
        return AlignmentEntry(entry_id=uuid.uuid4().hex, batch=self.batch, kind=kind, **values)
