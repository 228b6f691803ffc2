"""Conflicts in which several queries claim one entity."""

from __future__ import annotations

import numpy as np
import pytest

from app.review.services.card import answer, undo
from app.review.services.desk import fingerprint
from app.review.services.groups import GroupCard, answer_group, group_card, groups, proposal
from app.review.services.queue import ranked
from app.shared.services.access import NotAllowedError
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import ReviewStore, StaleEventError
from pmf.errors import ConfigError
from pmf.runs import layout
from tests.app.review.people import ANN, VIEWER


@pytest.fixture
def shown(store: ReviewStore, atlas: RunView, atlas_data: Dataset) -> GroupCard:
    three = next(group for group in groups(atlas) if len(group.claimants) > 2)
    return group_card(ANN, store, atlas, atlas_data, three)


@pytest.mark.parametrize("direction", layout.DIRECTIONS)
def test_every_conflict_is_listed_once(atlas: RunView, direction: str) -> None:
    table = ranked(atlas, direction)
    claims: dict[int, set[int]] = {}
    for query, row in table.iterrows():
        if np.asarray(row["similarity"]).any():
            claims.setdefault(int(row["candidates"][0]), set()).add(int(query))
    wanted = {claimed: queries for claimed, queries in claims.items() if len(queries) > 1}
    found = groups(atlas, direction)
    assert {group.claimed: set(group.claimants) for group in found} == wanted
    assert len(wanted) > 10
    tops = [[float(table.loc[query, "similarity"][0]) for query in group.claimants] for group in found]
    assert all(top == sorted(top, reverse=True) for top in tops)
    contests = [top[0] - top[1] for top in tops]
    assert contests == sorted(contests)


def test_each_row_shows_the_claimed_entity_first(shown: GroupCard) -> None:
    assert [row.query for row in shown.rows] == list(shown.group.claimants)
    assert {row.candidates[0].entity for row in shown.rows} == {shown.group.claimed}
    assert len({row.event_id for row in shown.rows}) == len(shown.rows)


def test_confirming_one_proposes_to_reject_the_others(shown: GroupCard) -> None:
    second = shown.rows[1].query
    assert proposal(shown, second) == {row.query: "match" if row.query == second else "not" for row in shown.rows}
    with pytest.raises(ConfigError, match="not in this group"):
        proposal(shown, shown.group.claimed)


def test_a_group_is_answered_in_one_go(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    events = answer_group(ANN, store, atlas, shown, proposal(shown, shown.rows[0].query), seconds=9, reason="flag")
    assert store.events(fingerprint(atlas)) == events
    assert [event.verdict for event in events] == ["match", *["not"] * (len(shown.rows) - 1)]
    claimed = str(atlas.uris[shown.group.claimed])
    assert {(e.other, e.order, e.reason, e.seconds) for e in events} == {(claimed, "group", "flag", 9 / len(events))}
    assert undo(ANN, store, atlas) == events[-1]


def test_all_or_nothing(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    answer(ANN, store, atlas, shown.rows[-1], "unsure")  # in another tab
    with pytest.raises(StaleEventError):
        answer_group(ANN, store, atlas, shown, proposal(shown, shown.rows[0].query))
    assert [event.verdict for event in store.events(fingerprint(atlas))] == ["unsure"]


def test_what_makes_no_sense_is_refused(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    first, second = (row.query for row in shown.rows[:2])
    for verdicts in ({}, {first: "match", second: "match"}, {shown.group.claimed: "not"}):
        with pytest.raises(ConfigError):
            answer_group(ANN, store, atlas, shown, verdicts)
    with pytest.raises(NotAllowedError):
        answer_group(VIEWER, store, atlas, shown, {first: "match"})
    assert store.events(fingerprint(atlas)) == []


def test_a_run_without_conflicts_has_no_groups(atlas: RunView) -> None:
    view = RunView(atlas.reader)
    table = ranked(atlas, layout.SOURCE_TO_TARGET)
    view.predictions = table[~table["candidates"].str[0].duplicated()]
    assert groups(view) == []
    view.predictions = table[:0]
    assert groups(view) == []
