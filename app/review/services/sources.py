"""What a deck asks: pairs of a queue, groups that claim one entity, conflicts between annotators."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from app.review.services import adjudication, desk, groups, settling
from app.review.services.card import LINK, Card, card, is_ranked
from app.review.services.consensus import ids
from app.review.services.groups import Group
from app.review.services.queue import Queue
from app.review.services.verdicts import ADJUDICATION, GROUP, PAIR, SETTLE
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.nearest import look_ahead
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import Key, opposite
from pmf.runs import layout

if TYPE_CHECKING:
    from pmf.alignment.explanation.reasons import RunReasons

AHEAD = 128
"""Places of a queue whose candidates are looked for together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A card that was drawn: its kind, its questions, and of a conflict what was said."""

    kind: str
    cards: tuple[Card, ...]
    verdicts: tuple[Event, ...] = ()

    @property
    def keys(self) -> set[Key]:
        """What it asks about, as the store knows it."""
        return {(one.side, one.uri) for one in self.cards}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where cards are drawn: who draws, from which run, whether blind, and what rules say of pairs.

    On blind cards the rules know the seeds alone.
    """

    user: User
    store: ReviewStore
    run: RunView
    data: Dataset
    blind: bool
    rules: RunReasons | None = None


class Source(Protocol):
    """Where a deck's cards come from."""

    def draw(self, table: Table, away: Set[Key], count: int) -> Iterator[Drawn]:
        """The next cards, of queries that are not in `away`; fewer than `count` where no more are left."""

    def progress(self, table: Table, judged: Set[Key]) -> tuple[int, int]:
        """How many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The queries of a queue; what others said is shown on open cards only.

    Args:
        queue: what to ask, in which order.
        overlap: how many annotators judge each query.
        chance: per entity that its first candidate is right.
        keys: the queue's queries, as the store knows them.
        direction: from which graph they come.
        others: what others said, by query.
    """

    queue: Queue
    overlap: int
    chance: npt.NDArray[np.float64]
    keys: frozenset[Key]
    direction: str = layout.SOURCE_TO_TARGET
    others: Mapping[Key, list[Event]] = field(default_factory=dict)

    def draw(self, table: Table, away: Set[Key], count: int) -> Iterator[Drawn]:
        """See `Source`; what is drawn is leased."""
        items = desk.upcoming(table.user, table.store, table.run, self.queue, away, overlap=self.overlap, count=count)
        for item in items:
            if not is_ranked(table.run, item.query, item.order):
                look_ahead(table.run, self._unranked_from(table.run, item.query))
            yield self.card(table, item.query, item.order)

    def _unranked_from(self, run: RunView, query: int) -> list[int]:
        """A query, and those after it in the queue whose candidates the run has not stored either."""
        first = int(np.flatnonzero(self.queue.queries == query)[0])
        some = slice(first, first + AHEAD)
        pairs = zip(self.queue.queries[some].tolist(), self.queue.orders[some], strict=True)
        return [one for one, order in pairs if not is_ranked(run, one, order)]

    def card(self, table: Table, query: int, order: str | None = None, other: int | None = None) -> Drawn:
        """The card of one query; a probe stays one also by its link."""
        if order is None:
            places = np.flatnonzero(self.queue.queries == query)
            order = str(self.queue.orders[places[0]]) if len(places) else LINK
        others = self.others.get(desk.key(table.run, query), ())
        drawn = card(
            table.user, table.store, table.run, table.data, query, order=order, blind=table.blind, other=other,
            probability=float(self.chance[query]) if len(self.chance) else math.nan, others=others,
        )  # fmt: skip
        return Drawn(kind=PAIR, cards=(drawn,))

    def progress(self, table: Table, judged: Set[Key]) -> tuple[int, int]:
        """See `Source`."""
        return len(self.keys & judged), len(self.queue)


NO_PAIRS = Pairs(
    queue=Queue(queries=np.zeros(0, np.int64), orders=np.zeros(0, object)),
    overlap=1,
    chance=np.zeros(0),
    keys=frozenset(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Entities that several queries claim."""

    groups: list[Group]

    def draw(self, table: Table, away: Set[Key], count: int) -> Iterator[Drawn]:
        """See `Source`; a group with a query that was judged still comes, one that was judged throughout does not."""
        judged = table.store.judged(desk.fingerprint(table.run), table.user.name)
        for group in self.groups:
            keys = _keys(table.run, group)
            held = away - judged
            if count > 0 and not keys <= judged and not held & {desk.key(table.run, group.claimed), *keys}:
                count -= 1
                yield group_drawn(table, group)

    def progress(self, table: Table, judged: Set[Key]) -> tuple[int, int]:
        """See `Source`."""
        return sum(_keys(table.run, group) <= judged for group in self.groups), len(self.groups)


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Queries on which annotators differ, the oldest first, then verdicts that contradict each other across pairs."""

    def draw(self, table: Table, away: Set[Key], count: int) -> Iterator[Drawn]:
        """See `Source`; a query that is in conflict is not done because the user is a party to it."""
        judged = table.store.judged(desk.fingerprint(table.run), table.user.name)
        held = away - judged
        for conflict in adjudication.conflicts(table.store, table.run):
            if count > 0 and desk.key(table.run, conflict.query) not in held:
                count -= 1
                yield conflict_drawn(table, conflict.query, conflict.verdicts)
        for one in settling.contradictions(table.store, table.run):
            if count > 0 and desk.key(table.run, one.claimed) not in held:
                count -= 1
                yield settle_drawn(table, one.claimed, one.claimants, one.verdicts)

    def progress(self, table: Table, judged: Set[Key]) -> tuple[int, int]:
        """See `Source`."""
        latest = table.store.latest(desk.fingerprint(table.run), table.user.name, 10_000)
        done = {event.card for event in latest if event.kind == "adjudication" or event.order == settling.ORDER}
        left = len(adjudication.conflicts(table.store, table.run))
        return len(done), len(done) + left + len(settling.contradictions(table.store, table.run))


def group_drawn(table: Table, group: Group) -> Drawn:
    """The card of a group."""
    drawn = groups.group_card(table.user, table.store, table.run, table.data, group, blind=table.blind)
    rows = list(drawn.rows)
    if table.blind:  # the most similar one is not to be told by its place
        random.Random(rows[0].card_id).shuffle(rows)
    return Drawn(kind=GROUP, cards=tuple(rows))


def conflict_drawn(table: Table, query: int, verdicts: tuple[Event, ...]) -> Drawn:
    """The card of a conflict: an entity that somebody confirmed comes first."""
    id_of = ids(table.run)
    meant = sorted(verdicts, key=lambda event: event.verdict != "match")
    others = (id_of.get((opposite(event.side), event.other)) for event in meant)
    other = next((entity for entity in others if entity is not None), None)
    drawn = card(
        table.user, table.store, table.run, table.data, query, order=adjudication.ORDER, blind=table.blind, other=other
    )
    return Drawn(kind=ADJUDICATION, cards=(drawn,), verdicts=verdicts)


def settle_drawn(table: Table, claimed: int, claimants: tuple[int, ...], verdicts: tuple[Event, ...]) -> Drawn:
    """The card of a contradiction: each claimant beside the claimed entity, which is judged along if it was before."""

    def made(query: int, other: int) -> Card:
        return card(
            table.user, table.store, table.run, table.data, query, order=settling.ORDER, blind=table.blind, other=other
        )

    rows = [made(claimant, claimed) for claimant in claimants]
    side, uri = desk.key(table.run, claimed)
    before = [event for event in verdicts if (event.side, event.query) == (side, uri)]
    if before:
        alone = before[-1].verdict == "none"
        meant = next((entity for entity in claimants if str(table.run.uris[entity]) == before[-1].other), claimants[0])
        own = made(claimed, meant)
        rows.append(dataclasses.replace(own, candidates=()) if alone else own)
    return Drawn(kind=SETTLE, cards=tuple(rows), verdicts=verdicts)


def _keys(run: RunView, group: Group) -> set[Key]:
    return {desk.key(run, query) for query in group.claimants[: groups.MOST]}
