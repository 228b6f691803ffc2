"""Queries on which annotators differ, and the decision between them."""

from __future__ import annotations

from dataclasses import dataclass

from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore, Row
from app.store.consensus import consensus

ORDER = "adjudication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A query with verdicts that differ: its id, and those verdicts, each with its annotator and reason."""

    query: int
    verdicts: tuple[Event, ...]


def conflicts(store: ReviewStore, run: RunView) -> list[Conflict]:
    """Every conflict that nobody has decided, the oldest first."""
    id_of = ids(run)
    outcomes = consensus(store.current(fingerprint(run)))
    return [
        Conflict(query=id_of[key], verdicts=outcome.events)
        for key, outcome in outcomes.items()
        if outcome.conflict and key in id_of
    ]


def may_decide(user: User, store: ReviewStore, run: RunView, row: Row) -> None:
    """Let a user pass who may decide the conflict on a query; who is a party to it has to be an admin.

    Raises:
        NotAllowedError: they may not.
    """
    current = store.current(fingerprint(run), user.name)
    party = any((event.side, event.query) == (row.side, row.query) for event in current)
    require(user, Role.ADMIN if party else Role.ANNOTATOR, "decide " + ("their own conflict" if party else "conflicts"))
