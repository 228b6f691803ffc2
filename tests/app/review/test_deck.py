"""The server's half of a deck: what it takes from browsers, and keeps."""

from __future__ import annotations

import uuid

import pytest

from app.review.services.desk import fingerprint
from app.review.services.faces import cut
from app.review.services.message import MOST_ROOM, Message, message
from app.review.services.sources import Table
from app.shared.services.access import Role, User
from app.shared.services.dataset import Dataset
from app.store import ReviewStore
from app.store.event import UnavailableError
from pmf.alignment.explanation.reasons import RunReasons
from tests.app.review.people import BEN
from tests.app.review.tab import browser, pairs, saved


def test_cards_come_with_all_that_is_shown_and_verdicts_carry_what_was(table: Table) -> None:
    tab = browser(table)
    reply = tab.send(room=3)
    assert len(reply["cards"]) == 3
    card = tab.hand[0]
    assert len(card["candidates"]) == 9
    assert all("rows" in one["pair"] for one in card["candidates"])
    assert any(str(one["picture"]).startswith("data:image/webp;base64,") for one in card["candidates"])
    verdict = tab.answer("match", 4)
    saving = tab.send(verdict)
    assert saving["saved"] == [verdict["id"]]
    assert "note" in reply
    assert "note" not in saving  # a verdict does not wait for it
    (event,) = saved(table)
    assert (event.event_id, event.card, event.query) == (verdict["id"], card["id"], card["query"]["uri"])
    assert event.other == event.candidates[4] == card["candidates"][4]["uri"]
    assert event.blind
    assert reply["total"] == len(pairs(table.run).queue)


def test_a_card_says_what_rules_say(table: Table, atlas_data: Dataset) -> None:
    """Two reasons for a candidate and one against it, on a blind card without what the model finds."""
    assert atlas_data.pair is not None
    rules = RunReasons(table.run.reader, atlas_data.pair, seeds_alone=True)
    tab = browser(table, rules=rules)
    tab.send(room=6)
    signs = []
    for card in tab.hand:
        for candidate in card["candidates"]:
            said = candidate["pair"]["reasons"]
            about = rules.about(*sorted((card["query"]["entity"], candidate["entity"])))
            expected = [*about.speak_for[:2], *about.speak_against[:1]]
            assert [one["words"] for one in said] == [cut(reason.words, 300) for reason in expected]
            signs += [one["sign"] for one in said]
    assert {"+", "−"} == set(signs)
    without = browser(table)
    without.send(room=1)
    assert without.hand[0]["candidates"][0]["pair"]["reasons"] is None


def test_a_message_that_comes_again_changes_nothing(table: Table) -> None:
    tab = browser(table)
    tab.send()
    verdict = tab.answer("not")
    sent = message({"n": 9, "deck": tab.name, "events": [verdict], "room": 2})
    assert isinstance(sent, Message)
    assert tab.deck.receive(sent) == tab.deck.receive(sent)
    another = message({"n": 10, "deck": tab.name, "events": [verdict], "room": 0})
    assert isinstance(another, Message)
    assert tab.deck.receive(another)["saved"] == [verdict["id"]]  # it was kept, but its reply was lost
    assert len(saved(table)) == 1


def test_cards_that_were_lost_on_the_way_come_again(table: Table) -> None:
    tab = browser(table)
    lost = tab.send(room=3, lost=True)["cards"]
    again = tab.send(room=3)["cards"]
    assert [card["id"] for card in again] == [card["id"] for card in lost]


def test_an_undo_puts_the_query_back_and_another_verdict_counts(table: Table) -> None:
    tab = browser(table)
    tab.send()
    card = tab.hand[0]
    verdict = tab.answer("match")
    tab.send(verdict)
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": card["id"], "undoes": verdict["id"]}
    tab.hand.insert(0, card)
    assert tab.send(back)["saved"] == [back["id"]]
    assert not saved(table)
    assert card["query"]["entity"] not in [one["query"]["entity"] for one in tab.hand[1:]]
    again = tab.answer("none")
    assert tab.send(again)["saved"] == [again["id"]]
    assert [event.verdict for event in saved(table)] == ["none"]


def test_verdict_and_undo_may_come_in_one_message(table: Table) -> None:
    tab = browser(table)
    tab.send()
    card = tab.hand[0]
    verdict = tab.answer("match")
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": card["id"], "undoes": verdict["id"]}
    tab.hand.insert(0, card)
    again = tab.answer("not", 2)
    assert tab.send(verdict, back, again)["saved"] == [verdict["id"], back["id"], again["id"]]
    assert [event.verdict for event in saved(table)] == ["not"]


def test_earlier_verdicts_come_back_newest_first_with_a_card_that_takes_another_one(table: Table) -> None:
    tab = browser(table)
    tab.send(room=5)
    said = [tab.answer(verdict) for verdict in ("match", "not", "unsure", "none")]
    tab.send(*said)
    later = browser(table)
    past = later.send(past=3, room=0)["past"]
    assert [step["event"] for step in past] == [event["id"] for event in said[:0:-1]]
    older = later.send(past=3, before=past[-1]["event"], room=0)["past"]
    assert [step["event"] for step in older] == [said[0]["id"]]
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": past[0]["card"]["id"], "undoes": past[0]["event"]}
    later.hand = [past[0]["card"]]
    again = later.answer("match")
    assert later.send(back, again)["saved"] == [back["id"], again["id"]]
    assert sorted(event.verdict for event in saved(table)) == ["match", "match", "not", "unsure"]


def test_a_tab_does_not_take_back_what_another_open_tab_said(table: Table) -> None:
    first, second = browser(table), browser(table)
    second.send(room=4, others=[first.name])
    own = second.answer("match")
    second.send(own, others=[first.name])
    first.send(room=8, others=[second.name])
    said = [first.answer("match") for _ in range(4)]
    first.send(*said, others=[second.name])
    assert [step["event"] for step in second.send(past=1, room=0, others=[first.name])["past"]] == [own["id"]]
    assert len(second.send(past=5, room=0, others=[])["past"]) == 5  # once it is closed


def test_a_card_is_only_its_own_annotators(table: Table) -> None:
    tab, other = browser(table), browser(table, user=BEN)
    tab.send(room=2)
    stolen = tab.answer("match")
    reply = other.send(stolen, room=2)
    assert reply["saved"] == []
    assert "not dealt to you" in reply["refused"][0]["why"]
    assert not table.store.events(fingerprint(table.run))
    mine, theirs = ({card["query"]["entity"] for card in one.hand} for one in (tab, other))
    assert not mine & theirs


def test_what_cannot_be_written_now_is_kept_by_the_browser(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = browser(table)
    tab.send(room=3)
    said = [tab.answer("match"), tab.answer("not")]

    def away(*_: object) -> None:
        raise UnavailableError("the review store cannot be written")

    with monkeypatch.context() as during:
        during.setattr(ReviewStore, "append", away)
        reply = tab.send(*said)
    assert (reply["saved"], reply["refused"]) == ([], [])
    assert tab.send(*said)["saved"] == [one["id"] for one in said]


HOSTILE = (None, 3, [], {}, {"n": "1", "deck": "x"}, {"n": -1, "deck": "1" * 32}, {"n": 1, "deck": "../../etc"})


def test_whatever_a_browser_sends_nothing_else_comes_of_it(table: Table) -> None:
    assert [message(sent) for sent in HOSTILE] == [None] * len(HOSTILE)
    wild = {
        "n": 1,
        "deck": "1" * 32,
        "events": [7, {"id": "x"}, {"id": "1" * 32, "kind": "undo", "undoes": 3}, {"id": "1" * 32, "card": "2" * 32}],
        "have": [1, ["a", 2], ["1" * 32, "x"]],
        "room": 10**9,
        "past": True,
        "skipped": ["x", -1, 10**12],
        "zoom": [10**9, "a", 1, 2, 3],
        "search": 5,
        "before": {},
    }
    sent = message(wild)
    assert sent is not None
    assert (sent.answers, sent.room, sent.past, sent.before) == ((), MOST_ROOM, 0, None)
    reply = browser(table).deck.receive(sent)
    assert len(reply["cards"]) == MOST_ROOM
    assert reply["problem"] == ""


def test_a_viewer_saves_nothing(table: Table) -> None:
    tab = browser(table, user=User(name="vic", role=Role.VIEWER))
    tab.send(room=1)
    verdict = tab.answer("match")
    assert "may not give verdicts" in tab.send(verdict)["refused"][0]["why"]
