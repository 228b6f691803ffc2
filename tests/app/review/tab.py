"""What a tab of the browser does to a deck."""

from __future__ import annotations

import json
import uuid
from typing import Any

import numpy as np

from app.review.services.deck import Deck
from app.review.services.desk import fingerprint, key
from app.review.services.message import message
from app.review.services.queue import ReviewFilter, queue
from app.review.services.sources import Pairs, Source, Table
from app.shared.services.access import User
from app.shared.services.run_view import RunView
from app.store import Event
from tests.app.review.people import ANN

Json = dict[str, Any]


class Browser:
    """What a tab does: it holds cards, answers the first, and sends what it has said."""

    def __init__(self, deck: Deck, name: str = "") -> None:
        self.deck, self.name = deck, name or uuid.uuid4().hex
        self.hand: list[Json] = []
        self.n = 0

    def send(self, *events: Json, room: int = 4, lost: bool = False, **wanted: object) -> Json:
        self.n += 1
        sent = message(
            {
                "n": self.n,
                "deck": self.name,
                "events": list(events),
                "have": [[card["id"], card["query"]["entity"]] for card in self.hand],
                "room": room,
                **wanted,
            }
        )
        assert sent is not None
        reply = self.deck.receive(sent)
        assert json.loads(json.dumps(reply)) == reply
        if not lost:
            self.hand = [card for card in reply["cards"] if card["top"]] + self.hand
            self.hand += [card for card in reply["cards"] if not card["top"]]
        return reply

    def answer(self, verdict: str, place: int = 0) -> Json:
        """Say something of the first card; returns the event, not sent yet."""
        card = self.hand.pop(0)
        said = {"id": uuid.uuid4().hex, "kind": "verdict", "card": card["id"], "verdict": verdict, "seconds": 1.5}
        row = place if card["kind"] == "group" else 0
        return {**said, "other": "" if verdict == "none" else card["candidates"][place]["uri"], "row": row}


def pairs(run: RunView, wanted: ReviewFilter | None = None, overlap: int = 1) -> Pairs:
    deck = queue(run, wanted or ReviewFilter())
    keys = frozenset(key(run, query) for query in deck.queries.tolist())
    return Pairs(queue=deck, overlap=overlap, chance=np.zeros(0), keys=keys)


def browser(table: Table, source: Source | None = None, user: User = ANN, **changed: Any) -> Browser:
    seated = Table(**{**{name: getattr(table, name) for name in Table.__slots__}, "user": user, **changed})
    return Browser(Deck(table=seated, source=source or pairs(table.run), accepted={}))


def saved(table: Table, name: str = "ann") -> list[Event]:
    return table.store.current(fingerprint(table.run), name)
