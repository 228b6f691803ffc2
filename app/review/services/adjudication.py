"""Queries on which annotators differ, and the decision between them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from app.review.services.card import Card, event_of
from app.review.services.consensus import consensus, ids
from app.review.services.desk import fingerprint
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from pmf.errors import ConfigError

ORDER = "adjudication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A query with verdicts that differ: its id, and those verdicts, each with its annotator and reason."""

    query: int
    verdicts: tuple[Event, ...]


def conflicts(store: ReviewStore, run: RunView) -> list[Conflict]:
    """Every conflict that nobody has decided, the oldest first."""
    known = ids(run)
    found = consensus(store.current(fingerprint(run)))
    return [
        Conflict(query=known[key], verdicts=outcome.events)
        for key, outcome in found.items()
        if outcome.conflict and key in known
    ]


def adjudicate(
    user: User,
    store: ReviewStore,
    run: RunView,
    conflict: Conflict,
    card: Card,
    verdict: str,
    *,
    place: int = 1,
    seconds: float = 0.0,
    reason: str = "",
) -> Event:
    """Save the decision on a conflict; who is a party to it has to be an admin to decide it.

    Args:
        user: who decides.
        store: the review store.
        run: the run under review.
        conflict: what is decided.
        card: of its query, as the user was shown it.
        verdict: "match", "not" or "none".
        place: of the candidate that is meant, from 1.
        seconds: from the card shown to the decision.
        reason: in their words.

    Raises:
        NotAllowedError: the user may not decide this conflict.
        StaleEventError: the user judged the query elsewhere since the card was made.
        ConfigError: the card is of another query, or the verdict decides nothing.
    """
    party = user.name in {event.annotator for event in conflict.verdicts}
    require(user, Role.ADMIN if party else Role.ANNOTATOR, "decide " + ("their own conflict" if party else "conflicts"))
    if card.query != conflict.query or verdict not in ("match", "not", "none"):
        raise ConfigError("A conflict is decided by match, not or none, on its own card.")
    event = event_of(user, run, card, verdict, place=place, seconds=seconds, reason=reason)
    event = dataclasses.replace(event, kind="adjudication", order=ORDER)
    store.append(event)
    return event
