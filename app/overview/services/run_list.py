"""The runs that a user asks for, in the chosen order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from app.shared.services.catalog import Card

SORTS = {"newest": "Newest first", "hits": "Best Hits@1 first", "name": "By name", "size": "Largest first"}
STATES = ("finished", "running", "stopped", "interrupted", "failed", "unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list; "" lets all through.

    Args:
        text: every word of it must stand in the name, id, data, preset, tags or notes.
        state: of `STATES`.
        data: name of a data set.
        preset: name of a preset.
        sort: of `SORTS`.
    """

    text: str = ""
    state: str = ""
    data: str = ""
    preset: str = ""
    sort: str = "newest"


def select(cards: Iterable[Card], wanted: RunFilter) -> list[Card]:
    """The cards that pass, sorted."""
    words = wanted.text.casefold().split()
    passed = [card for card in cards if _passes(card, wanted) and all(word in _searched(card) for word in words)]
    if wanted.sort == "hits":
        # of different data sets or links they do not compare, but within one that is what a reader looks for
        return sorted(passed, key=lambda card: -1.0 if card.hits_at_1 is None else card.hits_at_1, reverse=True)
    if wanted.sort == "name":
        return sorted(passed, key=lambda card: card.title.casefold())
    if wanted.sort == "size":
        return sorted(passed, key=lambda card: card.size, reverse=True)
    return sorted(passed, key=lambda card: card.created, reverse=True)


def state_of(card: Card) -> str:
    """One of `STATES`."""
    return card.state.name if card.state else "unreadable"


def as_table(cards: Iterable[Card]) -> pd.DataFrame:
    """One row a run: name, state, data, preset, modalities, links and Hits@1 (in percent), created, size (MB), tags."""
    rows = [
        {
            "Run": card.title,
            "State": state_of(card),
            "Data": card.data,
            "Preset": card.preset,
            "Modalities": ", ".join(card.modalities),
            "Hits@1": None if card.hits_at_1 is None else 100 * card.hits_at_1,
            "Links": card.split,
            "Created": pd.Timestamp(card.created, unit="s").round("s"),
            "Size": card.size / 1e6,
            "Tags": ", ".join(card.about.tags),
            "Run id": card.run_id,
        }
        for card in cards
    ]
    return pd.DataFrame(rows).astype({"Hits@1": "float64"}) if rows else pd.DataFrame()


def _passes(card: Card, wanted: RunFilter) -> bool:
    pairs = ((wanted.state, state_of(card)), (wanted.data, card.data), (wanted.preset, card.preset))
    return all(value in ("", actual) for value, actual in pairs)


def _searched(card: Card) -> str:
    about = card.about
    return "\n".join((about.name, card.run_id, card.data, card.preset, *about.tags, about.notes)).casefold()
