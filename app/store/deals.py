"""Cards that were dealt: what somebody had on screen, so that a verdict is taken on that and on nothing else.

A deal is written before the card leaves the server, and never changed. It outlives the server, so a verdict that the
browser kept back can be taken after a restart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from app.store.schema import DEALS
from pmf.bounded.json_files import parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question of a card.

    Args:
        side: "source" or "target": which graph the query is of.
        query: uri of the entity asked about.
        version: number of events that the annotator had on it when the card was dealt.
        candidates: uris, in the order in which they are shown.
    """

    side: str
    query: str
    version: int
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A card in somebody's hand.

    Args:
        card: uuid4 hex.
        fingerprint: of the data set.
        annotator: to whom it was dealt.
        deck: which of their tabs.
        run_id: whose candidates are shown.
        kind: "pair", "group" or "adjudication": what is done with an answer.
        order: which order of the queue brought it.
        blind: whether score, truth and others' verdicts are hidden.
        rows: the questions: one, or one for each claimant of a group.
    """

    card: str
    fingerprint: str
    annotator: str
    deck: str
    run_id: str
    kind: str
    order: str
    blind: bool
    rows: tuple[Row, ...]


_COLUMNS = ("card", "fingerprint", "annotator", "deck")


def save(connection: sa.Connection, dealt: Sequence[Deal], now: float) -> None:
    """Write deals down, in a write transaction."""
    rows = []
    for deal in dealt:
        values = asdict(deal)
        rows.append({name: values.pop(name) for name in _COLUMNS} | {"body": json.dumps(values), "time": now})
    if rows:
        connection.execute(sa.insert(DEALS), rows)


def find(connection: sa.Connection, annotator: str, card: str) -> Deal | None:
    """A card as it was dealt to somebody."""
    same = (DEALS.c.card == card, DEALS.c.annotator == annotator)
    row = connection.execute(sa.select(DEALS).where(*same)).mappings().first()
    return _deal(row) if row else None


def in_decks(
    connection: sa.Connection, fingerprint: str, annotator: str, decks: Sequence[str], since: float
) -> set[tuple[str, str]]:
    """(side, query) of what was dealt to some decks of an annotator since then."""
    c = DEALS.c
    theirs = (c.fingerprint == fingerprint, c.annotator == annotator, c.deck.in_(decks), c.time > since)
    rows = connection.execute(sa.select(DEALS).where(*theirs)).mappings()
    return {(row.side, row.query) for deal in rows for row in _deal(deal).rows}


def _deal(row: sa.RowMapping) -> Deal:
    body = parse_json(row["body"])
    rows = tuple(Row(**{**values, "candidates": tuple(values["candidates"])}) for values in body.pop("rows"))
    return Deal(**{name: row[name] for name in _COLUMNS}, **body, rows=rows)
