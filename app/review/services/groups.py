"""One-to-one conflicts: several queries claim one entity, and at most one of them can be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.review.services.card import Card, card
from app.review.services.queue import ranked
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from pmf.runs import layout

ORDER = "group"
MOST = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The queries whose best candidate is one and the same entity.

    Args:
        claimed: that entity's id.
        claimants: query ids, the most similar first, two or more.
    """

    claimed: int
    claimants: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCard:
    """A group with one card per claimant, each with the claimed entity in first place; at most `MOST`."""

    group: Group
    rows: tuple[Card, ...]


def groups(run: RunView, direction: str = layout.SOURCE_TO_TARGET) -> list[Group]:
    """Every conflict of a direction, the closest contest first: where the two most similar claimants differ least.

    Queries of which nothing is left to compare claim nothing.

    Raises:
        RunFormatError: the run has no predictions yet.
    """
    table = ranked(run, direction)
    if not len(table):
        return []
    known = np.array([np.any(similarity) for similarity in table["similarity"]])
    ids = table.index.to_numpy()[known]
    top = np.array([similarity[0] for similarity in table["similarity"]])[known]
    order = np.lexsort((-top, run.best[ids]))
    ids, top = ids[order], top[order]
    _, starts, sizes = np.unique(run.best[ids], return_index=True, return_counts=True)
    starts, sizes = starts[sizes > 1], sizes[sizes > 1]
    contest = np.argsort(top[starts] - top[starts + 1], kind="stable")
    return [
        Group(claimed=int(run.best[ids[start]]), claimants=tuple(ids[start : start + size].tolist()))
        for start, size in zip(starts[contest], sizes[contest], strict=True)
    ]


def group_card(
    user: User, store: ReviewStore, run: RunView, data: Dataset, group: Group, *, blind: bool = False
) -> GroupCard:
    """What an annotator sees of a group; see `card`."""
    rows = (
        card(user, store, run, data, query, order=ORDER, blind=blind, other=group.claimed)
        for query in group.claimants[:MOST]
    )
    return GroupCard(group=group, rows=tuple(rows))
