"""What people say of pairs of relations: kept beside the verdicts on entities, and like them only ever added to."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable

import pandas as pd

from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView, fingerprint
from app.store import Event, ReviewStore
from pmf.alignment.explanation.relations import RelationAlignment
from pmf.bounded.json_files import parse_json

VERDICTS = {"match": "✓ The same", "not": "✗ Not the same"}
CONFLICT = "conflict"
"""In place of a verdict where people disagree."""

SIDE, ORDER = "source", "relations"


def key(row: RelationAlignment) -> str:
    """How the store names a pair of relations."""
    return json.dumps([row.source_uri, row.target_uri, row.inverse], ensure_ascii=False)


def verdicts(store: ReviewStore, run: RunView, user: User | None = None) -> dict[str, str]:
    """Key of each pair that somebody has judged → what all say of it, or `CONFLICT`; of one user where named."""
    said: defaultdict[str, set[str]] = defaultdict(set)
    for event in _current(store, run, user and user.name):
        said[event.query].add(event.verdict)
    return {query: next(iter(words)) if len(words) == 1 else CONFLICT for query, words in said.items()}


def judge(user: User, store: ReviewStore, run: RunView, row: RelationAlignment, verdict: str | None) -> None:
    """Save what a user says of a pair; None takes back what they said last.

    Raises:
        NotAllowedError: the user is no annotator.
        StaleEventError: they judged it elsewhere in this moment.
        StoreError: the store fails.
    """
    require(user, Role.ANNOTATOR, "give verdicts")
    own = {event.query: event for event in _current(store, run, user.name)}.get(key(row))
    if verdict == (own and own.verdict):
        return
    place = own.fingerprint if own and not verdict else _place(run)  # it is taken back where it was said
    store.append(
        Event(
            event_id=uuid.uuid4().hex,
            kind="verdict" if verdict else "undo",
            fingerprint=place,
            run_id=run.run_id,
            annotator=user.name,
            side=SIDE,
            query=key(row),
            other=row.target_uri,
            verdict=verdict or "",
            version=store.version(place, user.name, SIDE, key(row)) + 1,
            undoes=own.event_id if own and not verdict else "",
            order=ORDER,
        )
    )


def as_table(every: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Keys and verdicts as the file that a training takes: source, target, inverse, verdict; conflicts left out."""
    rows = [(*parse_json(query), verdict) for query, verdict in every if verdict in VERDICTS]
    table = pd.DataFrame(rows, columns=["source", "target", "inverse", "verdict"])
    return table.assign(inverse=["yes" if inverse else "no" for inverse in table["inverse"]])


def _current(store: ReviewStore, run: RunView, annotator: str | None) -> list[Event]:
    """The verdicts that stand, also those on older data that these follow, of which the newest count."""
    latest: dict[tuple[str, str], Event] = {}
    for data in store.lineage(fingerprint(run)):
        latest |= {(event.annotator, event.query): event for event in store.current(_named(data), annotator)}
    return list(latest.values())


def _place(run: RunView) -> str:
    """What stands for the data set, apart from where the verdicts on its entities are."""
    return _named(fingerprint(run))


def _named(data: str) -> str:
    return f"{data} {ORDER}"
