"""Conflicts in which several queries claim one entity."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from app.review.services.desk import fingerprint
from app.review.services.groups import GroupCard, group_card, groups
from app.review.services.queue import ranked
from app.review.services.verdicts import GROUP, Answer, RefusedError, give, take_back
from app.shared.services.access import NotAllowedError
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from pmf.runs import layout
from tests.app.review.people import ANN, VIEWER, answer, deal


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
    listed = groups(atlas, direction)
    assert {group.claimed: set(group.claimants) for group in listed} == wanted
    assert len(wanted) > 10
    tops = [[float(table.loc[query, "similarity"][0]) for query in group.claimants] for group in listed]
    assert all(top == sorted(top, reverse=True) for top in tops)
    contests = [top[0] - top[1] for top in tops]
    assert contests == sorted(contests)


def test_each_row_shows_the_claimed_entity_first(shown: GroupCard) -> None:
    assert [row.query for row in shown.rows] == list(shown.group.claimants)
    assert {row.candidates[0].entity for row in shown.rows} == {shown.group.claimed}
    assert len({row.card_id for row in shown.rows}) == len(shown.rows)


def press(
    store: ReviewStore, atlas: RunView, shown: GroupCard, verdict: str, row: int = 0, **said: object
) -> list[Event]:
    name = deal(ANN, store, atlas, *shown.rows, kind=GROUP)
    return give(ANN, store, atlas, Answer(event_id=uuid.uuid4().hex, card=name, verdict=verdict, row=row, **said))


def test_a_group_is_answered_in_one_go(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    events = press(store, atlas, shown, "match", row=1, seconds=9.0, reason="flag")
    assert store.events(fingerprint(atlas)) == events
    assert [event.query for event in events] == [row.uri for row in shown.rows]
    assert [event.verdict for event in events] == ["not", "match", *["not"] * (len(shown.rows) - 2)]
    claimed = str(atlas.uris[shown.group.claimed])
    assert {(e.other, e.order, e.reason, e.seconds) for e in events} == {(claimed, "group", "flag", 9 / len(events))}
    assert {event.card for event in events} == {shown.rows[0].card_id}
    taken = take_back(ANN, store, atlas, uuid.uuid4().hex, events[1].event_id)
    assert {event.event_id for event in taken} == {event.event_id for event in events}
    assert store.current(fingerprint(atlas)) == []


def test_none_of_a_group_may_be_right(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    assert {event.verdict for event in press(store, atlas, shown, "not", row=2)} == {"not"}


def test_all_or_nothing(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    answer(ANN, store, atlas, shown.rows[-1], "unsure")  # in another tab
    with pytest.raises(RefusedError):
        press(store, atlas, shown, "match")
    assert [event.verdict for event in store.events(fingerprint(atlas))] == ["unsure"]


def test_what_makes_no_sense_is_refused(store: ReviewStore, atlas: RunView, shown: GroupCard) -> None:
    for verdict, row in (("unsure", 0), ("none", 0), ("match", len(shown.rows))):
        with pytest.raises(RefusedError):
            press(store, atlas, shown, verdict, row=row)
    with pytest.raises(NotAllowedError):
        give(VIEWER, store, atlas, Answer(event_id=uuid.uuid4().hex, card=shown.rows[0].card_id, verdict="match"))
    assert store.events(fingerprint(atlas)) == []


def test_a_run_without_conflicts_has_no_groups(atlas: RunView) -> None:
    view = RunView(atlas.reader)
    table = ranked(atlas, layout.SOURCE_TO_TARGET)
    view.predictions = table[~table["candidates"].str[0].duplicated()]
    assert groups(view) == []
    view.predictions = table[:0]
    assert groups(view) == []
