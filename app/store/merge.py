"""Another database's work brought into this one: nothing here is changed, and what contradicts it is listed.

Verdicts of other people come as they are; where they contradict those here, Review shows the conflict. One and the same
annotator may have judged a query in both places. Then what they said there comes under the name "NAME (merged)", so
that both verdicts stand until somebody decides. A decision between annotators that was taken here stays; one that was
taken there and differs comes as an opinion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from app.store import aligning, alignment_entries, copies, reading, slices, writing
from app.store.alignment import AlignedPair, Pair, aligned
from app.store.alignment_entries import AlignmentEntry
from app.store.database import Database
from app.store.event import Event
from app.store.slices import SliceEntry

Query = tuple[str, str, str, str]  # fingerprint, annotator, side, query


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge did.

    Args:
        added: events and entries that came in.
        renamed: of these, verdicts that came under "NAME (merged)".
        set_aside: decisions between annotators that differ from one here, and came as opinions.
        left_out: undos of verdicts that both had, but on which people went on here.
        conflicts: pairs, with the fingerprint of their data, that are in conflict now and were not before.
    """

    added: int
    renamed: int
    set_aside: int
    left_out: int
    conflicts: list[tuple[str, AlignedPair]]


def merge(database: Database, path: Path) -> Merged:
    """Add what is in a backup or a JSONL file and not here, all or nothing.

    Raises:
        DataFormatError: a line is damaged.
        StoreError: the file lacks events that others of it build on.
    """
    records = copies.read(path)
    theirs = [record for record in records if isinstance(record, Event)]
    entries = [record for record in records if isinstance(record, AlignmentEntry)]
    with database.write() as connection:
        here = reading.every_event(connection)
        data = sorted({event.fingerprint for event in theirs} | {entry.fingerprint for entry in entries})
        before = _conflicts(connection, data)
        incoming, left_out = _incoming(here, theirs)
        incoming, set_aside = _decisions_aside(here, incoming)
        added = writing.append(connection, incoming)
        added += slices.append(connection, [record for record in records if isinstance(record, SliceEntry)])
        added += alignment_entries.append(connection, _new_entries(connection, entries))
        after = _conflicts(connection, data)
    names = {event.event_id: event.annotator for event in theirs}
    return Merged(
        added=added,
        renamed=sum(names[event.event_id] != event.annotator for event in incoming),
        set_aside=set_aside,
        left_out=left_out,
        conflicts=[(place[0], one) for place, one in after.items() if place not in before],
    )


def _conflicts(connection: sa.Connection, fingerprints: Iterable[str]) -> dict[tuple[str, Pair], AlignedPair]:
    return {
        (data, one.pair): one
        for data in fingerprints
        for one in aligned(*aligning.read(connection, data))
        if one.state == "conflict"
    }


def _incoming(here: Sequence[Event], theirs: Sequence[Event]) -> tuple[list[Event], int]:
    """Events that are not here, fit to be added, and how many undos cannot be."""
    ours, others, present = _by_query(here), _by_query(theirs), {event.event_id for event in here}
    incoming: list[Event] = []
    left_out = 0
    for query, events in others.items():
        fresh = [event for event in events if event.event_id not in present]
        went_on = {event.event_id for event in ours.get(query, ())} - {event.event_id for event in events}
        if not went_on:
            incoming += fresh
        elif fresh and _says(events) != _says(ours[query]):
            known = {event.event_id for event in fresh}
            kept = [event for event in fresh if not event.undoes or event.undoes in known]
            left_out += len(fresh) - len(kept)
            name = _free_name(ours, query)
            incoming += [replace(event, annotator=name, version=place) for place, event in enumerate(kept, start=1)]
    place = {event.event_id: number for number, event in enumerate(theirs)}
    return sorted(incoming, key=lambda event: place[event.event_id]), left_out


def _by_query(events: Iterable[Event]) -> dict[Query, list[Event]]:
    found: dict[Query, list[Event]] = defaultdict(list)
    for event in events:
        found[event.fingerprint, event.annotator, event.side, event.query].append(event)
    return dict(found)


def _says(events: Sequence[Event]) -> tuple[str, str]:
    """The verdict that stands at the end of what one annotator did to a query."""
    undone = {event.undoes for event in events}
    stands = [event for event in events if event.kind != "undo" and event.event_id not in undone]
    return (stands[-1].verdict, stands[-1].other) if stands else ("", "")


def _free_name(ours: Mapping[Query, object], query: Query) -> str:
    """A name for what an annotator said elsewhere, under which nothing was said of the query here."""
    number, name = 1, f"{query[1]} (merged)"
    while (query[0], name, *query[2:]) in ours:
        number += 1
        name = f"{query[1]} (merged {number})"
    return name


def _decisions_aside(here: Sequence[Event], incoming: Sequence[Event]) -> tuple[list[Event], int]:
    """Incoming events, with decisions on queries that were decided otherwise here as opinions; how many these are."""
    undone = {event.undoes for event in here}
    decided = {
        (event.fingerprint, event.side, event.query): (event.verdict, event.other)
        for event in here
        if event.kind == "adjudication" and event.event_id not in undone
    }
    aside = {
        event.event_id
        for event in incoming
        if event.kind == "adjudication"
        and decided.get((event.fingerprint, event.side, event.query), (event.verdict, event.other))
        != (event.verdict, event.other)
    }
    return [replace(event, kind="import") if event.event_id in aside else event for event in incoming], len(aside)


def _new_entries(connection: sa.Connection, theirs: Sequence[AlignmentEntry]) -> list[AlignmentEntry]:
    """Entries that are not here; what was taken back here already is not taken back again."""
    here = alignment_entries.entries(connection)
    present, undone = {entry.entry_id for entry in here}, {entry.undoes for entry in here if entry.undoes}
    return [entry for entry in theirs if entry.entry_id not in present and entry.undoes not in undone]
