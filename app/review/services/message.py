"""What the browser sends: answers, what it holds, and what it wants. Whatever it sends, nothing else comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.review.services.verdicts import Answer
from app.store import VERDICTS
from app.store.event import ID

MOST_ROOM, LONGEST_REASON, MOST_SECONDS = 16, 500, 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A verdict taken back: the id of this event, and that of the verdict."""

    event_id: str
    undoes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a deck.

    Args:
        n: its number; the reply carries it.
        deck: id of the tab.
        others: ids of other tabs of the same browser; None where the browser cannot tell.
        answers: verdicts and undos in the order in which they were given, as far as they are not known to be saved.
        have: card id → query, of the cards in the browser.
        skipped: queries that are to come last.
        room: how many more cards it wants.
        past: how many earlier verdicts it wants, to take them back.
        before: the oldest verdict that it has; None for none.
        search: what to look for in the other graph; "" for nothing.
        search_card: on which card that was typed.
        zoom: entities whose pictures it wants large.
    """

    n: int
    deck: str
    others: tuple[str, ...] | None = None
    answers: tuple[Answer | Undo, ...] = ()
    have: Mapping[str, int] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()
    room: int = 0
    past: int = 0
    before: str | None = None
    search: str = ""
    search_card: str = ""
    zoom: tuple[int, ...] = ()


def message(sent: Any) -> Message | None:
    """A message as the browser sent it; None where it is none. Answers that cannot be read are left out."""
    if not isinstance(sent, Mapping) or not _is_int(sent.get("n")) or not _is_id(sent.get("deck")):
        return None
    others, have, before = sent.get("others"), _list(sent, "have"), sent.get("before")
    return Message(
        n=sent["n"],
        deck=sent["deck"],
        others=None if others is None else tuple(other for other in _list(sent, "others") if _is_id(other)),
        answers=tuple(answer for event in _list(sent, "events") if (answer := _answer(event)) is not None),
        have={held[0]: held[1] for held in have if isinstance(held, list) and len(held) == 2 and _is_id(held[0])},
        skipped=frozenset(query for query in _list(sent, "skipped") if _is_int(query)),
        room=min(MOST_ROOM, sent["room"]) if _is_int(sent.get("room")) else 0,
        past=min(MOST_ROOM, sent["past"]) if _is_int(sent.get("past")) else 0,
        before=before if _is_id(before) else None,
        search=str(sent.get("search") or "")[:200],
        search_card=str(sent.get("searchCard") or ""),
        zoom=tuple(entity for entity in _list(sent, "zoom") if _is_int(entity))[:2],
    )


def _answer(event: Any) -> Answer | Undo | None:
    if not isinstance(event, Mapping) or not _is_id(event.get("id")):
        return None
    if event.get("kind") == "undo":
        return Undo(event_id=event["id"], undoes=event["undoes"]) if _is_id(event.get("undoes")) else None
    if not _is_id(event.get("card")) or event.get("verdict") not in VERDICTS:
        return None
    seconds = event.get("seconds")
    return Answer(
        event_id=event["id"],
        card=event["card"],
        verdict=event["verdict"],
        other=str(event.get("other") or ""),
        row=event["row"] if _is_int(event.get("row")) else 0,
        seconds=min(max(float(seconds), 0.0), MOST_SECONDS) if isinstance(seconds, int | float) else 0.0,
        reason=str(event.get("reason") or "")[:LONGEST_REASON],
    )


def _list(sent: Mapping[str, Any], name: str) -> list[Any]:
    values = sent.get(name)
    return values if isinstance(values, list) else []


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _is_int(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53
