"""Verdicts that contradict each other across pairs: found, and settled as one card."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from app.review.services.card import card
from app.review.services.desk import fingerprint
from app.review.services.harvest import CONTRADICTING, harvest
from app.review.services.settling import contradictions
from app.review.services.sources import Conflicts, Drawn, Table, settle_drawn
from app.review.services.verdicts import SETTLE, Answer, give, take_back
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import consensus
from tests.app.review.people import ADA, ANN, BEN, answer, deal


@pytest.fixture
def table(store: ReviewStore, atlas: RunView, atlas_data: Dataset) -> Table:
    return Table(user=ANN, store=store, run=atlas, data=atlas_data, blind=True)


@pytest.fixture
def free(atlas: RunView) -> list[int]:
    """Source entities of validation links."""
    return [i for i in range(atlas.n_source) if atlas.split[i] == "validation"]


def say(table: Table, query: int, other: int, verdict: str, user: User = ANN) -> Event:
    shown = card(user, table.store, table.run, table.data, query, other=other)
    return answer(user, table.store, table.run, shown, verdict)


def drawn(table: Table) -> Drawn:
    contradiction = contradictions(table.store, table.run)[0]
    return settle_drawn(table, contradiction.claimed, contradiction.claimants, contradiction.verdicts)


def settle(table: Table, verdict: str, row: int = 0, user: User = ANN) -> list[Event]:
    shown = drawn(Table(user=user, store=table.store, run=table.run, data=table.data, blind=True))
    name = deal(user, table.store, table.run, *shown.cards, kind=SETTLE)
    pressed = Answer(event_id=uuid.uuid4().hex, card=name, verdict=verdict, row=row)
    return give(user, table.store, table.run, pressed)


def test_two_sources_for_one_target_are_settled_for_one(table: Table, free: list[int]) -> None:
    store, run = table.store, table.run
    one, two = free[:2]
    target = int(run.partner[one])
    say(table, one, target, "match")
    say(table, two, target, "match")
    (contradiction,) = contradictions(store, run)
    assert (contradiction.claimed, set(contradiction.claimants)) == (target, {one, two})
    assert len(contradiction.verdicts) == 2
    assert harvest(store, run).left_out[CONTRADICTING] == 2
    events = settle(table, "match", contradiction.claimants.index(one))
    assert {event.kind for event in events} == {"verdict"}  # all of it was their own
    assert contradictions(store, run) == []
    assert harvest(store, run).counts == {"match": 1, "not": 1, "none": 0}
    take_back(ANN, store, run, uuid.uuid4().hex, events[0].event_id)
    assert len(contradictions(store, run)) == 1


@pytest.mark.parametrize(("verdict", "left"), [("match", {"match"}), ("not", {"not"})])
def test_yes_from_one_side_and_no_from_the_other(table: Table, free: list[int], verdict: str, left: set[str]) -> None:
    one, target = free[0], int(table.run.partner[free[0]])
    say(table, one, target, "match")
    say(table, target, one, "not")
    (contradiction,) = contradictions(table.store, table.run)
    assert "rejected from the other" in contradiction.words
    settle(table, verdict)
    assert contradictions(table.store, table.run) == []
    outcomes = consensus(table.store.current(fingerprint(table.run))).values()
    assert {outcome.verdict for outcome in outcomes} == left


@pytest.mark.parametrize("verdict", ["match", "not"])
def test_one_and_none(table: Table, free: list[int], verdict: str) -> None:
    one, target = free[0], int(table.run.partner[free[0]])
    say(table, one, target, "match")
    say(table, target, one, "none")
    (contradiction,) = contradictions(table.store, table.run)
    assert contradiction.claimed == target
    settle(table, verdict)
    assert contradictions(table.store, table.run) == []


def test_others_verdicts_are_settled_by_who_is_no_party_or_an_admin(table: Table, free: list[int]) -> None:
    one, two, target = *free[:2], int(table.run.partner[free[0]])
    say(table, one, target, "match", ANN)
    say(table, two, target, "match", BEN)
    with pytest.raises(Exception, match="may not decide their own conflict"):
        settle(table, "match", user=ANN)
    events = settle(table, "match", user=ADA)
    assert {event.kind for event in events} == {"adjudication"}
    assert contradictions(table.store, table.run) == []


def test_they_come_after_the_conflicts_between_annotators(table: Table, free: list[int]) -> None:
    one, two, target = *free[:2], int(table.run.partner[free[0]])
    say(table, one, target, "match")
    say(table, two, target, "match")
    say(table, free[3], int(table.run.partner[free[3]]), "match")
    say(table, free[3], int(table.run.partner[free[3]]), "not", BEN)
    cards: list[Any] = list(Conflicts().draw(table, set(), 9))
    assert [one.kind for one in cards] == ["adjudication", "settle"]
    assert Conflicts().progress(table, set()) == (0, 2)


def test_to_reject_different_candidates_is_no_conflict(table: Table, free: list[int]) -> None:
    query = free[0]
    wrong = [int(e) for e in table.run.predictions.loc[query, "candidates"] if e != table.run.partner[query]]
    say(table, query, wrong[0], "not", ANN)
    say(table, query, wrong[1], "not", BEN)
    (outcome,) = consensus(table.store.current(fingerprint(table.run))).values()
    assert not outcome.conflict
    assert set(outcome.rejected) == {table.run.uris[wrong[0]], table.run.uris[wrong[1]]}
    say(table, query, int(table.run.partner[query]), "match", ADA)
    (outcome,) = consensus(table.store.current(fingerprint(table.run))).values()
    assert outcome.verdict == "match"
    say(table, query, wrong[0], "match", User(name="eve", role=ADA.role))
    (outcome,) = consensus(table.store.current(fingerprint(table.run))).values()
    assert outcome.conflict
