"""The alignment of a data set: a view of verdicts, and of what runs and rules said; nothing of it is stored twice.

People come before rules, rules before runs. A pair is

    accepted    people confirm it, or a rule took it
    changed     it was accepted, and since then a run withdrew it or an update says that its evidence changed
    proposed    a run found it, and nobody has decided
    conflict    people contradict each other, on the pair or on whether one of its entities has a counterpart at all
    rejected    people say that it is not the same, or that one of its entities has no counterpart

An entity may have several accepted counterparts; "it has none" is a pair whose other end is "".
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.store.alignment_entries import AlignmentEntry, standing
from app.store.consensus import ABSTAIN, Key, consensus
from app.store.event import Event
from pmf.runs.accepted import pair_id

STATES = ("conflict", "changed", "accepted", "proposed", "rejected")
"""What somebody has to look at comes first."""
ACCEPTED = ("accepted", "changed")
Pair = tuple[str, str]
"""Uris of source and target; one of them is "" where the other is said to have no counterpart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedPair:
    """A pair of the alignment as it stands.

    Args:
        source: uri, "" where the target has no counterpart.
        target: uri, "" where the source has no counterpart.
        state: one of `STATES`.
        probability: of the latest run that proposed it; None where none did, or it gave none.
        by: who decided: "person", "rule" or "run".
        who: names of those people, or of the rule or run.
        time: when, unix time in seconds.
        run_id: the run that people looked at, or that proposed it.
        text: why, in words: people's reasons, or what changed.
        counterparts: accepted pairs of its entities, of that one that has more; 2 or more = several counterparts.
    """

    source: str
    target: str
    state: str
    probability: float | None
    by: str
    who: tuple[str, ...]
    time: float
    run_id: str
    text: str = ""
    counterparts: int = 0

    @property
    def pair(self) -> Pair:
        return self.source, self.target

    @property
    def id(self) -> str:
        """The same in every run, in every version of the data, and in everybody's database."""
        return pair_id(*self.pair)


def pair_of(event: Event) -> Pair:
    """The pair that a verdict is about."""
    return (event.query, event.other) if event.side == "source" else (event.other, event.query)


def aligned(
    versions: Sequence[Sequence[Event]], entries: Iterable[AlignmentEntry], at: float = math.inf
) -> list[AlignedPair]:
    """The alignment as it stood at some time: in the order of `STATES`, in each the surest first.

    Args:
        versions: all events on each version of the data, the oldest data first, in each the oldest event first.
        entries: all entries on any of these versions.
        at: unix time, in seconds.
    """
    opinions = _opinions(_verdicts(versions, at))
    ends = _confirmed_ends(opinions)
    machine = proposals(entry for entry in entries if entry.time <= at)
    decided = (_decided(pair, opinions.get(pair), machine.get(pair), ends) for pair in {**opinions, **machine})
    pairs = [one for one in decided if one is not None]
    accepted = Counter(
        end for one in pairs if one.state in ACCEPTED and one.source and one.target for end in ends_of(one.pair)
    )
    counted = [replace(one, counterparts=max(accepted[end] for end in ends_of(one.pair))) for one in pairs]
    return sorted(counted, key=lambda one: (STATES.index(one.state), -(one.probability or 0), one.source, one.target))


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What runs and rules together say of a pair; `stands` while the latest run still proposes it."""

    state: str
    stands: bool
    probability: float | None
    author: str
    by: str
    run_id: str
    time: float
    text: str = ""
    doubted: float = -math.inf
    doubt: str = ""


def proposals(entries: Iterable[AlignmentEntry]) -> dict[Pair, Proposal]:
    """What runs and rules say of each pair; one that was withdrawn before anybody accepted it has the state ""."""
    found: dict[Pair, Proposal] = {}
    for entry in standing(entries):
        if entry.kind == "follows":
            continue
        one = found.setdefault(
            (entry.source, entry.target),
            Proposal(
                state="", stands=False, probability=None, author="", by="run", run_id=entry.run_id, time=entry.time
            ),
        )
        if entry.kind == "proposed":
            one.stands, one.probability, one.run_id = True, entry.probability, entry.run_id
            if one.state not in ACCEPTED:
                _decide(one, "proposed", "run", entry)
        elif entry.kind == "accepted":
            _decide(one, "accepted", "rule", entry)
        else:  # withdrawn or changed
            one.stands = one.stands and entry.kind == "changed"
            one.doubted, one.doubt = entry.time, entry.text
            if one.state in ACCEPTED:
                _decide(one, "changed", "run", entry)
            elif entry.kind == "withdrawn":
                one.state = ""
    return found


def _decide(one: Proposal, state: str, by: str, entry: AlignmentEntry) -> None:
    one.state, one.by, one.author, one.time, one.text = state, by, entry.author, entry.time, entry.text


@dataclass(slots=True)
class _Opinion:
    """Verdicts of people that confirm a pair, deny it, or contradict each other over its query."""

    yes: list[Event]
    no: list[Event]
    conflict: list[Event]


def _verdicts(versions: Sequence[Sequence[Event]], at: float = math.inf) -> list[Event]:
    """The last verdict of each annotator on each query that was not taken back, as `ReviewStore.current` has it.

    Of several versions of the data, the newest in which they judged the query counts.
    """
    latest: dict[tuple[str, str, str], Event] = {}
    for version in versions:
        events = [event for event in version if event.time <= at]
        undone = {event.undoes for event in events}
        for event in events:
            if event.kind != "undo" and event.event_id not in undone:
                key = event.annotator, event.side, event.query
                latest.pop(key, None)  # so that the order is that of what counts
                latest[key] = event
    return list(latest.values())


def _opinions(verdicts: Iterable[Event]) -> dict[Pair, _Opinion]:
    found: dict[Pair, _Opinion] = defaultdict(lambda: _Opinion([], [], []))
    for outcome in consensus(verdicts).values():
        for event in outcome.events:
            if event.verdict in ABSTAIN:
                continue
            opinion = found[pair_of(event)]
            if outcome.conflict:
                opinion.conflict.append(event)
            elif event.verdict == "not":
                opinion.no.extend([event] * (event.other in outcome.rejected))
            elif (event.verdict, event.other) == (outcome.verdict, outcome.other):
                opinion.yes.append(event)
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Ends:
    """Confirmations by entity: that it has a counterpart, and that it has none."""

    some: dict[Key, list[Event]]
    none: dict[Key, list[Event]]

    def against(self, pair: Pair) -> list[Event]:
        """Those that a pair contradicts."""
        claims = self.none if all(pair) else self.some
        return [event for end in ends_of(pair) for event in claims.get(end, ())]


def _confirmed_ends(opinions: Mapping[Pair, _Opinion]) -> _Ends:
    found = _Ends({}, {})
    for pair, opinion in opinions.items():
        claims = found.some if all(pair) else found.none
        for end in ends_of(pair):
            claims.setdefault(end, []).extend(opinion.yes)
    return found


def _decided(pair: Pair, own: _Opinion | None, machine: Proposal | None, ends: _Ends) -> AlignedPair | None:
    """A pair with its state; None where nothing that stands is said of it."""
    own = own or _Opinion([], [], [])
    against = [*own.no, *ends.against(pair)]
    proposed = machine is not None and machine.state
    if own.conflict or (own.yes and against):
        return _by_people(pair, "conflict", [*own.conflict, *own.yes, *against], machine)
    if own.yes:
        found = _by_people(pair, "accepted", own.yes, machine)
        if machine is not None and machine.doubted > found.time:
            return replace(found, state="changed", text=machine.doubt)
        return found
    if own.no or (against and proposed):
        return _by_people(pair, "rejected", against, machine)
    if machine is None or not proposed:
        return None
    return AlignedPair(
        source=pair[0],
        target=pair[1],
        state=machine.state,
        probability=machine.probability,
        by=machine.by,
        who=(machine.author,),
        time=machine.time,
        run_id=machine.run_id,
        text=machine.text,
    )


def _by_people(pair: Pair, state: str, events: Sequence[Event], machine: Proposal | None) -> AlignedPair:
    last = max(events, key=lambda event: event.time)
    return AlignedPair(
        source=pair[0],
        target=pair[1],
        state=state,
        probability=machine.probability if machine else None,
        by="person",
        who=tuple(sorted({event.annotator for event in events})),
        time=last.time,
        run_id=last.run_id,
        text="; ".join(event.reason for event in events if event.reason),
    )


def ends_of(pair: Pair) -> list[Key]:
    """The entities that a pair names, one or two."""
    return [(side, uri) for side, uri in zip(("source", "target"), pair, strict=True) if uri]
