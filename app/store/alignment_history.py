"""What happened to one pair of the alignment, and what changed between two times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.store.alignment import AlignedPair, Pair, pair_of
from app.store.alignment_entries import AlignmentEntry
from app.store.consensus import PROBE
from app.store.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that was said of a pair.

    Args:
        id: of the event or entry, by which it can be taken back.
        time: unix time, in seconds.
        what: a verdict, a kind of entry, or "taken back: …".
        who: the annotator, the run or the rule.
        run_id: the run that was looked at, or that proposed.
        probability: None where none was given.
        text: the reason, in words.
        stands: whether nobody has taken it back; False of what takes back.
        batch: of an entry, the id by which all that was written with it can be taken back; "" of a verdict.
    """

    id: str
    time: float
    what: str
    who: str
    run_id: str
    probability: float | None
    text: str
    stands: bool
    batch: str


def history(
    versions: Iterable[Sequence[Event]], entries: Iterable[AlignmentEntry], source: str, target: str
) -> list[Happening]:
    """Everything that was ever said of a pair, and that one of its entities has no counterpart, oldest first.

    Args:
        versions: all events on each version of the data.
        entries: all entries on any of them.
        source: uri, "" for that the target has no counterpart.
        target: uri, "" for that the source has no counterpart.
    """
    events = [event for version in versions for event in version if event.order != PROBE]
    found = [*_entries(list(entries), (source, target)), *_verdicts(events, (source, target))]
    return sorted(found, key=lambda one: one.time)


def _verdicts(events: Sequence[Event], pair: Pair) -> list[Happening]:
    wanted = {pair, (pair[0], ""), ("", pair[1])} - {("", "")}
    by_id = {event.event_id: event for event in events}
    undone = {event.undoes for event in events}
    found = []
    for event in events:
        meant = by_id.get(event.undoes, event)
        if pair_of(meant) in wanted:
            found.append(
                Happening(
                    id=event.event_id,
                    time=event.time,
                    what=f"taken back: {meant.verdict}" if event.kind == "undo" else event.verdict,
                    who=event.annotator,
                    run_id=event.run_id,
                    probability=None,
                    text=event.reason,
                    stands=event.kind != "undo" and event.event_id not in undone,
                    batch="",
                )
            )
    return found


def _entries(entries: Sequence[AlignmentEntry], pair: Pair) -> list[Happening]:
    kind_of = {entry.entry_id: entry.kind for entry in entries}
    undone = {entry.undoes for entry in entries}
    return [
        Happening(
            id=entry.entry_id,
            time=entry.time,
            what=f"taken back: {kind_of.get(entry.undoes, '')}" if entry.kind == "undo" else entry.kind,
            who=entry.author,
            run_id=entry.run_id,
            probability=entry.probability,
            text=entry.text,
            stands=entry.kind != "undo" and entry.entry_id not in undone,
            batch=entry.batch,
        )
        for entry in entries
        if entry.kind != "follows" and (entry.source, entry.target) == pair
    ]


def diff(before: Iterable[AlignedPair], after: Iterable[AlignedPair]) -> list[tuple[AlignedPair | None, AlignedPair]]:
    """Pairs whose state is another one, as they were (None where they were not there) and as they are.

    A pair that is no longer part of the alignment comes with the state "".
    """
    old, new = ({one.pair: one for one in pairs} for pairs in (before, after))
    changed = [(old.get(pair), one) for pair, one in new.items() if pair not in old or old[pair].state != one.state]
    gone = [(one, replace(one, state="", who=(), by="")) for pair, one in old.items() if pair not in new]
    return changed + gone
