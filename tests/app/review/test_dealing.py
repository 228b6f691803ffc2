"""Which cards a deck deals, in which order, and what is on them."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from app.review.services import groups
from app.review.services.adjudication import conflicts
from app.review.services.card import MOST
from app.review.services.desk import fingerprint
from app.review.services.linked import PREDICTED
from app.review.services.queue import Queue, ReviewFilter, queue
from app.review.services.sources import Conflicts, Groups, Pairs, Table
from app.shared.services import nearest
from app.shared.services.run_view import RunView
from app.store.consensus import PROBE
from tests.app.review.people import ADA, ANN, BEN, Judge
from tests.app.review.tab import browser, pairs, saved


def test_no_query_is_dealt_twice(table: Table) -> None:
    tab = browser(table)
    asked = []
    for _ in range(6):
        tab.send(*[tab.answer("unsure") for _ in range(len(tab.hand) - 1)], room=5)
        asked += [card["query"]["entity"] for card in tab.hand]
    tab.send(*[tab.answer("unsure") for _ in range(len(tab.hand))], room=5)
    events = table.store.events(fingerprint(table.run))
    assert len({event.query for event in events}) == len(events) >= 20


def test_the_cards_of_a_message_are_written_down_together(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    tab, deal, dealt = browser(table), table.store.deal, []
    monkeypatch.setattr(table.store, "deal", lambda *cards: dealt.append(len(cards)) or deal(*cards))
    tab.send(room=6)
    assert dealt == [len(tab.hand)] == [6]


def test_two_tabs_of_one_person_are_dealt_other_cards_until_none_are_left(table: Table) -> None:
    source = pairs(table.run, ReviewFilter(split="validation", audit=0, probes=0))
    first, second = browser(table, source), browser(table, source)
    first.send(room=16, others=[second.name])
    second.send(room=4, others=[first.name])
    mine, theirs = ({card["query"]["entity"] for card in one.hand} for one in (first, second))
    assert len(mine | theirs) == 20
    second.send(room=4, others=[first.name])
    assert len(second.hand) == 8  # better twice than nothing to do; the second answer will be refused
    alone = browser(table, source)
    alone.send(room=4, others=[])
    assert [card["query"]["entity"] for card in alone.hand] == [card["query"]["entity"] for card in first.hand[:4]]


def test_skipped_queries_come_last(table: Table) -> None:
    source = pairs(table.run, ReviewFilter(split="validation", audit=0, probes=0))
    tab = browser(table, source)
    tab.send(room=1)
    skipped = tab.hand.pop()["query"]["entity"]
    asked: list[int] = []
    for _ in range(20):
        tab.send(room=1, skipped=[skipped])
        asked += [card["query"]["entity"] for card in tab.hand]
        tab.send(tab.answer("not"), room=0, skipped=[skipped])
    assert asked.index(skipped) == 19
    assert tab.send(room=1)["finished"]


def test_a_link_to_a_pair_comes_first_and_a_probe_stays_one(table: Table) -> None:
    deck = queue(table.run, ReviewFilter())
    probe = int(deck.queries[deck.orders == PROBE][0])
    tab = browser(table)
    tab.send(room=2)
    tab.deck.jump.append((probe, None))
    tab.send(room=2)
    assert tab.hand[0]["query"]["entity"] == probe
    tab.send(tab.answer("match"))
    assert [event.order for event in saved(table)] == [PROBE]


def test_a_blind_card_says_nothing_of_what_the_model_thinks(table: Table, judge: Judge) -> None:
    query = int(table.run.predictions.index[7])
    judge(BEN, query, "not", reason="ben's own reason")
    for blind in (True, False):
        tab = browser(table, pairs(table.run), blind=blind)
        tab.deck.jump.append((query, None))
        tab.send(room=1)
        card = tab.hand[0]
        assert all((one["score"] is None) == blind for one in card["candidates"])
        assert any(one["linked"] for one in card["candidates"]) != blind
        assert all((one["evidence"] == []) == blind for one in card["candidates"])
        known = {near["known"] for one in card["candidates"] for near in one["pair"]["linked"]}
        assert (PREDICTED in known) != blind
        order = [one["entity"] for one in card["candidates"]]
        best = table.run.predictions.loc[query, "candidates"][:9].tolist()
        assert (order == best) != blind
        assert sorted(order) == sorted(best)


def test_the_whole_other_graph_can_be_searched(table: Table) -> None:
    tab = browser(table)
    tab.send(room=1)
    card = tab.hand[0]
    names = {one["entity"] for one in card["candidates"]}
    outside = next(e for e in range(table.run.n_source, table.run.n) if e not in names and len(table.run.labels[e]) > 6)
    hits = tab.send(room=0, search=str(table.run.labels[outside]).upper(), searchCard=card["id"])["found"]
    assert hits["hits"][0]["entity"] == outside
    assert all(hit["entity"] >= table.run.n_source for hit in hits["hits"])
    said = tab.answer("match") | {"other": hits["hits"][0]["uri"]}
    assert tab.send(said)["saved"] == [said["id"]]
    assert saved(table)[0].other == table.run.uris[outside]
    by_type = tab.send(room=0, search="capital", searchCard=tab.hand[0]["id"])["found"]["hits"]
    assert by_type


def test_groups_are_dealt_and_taken_back_as_one(table: Table) -> None:
    listed = groups.groups(table.run)
    tab = browser(table, Groups(groups=listed))
    assert tab.send(room=2)["total"] == len(listed)
    card = tab.hand[0]
    assert {one["entity"] for one in card["candidates"]} == set(listed[0].claimants)
    chosen = card["candidates"][1]["uri"]
    verdict = tab.answer("match", 1)
    assert tab.send(verdict)["done"] == 1
    assert {event.query: event.verdict for event in saved(table)}[chosen] == "match"
    past = browser(table, Groups(groups=listed)).send(past=2, room=0)["past"]
    assert len(past) == 1
    assert past[0]["card"]["kind"] == "group"
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": card["id"], "undoes": verdict["id"]}
    assert tab.send(back)["saved"]
    assert not saved(table)


def test_a_conflict_is_decided_with_both_reasons_in_sight(table: Table, judge: Judge) -> None:
    query = int(table.run.predictions.index[7])
    judge(BEN, query, "match", reason="same flag")
    judge(ANN, query, "not", reason="other island")
    tab = browser(table, Conflicts(), user=ADA)
    tab.send(room=2)
    assert [one["reason"] for one in tab.hand[0]["said"]] == ["same flag", "other island"]
    assert len(tab.hand[0]["candidates"]) == 9
    verdict = tab.answer("match")
    assert tab.send(verdict)["saved"] == [verdict["id"]]
    assert not conflicts(table.store, table.run)
    past = tab.send(past=1, room=0)["past"]
    assert past[0]["card"]["kind"] == "adjudication"


def test_cards_that_the_run_has_not_ranked_are_compared_together(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve of them go through the other graph once, and show whom a plain comparison finds."""
    run = RunView(table.run.reader)
    run.__dict__["predictions"] = table.run.predictions.iloc[:0]
    passes: list[list[int]] = []
    compared = nearest._compared
    monkeypatch.setattr(
        nearest, "_compared", lambda run, asked, count: passes.append(asked) or compared(run, asked, count)
    )
    some = Queue(queries=np.arange(40), orders=np.full(40, "margin", object))
    tab = browser(table, Pairs(queue=some, overlap=1, chance=np.zeros(0), keys=frozenset()), run=run)
    tab.send(room=12)
    assert len(tab.hand) == 12
    assert [len(asked) for asked in passes if asked] == [40]
    fused = run.reader.embedding("fused")
    assert fused is not None
    for card in tab.hand:
        scores = fused[run.n_source :].astype(np.float32) @ fused[card["query"]["entity"]].astype(np.float32)
        best = run.uris[run.n_source + np.argsort(-scores, kind="stable")[:MOST]]
        assert {candidate["uri"] for candidate in card["candidates"]} == set(best)
