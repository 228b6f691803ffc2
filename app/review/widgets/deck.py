"""The cards in an annotator's hand: the one on the table and the next few, which are leased and made ready."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.review.services import card as cards
from app.review.services import desk
from app.review.services.card import LINK, Card
from app.review.services.chance import chance
from app.review.services.compare import Difference, differences
from app.review.services.consensus import accepted, consensus, ids
from app.review.services.desk import Item
from app.review.services.evidence import ModalityEvidence, modality_evidence
from app.review.services.linked import LinkedPair, linked_neighbours
from app.review.services.precision import Precision, precision
from app.review.services.queue import AUDIT, Queue, ReviewFilter, queue
from app.shared.services import catalog
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.explainers import explainer
from app.shared.widgets.pair_step import pair_in_url
from app.store import Event, ReviewStore, StaleEventError, shared_store

MEMORY = "review_deck.deck"
IN_HAND = 4
READING = 0.25  # seconds in which nobody can have read a card


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEvidence:
    """What a card shows of a pair beside the two entities."""

    modalities: tuple[ModalityEvidence, ...]
    attributes: tuple[Difference, ...]
    linked: tuple[LinkedPair, ...]


@dataclass(kw_only=True)
class Deck:
    """One annotator's place in one queue.

    Args:
        user: the annotator.
        store: where verdicts go.
        run: under review.
        data: its data set.
        queue: what to ask, in which order.
        wanted: what the queue was made of.
        blind: whether score, truth and others' verdicts are hidden.
        overlap: how many annotators judge each query.
        done: queries of the data that they have judged.
        others: what others had said when the deck was opened.
        accepted: counterparts that verdicts had confirmed when the deck was opened.
        keys: the queue's queries, as the store knows them.
        chance: per entity that its first candidate is right, NaN where unknown.
        items: leased, the first is on the table.
        ready: cards made already, by query.
        evidence: worked out already, by query and candidate.
        in_url: the query as the deck itself put it into the address bar; another one there is a link.
        shown_at: when the card on the table was first drawn.
        pressed_at: when a key was last pressed.
        answered: verdicts since the deck was opened.
        seconds: they took altogether.
        precision: by the random audit; None before the first card was drawn.
        audited: whether that is out of date.
    """

    user: User
    store: ReviewStore
    run: RunView
    data: Dataset
    queue: Queue
    blind: bool
    overlap: int
    wanted: ReviewFilter
    others: dict[desk.Key, list[Event]]
    chance: npt.NDArray[np.float64]
    accepted: dict[int, int]
    keys: frozenset[desk.Key]
    done: set[desk.Key] = field(default_factory=set)
    items: list[Item] = field(default_factory=list)
    ready: dict[int, Card] = field(default_factory=dict)
    evidence: dict[tuple[int, int], PairEvidence] = field(default_factory=dict)
    in_url: str | None = None
    shown_at: float = 0.0
    pressed_at: float = 0.0
    answered: int = 0
    seconds: float = 0.0
    precision: Precision | None = None
    audited: bool = True

    @property
    def judged(self) -> int:
        """How many of the queue's queries the annotator has judged."""
        return len(self.keys & self.done)

    def top(self) -> Card | None:
        """The card on the table; None where nothing is left to judge."""
        if not self.items:
            self.fill()
        return self.card(self.items[0]) if self.items else None

    def fill(self) -> None:
        """Lease the next few queries."""
        wanted = IN_HAND - len(self.items)
        if wanted <= 0:
            return
        held = {item.query for item in self.items}
        found = desk.upcoming(
            self.user, self.store, self.run, self.queue, self.done, overlap=self.overlap, count=IN_HAND
        )
        self.items += [item for item in found if item.query not in held][:wanted]

    def look_up(self) -> None:
        """Let go of what was judged elsewhere meanwhile."""
        self.done = desk.judged(self.user, self.store, self.run)
        self.items = [item for item in self.items if item.key not in self.done]

    def card(self, item: Item, other: int | None = None) -> Card:
        """The card of a query, made once: its id makes a second press the same event.

        Args:
            item: the query.
            other: a candidate that is to come first.
        """
        if item.query not in self.ready or other is not None:
            self.ready[item.query] = cards.card(
                self.user,
                self.store,
                self.run,
                self.data,
                item.query,
                order=item.order,
                blind=self.blind,
                other=other,
                probability=self.chance[item.query],
                others=self.others.get(item.key, ()),
            )
        return self.ready[item.query]

    def pair_evidence(self, query: int, other: int) -> PairEvidence:
        """What a card shows of a pair beside the two entities, worked out once."""
        if (query, other) not in self.evidence:
            source, target = sorted((query, other))
            modalities: tuple[ModalityEvidence, ...] = ()
            if self.run.reader.weight() is not None:
                modalities = modality_evidence(self.run, explainer(self.run), query, other)
            self.evidence[query, other] = PairEvidence(
                modalities=modalities,
                attributes=tuple(differences(self.data.attributes(source), self.data.attributes(target))),
                linked=tuple(linked_neighbours(self.run, self.data, source, target, self.accepted)),
            )
        return self.evidence[query, other]

    def put_on_top(self, query: int, other: int | None = None) -> None:
        """Show a query next, as the queue would: a probe stays one also by its link."""
        found = np.flatnonzero(self.queue.queries == query)
        order = str(self.queue.orders[found[0]]) if len(found) else LINK
        item = Item(query=query, key=desk.key(self.run, query), order=order)
        self.items = [item, *(waiting for waiting in self.items if waiting.query != query)]
        self.ready.pop(query, None)
        self.card(item, other)

    def pressed(self) -> bool:
        """Whether a key may count: one that is held down, or pressed before the card could be read, may not."""
        now = time.monotonic()
        last, self.pressed_at = max(self.pressed_at, self.shown_at), now
        return now - last >= READING

    def answer(self, verdict: str, place: int, reason: str) -> None:
        """Save a verdict on the card on the table; only then is the card taken away."""
        card = self.card(self.items[0])
        seconds = time.monotonic() - self.shown_at
        try:
            cards.answer(self.user, self.store, self.run, card, verdict, place=place, seconds=seconds, reason=reason)
        except StaleEventError:
            self.ready.pop(card.query)
            self.look_up()
            raise
        self.done.add((card.side, card.uri))
        self.items.pop(0)
        self.ready.pop(card.query)
        self.answered += 1
        self.seconds += seconds
        self.audited |= card.order == AUDIT
        self.evidence = {pair: found for pair, found in self.evidence.items() if pair[0] != card.query}

    def undo(self) -> bool:
        """Take the last verdict back and put its query on the table again; False where there is none."""
        event = cards.undo(self.user, self.store, self.run)
        if event is None:
            return False
        key = (event.side, event.query)
        self.done.discard(key)
        self.audited |= event.order == AUDIT
        query = ids(self.run).get(key)
        if query is not None:
            self.put_on_top(query)
        return True

    def to_url(self) -> None:
        """Put the query on the table into the address bar."""
        self.in_url = str(self.items[0].query) if self.items else None
        url.put(pair=self.in_url)

    def estimate(self) -> None:
        """Bring the estimate of precision up to date where the random audit has gone on."""
        if self.audited:
            self.precision = precision(self.store, self.run, self.wanted.direction)
            self.audited = False


def store() -> ReviewStore:
    """The review store of this server."""
    return shared_store()


def open_deck(user: User, run: RunView, data: Dataset, wanted: ReviewFilter, blind: bool, overlap: int) -> Deck:
    """The deck of this session, a new one where something else is asked for than before."""
    key = (user, run.run_id, catalog.stamp(run.reader.folder), wanted, blind, overlap)
    kept: tuple[object, Deck] | None = st.session_state.get(MEMORY)
    if kept is None or kept[0] != key:
        desk.let_go(user, store(), run)
        found = _queue(str(run.reader.folder), key[2], wanted, run, data)
        deck = Deck(
            user=user,
            store=store(),
            run=run,
            data=data,
            queue=found,
            wanted=wanted,
            blind=blind,
            overlap=overlap,
            others={} if blind else desk.others(user, store(), run),
            accepted=accepted(run, consensus(store().current(desk.fingerprint(run)))),
            keys=frozenset(desk.key(run, query) for query in found.queries.tolist()),
            chance=_chance(str(run.reader.folder), key[2], run),
        )
        kept = st.session_state[MEMORY] = (key, deck)
    deck = kept[1]
    deck.look_up()
    query, other = pair_in_url(run)
    if query is not None and url.get("pair") != deck.in_url:
        deck.put_on_top(query, other)
    return deck


@st.cache_resource(max_entries=4, show_spinner=False)
def _chance(folder: str, stamp: object, _run: RunView) -> npt.NDArray[np.float64]:
    return chance(_run)


@st.cache_resource(max_entries=16, show_spinner="Sorting the queue …")
def _queue(folder: str, stamp: object, wanted: ReviewFilter, _run: RunView, _data: Dataset) -> Queue:
    return queue(_run, wanted, _data)
