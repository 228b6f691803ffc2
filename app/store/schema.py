"""The tables as queries see them; `migrations` makes them, and says what they refuse."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from app.store.event import Event
from pmf.bounded.json_files import parse_json


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("event_id", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("fingerprint", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("annotator", sa.Text),
        sa.Column("side", sa.Text),
        sa.Column("query", sa.Text),
        sa.Column("other", sa.Text),
        sa.Column("verdict", sa.Text),
        sa.Column("version", sa.Integer),
        sa.Column("undoes", sa.Text),
        sa.Column("candidates", sa.Text),
        sa.Column("order", sa.Text),
        sa.Column("blind", sa.Boolean),
        sa.Column("reason", sa.Text),
        sa.Column("seconds", sa.Double),
        sa.Column("time", sa.Double),
        sa.Column("card", sa.Text),
    ]


EVENTS = sa.Table("events", sa.MetaData(), *_columns())
CURRENT = sa.Table("current_verdicts", sa.MetaData(), *_columns())  # a view
DEALS = sa.Table(
    "deals",
    sa.MetaData(),
    sa.Column("card", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text),
    sa.Column("annotator", sa.Text),
    sa.Column("deck", sa.Text),
    sa.Column("body", sa.Text),
    sa.Column("time", sa.Double),
)
LEASES = sa.Table(
    "leases",
    sa.MetaData(),
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("side", sa.Text, primary_key=True),
    sa.Column("query", sa.Text, primary_key=True),
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("expires", sa.Double),
)


def row_of(event: Event) -> dict[str, Any]:
    """An event as a row of `EVENTS`, whose `seq` the database gives."""
    return {**asdict(event), "undoes": event.undoes or None, "candidates": json.dumps(event.candidates)}


def event_of(row: sa.RowMapping) -> Event:
    """A row of `EVENTS` or `CURRENT` as an event."""
    values = {name: value for name, value in row.items() if name != "seq"}
    return Event(**{**values, "undoes": row["undoes"] or "", "candidates": tuple(parse_json(row["candidates"]))})
