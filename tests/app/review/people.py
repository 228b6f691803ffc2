"""Who reviews in these tests, and how they answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from app.review.services.card import Card, deal_of
from app.review.services.verdicts import PAIR, Answer, give, take_back
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore

ANN = User(name="ann", role=Role.ANNOTATOR)
BEN = User(name="ben", role=Role.ANNOTATOR)
ADA = User(name="ada", role=Role.ADMIN)
VIEWER = User(name="vic", role=Role.VIEWER)
TAB = "1" * 32

Judge = Callable[..., Event]


def deal(user: User, store: ReviewStore, run: RunView, *cards: Card, kind: str = PAIR) -> str:
    """Hand somebody a card; returns its id."""
    if store.dealt(user.name, cards[0].card_id) is None:
        store.deal(deal_of(user, run, TAB, kind, *cards))
    return cards[0].card_id


def answer(
    user: User,
    store: ReviewStore,
    run: RunView,
    card: Card,
    verdict: str,
    *,
    place: int = 1,
    kind: str = PAIR,
    event_id: str = "",
    **said: float | str,
) -> Event:
    """Deal somebody a card, and save what they say of the candidate in a place."""
    other = "" if verdict == "none" else card.candidates[place - 1].uri
    pressed = Answer(
        event_id=event_id or uuid.uuid4().hex,
        card=deal(user, store, run, card, kind=kind),
        verdict=verdict,
        other=other,
        **said,  # type: ignore[arg-type]
    )
    return give(user, store, run, pressed)[0]


def undo(user: User, store: ReviewStore, run: RunView) -> Event | None:
    """Take somebody's last verdict back; None where there is none."""
    fingerprint = run.fingerprint
    last = store.latest(fingerprint, user.name, 1)
    return take_back(user, store, run, uuid.uuid4().hex, last[0].event_id)[0] if last else None
