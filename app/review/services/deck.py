"""The server's half of a deck: it takes the browser's answers, and hands out the next cards with their pictures."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from app.review.services import desk, faces, groups, search, settling
from app.review.services.card import deal_of
from app.review.services.consensus import ids
from app.review.services.faces import Json
from app.review.services.groups import Group
from app.review.services.harvest import harvest, tally_in_words
from app.review.services.message import Message, Undo
from app.review.services.queue import used_by_training
from app.review.services.sources import NO_PAIRS, Drawn, Pairs, Source, Table, conflict_drawn, group_drawn, settle_drawn
from app.review.services.stopping import in_words, outlook
from app.review.services.verdicts import GROUP, SETTLE, give, take_back
from app.store import Event, UnavailableError
from app.store.consensus import BULK, Key, opposite
from pmf.errors import PMFError

RENEW, NOTED = 120.0, 10.0  # seconds after which leases are renewed, and the note below the card


@dataclass(kw_only=True)
class Deck:
    """One tab's place in one queue.

    Args:
        table: who judges what.
        source: where the cards come from.
        accepted: counterparts that verdicts had confirmed when the deck was opened.
        jump: queries, each with a candidate or None, that somebody was sent to.
        hand: cards that were dealt and have no verdict, as they were sent.
        asked: what each of them asks about.
        replied: the last reply; a message that comes again gets it again.
        renewed: when the leases were last renewed.
        note: when what is said below the card was worked out, and what it is.
        more: queries that the filter leaves out because training would not use verdicts on them.
    """

    table: Table
    source: Source
    accepted: dict[int, int]
    jump: list[tuple[int, int | None]] = field(default_factory=list)
    hand: dict[str, Json] = field(default_factory=dict)
    asked: dict[str, set[Key]] = field(default_factory=dict)
    replied: Json = field(default_factory=dict)
    renewed: float = 0.0
    note: tuple[float, str] = (-RENEW, "")
    more: int = 0

    def receive(self, sent: Message) -> Json:
        """Save the answers, then see to what the browser wants; the reply is plain JSON."""
        if self.replied.get("n") == sent.n:
            return self.replied
        saved, refused = self._take(sent)
        reply: Json = {"n": sent.n, "saved": saved, "refused": refused, "cards": [], "past": [], "problem": ""}
        try:
            judged = self.table.store.judged(self._fingerprint, self.table.user.name)
            reply["done"], reply["total"] = self.source.progress(self.table, judged)
            reply["cards"] = self._deal(sent, judged)
            reply["past"] = self._past(sent)
            if not sent.answers:  # a verdict does not wait for what all verdicts come to
                reply["note"] = self._note()
            reply["found"] = self._search(sent)
            reply["large"] = {str(entity): faces.large(self.table.data, entity) for entity in self._entities(sent.zoom)}
        except PMFError as error:
            reply["problem"] = str(error)
        reply["more"] = self.more
        reply["finished"] = sent.room > 0 and not reply["cards"] and not reply["problem"]
        self.replied = reply
        return reply

    @property
    def _fingerprint(self) -> str:
        return desk.fingerprint(self.table.run)

    def _take(self, sent: Message) -> tuple[list[str], list[Json]]:
        """The ids of what is on disk now, and what was refused and why."""
        saved, refused = [], []
        user, store, run, _ = self._where()
        for answer in sent.answers:
            try:
                if isinstance(answer, Undo):
                    take_back(user, store, run, answer.event_id, answer.undoes)
                else:
                    give(user, store, run, answer)
                    self._put_down(answer.card)
                saved.append(answer.event_id)
            except UnavailableError:
                break  # the browser keeps this and what came after it
            except PMFError as error:
                refused.append({"id": answer.event_id, "why": str(error)})
        return saved, refused

    def _deal(self, sent: Message, judged: Set[Key]) -> list[Json]:
        """The cards that the browser lacks: those that got lost on the way, and new ones."""
        for card in [card for card in self.hand if self.hand[card]["query"]["entity"] in sent.skipped]:
            self._put_down(card)
        self._renew(sent)
        lost = [shown for card, shown in self.hand.items() if card not in sent.have]
        jumps, self.jump = self.jump, []
        new = self._add(sent, [self._jump(query, other) for query, other in jumps], top=True)
        room = sent.room - len(lost)
        if room > 0:
            skipped = {desk.key(self.table.run, query) for query in self._entities(sent.skipped)}
            held = {desk.key(self.table.run, query) for query in self._entities(sent.have.values())}
            away = held.union(judged, *self.asked.values())
            elsewhere = self.table.store.in_decks(self._fingerprint, self.table.user.name, sent.others or ())
            # what was skipped, and what lies in another tab, comes when nothing else is left
            for without in (away | skipped | elsewhere, away | elsewhere, away):
                drawn = list(self.source.draw(self.table, without, room))
                if drawn:
                    break
            new += self._add(sent, drawn)
        return lost + new

    def _jump(self, query: int, other: int | None) -> Drawn:
        if isinstance(self.source, Pairs):
            return self.source.card(self.table, query, other=other)
        return next(iter(self.source.draw(self.table, set(), 1)))

    def _add(self, sent: Message, drawn: Sequence[Drawn], *, top: bool = False) -> list[Json]:
        cards = [card | {"top": top} for card in self._dealt(sent, drawn)]
        for card, one in zip(cards, drawn, strict=True):
            self.hand[card["id"]], self.asked[card["id"]] = card, one.keys
        return cards

    def _dealt(self, sent: Message, drawn: Sequence[Drawn]) -> list[Json]:
        """Cards as the browser gets them; they are written down first."""
        user, store, run, _ = self._where()
        if drawn:
            store.deal(*(deal_of(user, run, sent.deck, one.kind, *one.cards) for one in drawn))
        return [shown(self.table, one, self.accepted) for one in drawn]

    def _put_down(self, card: str) -> None:
        self.hand.pop(card, None)
        self.asked.pop(card, None)

    def _renew(self, sent: Message) -> None:
        now = time.monotonic()
        if now - self.renewed > RENEW:
            self.renewed = now
            held = [desk.key(self.table.run, query) for query in self._entities(sent.have.values())]
            self.table.store.renew(self._fingerprint, self.table.user.name, held)

    def _past(self, sent: Message) -> list[Json]:
        """Earlier verdicts, newest first, each with a card to give another one on; other tabs take back their own."""
        cards: list[Json] = []
        seen: set[str] = set()
        user, store, _, _ = self._where()
        before = sent.before
        while len(cards) < sent.past:
            # what was given at once is taken back together, elsewhere
            latest = store.latest(self._fingerprint, user.name, 3 * sent.past, before=before, besides=(BULK,))
            for event in latest:
                together = event.card or event.event_id
                deal = store.dealt(user.name, event.card) if event.card else None
                elsewhere = deal is not None and deal.deck in (sent.others or ())
                if len(cards) == sent.past or together in seen or elsewhere:
                    continue
                seen.add(together)
                if (drawn := self._again(event)) is not None:
                    (card,) = self._dealt(sent, [drawn])
                    cards.append({"event": event.event_id, "card": card})
            if not latest:
                break
            before = latest[-1].event_id
        return cards

    def _again(self, event: Event) -> Drawn | None:
        """The card that an earlier verdict was given on, anew; None where this run does not know its entity."""
        user, store, run, _ = self._where()
        id_of = ids(run)
        query = id_of.get((event.side, event.query))
        if query is None:
            return None
        if event.order == groups.ORDER and (claimed := id_of.get((opposite(event.side), event.other))) is not None:
            together = store.standing_of_card(user.name, event.card) if event.card else [event]
            claimants = (id_of.get((one.side, one.query)) for one in together)
            return group_drawn(
                self.table, Group(claimed=claimed, claimants=tuple(q for q in claimants if q is not None))
            )
        if event.order == settling.ORDER and event.card:
            together = store.standing_of_card(user.name, event.card)  # the claimants, then the claimed entity
            claimed = id_of.get((opposite(together[0].side), together[0].other))
            rows = [one for one in together if one.side == together[0].side]
            queries = tuple(q for one in rows if (q := id_of.get((one.side, one.query))) is not None)
            if claimed is not None and queries:
                return settle_drawn(self.table, claimed, queries, tuple(together))
        if event.kind == "adjudication":
            key = (event.side, event.query)
            rest = (one for one in store.current(self._fingerprint) if one.event_id != event.event_id)
            return conflict_drawn(self.table, query, tuple(one for one in rest if (one.side, one.query) == key))
        source = self.source if isinstance(self.source, Pairs) else NO_PAIRS
        return source.card(self.table, query, event.order)

    def _search(self, sent: Message) -> Json | None:
        """Entities of the other graph that hold a text, each beside the query of the card on which it was typed."""
        if not sent.search or sent.search_card not in sent.have:
            return None
        run, data = self.table.run, self.table.data
        query = next(iter(self._entities([sent.have[sent.search_card]])), None)
        if query is None:
            return None
        hits = search.find(run, data, sent.search, of_source=not run.is_source(query))
        results = []
        for hit in hits:
            source, target = sorted((query, hit.entity))
            beside = faces.pair(
                run, data, source, target, self.accepted, blind=self.table.blind, rules=self.table.rules
            )
            results.append(faces.face(run, data, hit.entity) | {"pair": beside, "why_found": hit.why, "outside": True})
        return {"text": sent.search, "card": sent.search_card, "hits": results}

    def _note(self) -> str:
        """Which verdicts training will use, and when one may stop; worked out anew every few seconds."""
        now = time.monotonic()
        if isinstance(self.source, Pairs) and now - self.note[0] > NOTED:
            run, queue = self.table.run, self.source.queue
            parts = (
                training_in_words(used_by_training(run, queue), len(queue)),
                tally_in_words(harvest(self.table.store, run)),
                in_words(outlook(self.table.store, run, self.source.direction)),
            )
            self.note = (now, " ".join(filter(None, parts)))
        return self.note[1]

    def _entities(self, named: Iterable[Any]) -> list[int]:
        """Those of some numbers that are entities."""
        return [entity for entity in named if type(entity) is int and 0 <= entity < self.table.run.n]

    def _where(self) -> tuple[Any, Any, Any, Any]:
        return self.table.user, self.table.store, self.table.run, self.table.data


def training_in_words(used: int, total: int) -> str:
    """Of how many queries of a queue training will use the verdicts."""
    if not total:
        return ""
    these = "this 1 query" if total == 1 else f"these {total:,} queries"
    words = f"Training will use verdicts on {used:,} of {these}."
    if not used:
        return words + " All of them are test links or probes: verdicts measure, and none of them trains."
    rest = f" The other {total - used:,} only measure: test links stay for testing, and probes check care."
    return words + (rest if used < total else "")


def shown(table: Table, drawn: Drawn, accepted: dict[int, int]) -> Json:
    """A card as the browser gets it: the entity asked about, and what it may be; of a group, who claims it."""
    run, data, first = table.run, table.data, drawn.cards[0]
    if drawn.kind in (GROUP, SETTLE):
        query = first.candidates[0].entity
        claimants = [card for card in drawn.cards if card.query != query]
        beside = [(card.query, card.candidates[0].similarity, card.truth == query) for card in claimants]
        evidence: list[list[Json]] = [[] for _ in beside]
    else:
        query = first.query
        beside = [(one.entity, one.similarity, one.entity == first.truth) for one in first.candidates]
        evidence = faces.evidence(run, first)
    candidates = []
    for (entity, similarity, linked), values in zip(beside, evidence, strict=True):
        source, target = sorted((query, entity))
        pair = faces.pair(run, data, source, target, accepted, blind=first.blind, rules=table.rules)
        candidates.append(
            faces.face(run, data, entity)
            | {"pair": pair, "evidence": values}
            | {"score": None if similarity is None else round(similarity, 3), "linked": linked, "outside": False}
        )
    verdicts = drawn.verdicts or first.others
    return {
        "id": first.card_id,
        "kind": drawn.kind,
        "query": faces.face(run, data, query),
        "isSource": run.is_source(query),
        "candidates": candidates,
        "likely": first.probability,
        "said": [faces.verdict_in_words(run, event) for event in verdicts],
    }
