"""What becomes of an answer to a card: it is taken only on a card that was dealt to who gives it, and only once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.review.services.adjudication import may_decide
from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import Deal, Event, ReviewStore, Row, StaleEventError, StoreError
from app.store.consensus import opposite

PAIR, GROUP, ADJUDICATION, SETTLE = "pair", "group", "adjudication", "settle"


class RefusedError(StoreError):
    """An answer that cannot be taken; nothing was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody pressed on a card.

    Args:
        event_id: uuid4 hex, made where the key was pressed: the same answer sent again is the same event.
        card: id of the card that was on screen.
        verdict: one of `app.store.VERDICTS`.
        other: uri of the candidate that was on screen, or of any entity of the other graph that was looked up.
        row: of a group, the claimant that is meant, from 0.
        seconds: from the card painted to the key.
        reason: in their words.
    """

    event_id: str
    card: str
    verdict: str
    other: str = ""
    row: int = 0
    seconds: float = 0.0
    reason: str = ""


def give(user: User, store: ReviewStore, run: RunView, answer: Answer) -> list[Event]:
    """Save an answer; when this returns it is on disk, also where it was there already.

    Raises:
        NotAllowedError: the user may not judge this.
        RefusedError: the card was not dealt to them, was answered already, or offers no such answer.
        StaleEventError: they judged the entity elsewhere since the card was dealt.
    """
    require(user, Role.ANNOTATOR, "give verdicts")
    if (saved := store.find(answer.event_id)) is not None:
        if (saved.annotator, saved.card) != (user.name, answer.card):
            raise RefusedError("another verdict has this id")
        return [saved]
    deal = store.dealt(user.name, answer.card)
    if deal is None or deal.fingerprint != fingerprint(run):
        raise RefusedError("this card was not dealt to you")
    kind = "verdict"
    if deal.kind == ADJUDICATION or (deal.kind == SETTLE and not _all_own(user, store, deal)):
        kind = "adjudication"
        for row in deal.rows:
            may_decide(user, store, run, row)
    verdicts = _verdicts(run, deal, answer)
    for attempt in (1, 2):  # somebody may write between the look and the leap; then look again
        events = [
            _event(store, deal, row, kind, answer, *verdict) for row, verdict in zip(deal.rows, verdicts, strict=True)
        ]
        try:
            store.append(*events)
            break
        except StaleEventError:
            if attempt == 2:
                raise
    return events


def take_back(user: User, store: ReviewStore, run: RunView, event_id: str, undoes: str) -> list[Event]:
    """Take a verdict of the user's back, with all that the same key or button said.

    Args:
        event_id: uuid4 hex of the undo, as that of an answer.
        undoes: id of the verdict.

    Raises:
        NotAllowedError: the user is no annotator.
        RefusedError: they have no such verdict.
    """
    require(user, Role.ANNOTATOR, "take verdicts back")
    if store.find(event_id) is not None:
        return []
    verdict = store.find(undoes)
    if verdict is None or verdict.annotator != user.name or verdict.fingerprint != fingerprint(run):
        raise RefusedError("you have no such verdict to take back")
    together = [verdict]
    if verdict.card:
        together = sorted(store.standing_of_card(user.name, verdict.card), key=lambda event: event.event_id != undoes)
        if undoes not in {event.event_id for event in together}:
            return []  # it was taken back in another tab
    store.append(*undo_events(store, run, together, event_id))
    return together


def undo_events(store: ReviewStore, run: RunView, verdicts: Sequence[Event], event_id: str) -> list[Event]:
    """The events that take verdicts back, the first of them with the given id."""
    return [
        Event(
            event_id=_numbered(event_id, number),
            kind="undo",
            fingerprint=verdict.fingerprint,
            run_id=run.run_id,
            annotator=verdict.annotator,
            side=verdict.side,
            query=verdict.query,
            other=verdict.other,
            verdict="",
            version=store.version(verdict.fingerprint, verdict.annotator, verdict.side, verdict.query) + 1,
            undoes=verdict.event_id,
            card=verdict.card,
        )
        for number, verdict in enumerate(verdicts)
    ]


def _verdicts(run: RunView, deal: Deal, answer: Answer) -> list[tuple[str, str, str]]:
    """For each row of the card: event id, verdict, and the uri it is about."""
    numbered = [_numbered(answer.event_id, (place - answer.row) % len(deal.rows)) for place in range(len(deal.rows))]
    if deal.kind in (GROUP, SETTLE):
        return [(name, *verdict) for name, verdict in zip(numbered, _of_group(deal, answer), strict=True)]
    if deal.kind == ADJUDICATION and answer.verdict not in ("match", "not", "none"):
        raise RefusedError("a conflict is decided by match, not or no counterpart")
    row = deal.rows[0]
    other = "" if answer.verdict == "none" else answer.other
    if other and other not in row.candidates and (opposite(row.side), other) not in ids(run):
        raise RefusedError("there is no such entity in the other graph")
    return [(answer.event_id, answer.verdict, other)]


def _of_group(deal: Deal, answer: Answer) -> list[tuple[str, str]]:
    """For each row of a group: verdict, and the uri it is about. The claimed entity itself may be the last row."""
    claimants = [row for row in deal.rows if row.side == deal.rows[0].side]
    if answer.verdict not in ("match", "not") or not 0 <= answer.row < len(claimants):
        raise RefusedError("of a group, one is the match or none is")
    chosen = answer.row if answer.verdict == "match" else -1
    verdicts = [("match" if place == chosen else "not", row.candidates[0]) for place, row in enumerate(claimants)]
    for row in deal.rows[len(claimants) :]:
        if chosen >= 0:
            verdicts.append(("match", claimants[chosen].query))
        else:  # without candidates, it was judged to have no counterpart, and that stays
            verdicts.append(("not", row.candidates[0]) if row.candidates else ("none", ""))
    return verdicts


def _all_own(user: User, store: ReviewStore, deal: Deal) -> bool:
    """Whether nobody else has a verdict on anything that a card asks."""
    keys = {(row.side, row.query) for row in deal.rows}
    return not any(
        (event.side, event.query) in keys and event.annotator != user.name for event in store.current(deal.fingerprint)
    )


def _event(
    store: ReviewStore, deal: Deal, row: Row, kind: str, answer: Answer, event_id: str, verdict: str, other: str
) -> Event:
    before = store.on_query(deal.fingerprint, deal.annotator, row.side, row.query)
    undone = {event.undoes for event in before}
    standing = [event for event in before if event.kind != "undo" and event.event_id not in undone]
    if any(event.version > row.version and event.card != deal.card for event in standing):
        raise RefusedError("you judged this entity elsewhere since the card was shown")
    if any(event.card == deal.card for event in standing):
        raise RefusedError("this card has your verdict already")
    return Event(
        event_id=event_id,
        kind=kind,
        fingerprint=deal.fingerprint,
        run_id=deal.run_id,
        annotator=deal.annotator,
        side=row.side,
        query=row.query,
        other=other,
        verdict=verdict,
        version=len(before) + 1,
        candidates=row.candidates,
        order=deal.order,
        blind=deal.blind,
        reason=answer.reason,
        seconds=answer.seconds / len(deal.rows),
        card=deal.card,
    )


def _numbered(event_id: str, number: int) -> str:
    """The id of one of several events that come of one answer."""
    return uuid.uuid5(uuid.UUID(event_id), str(number)).hex if number else event_id
