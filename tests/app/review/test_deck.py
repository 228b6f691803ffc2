"""The server's half of a deck: what it deals, what it takes, and that nothing is asked twice."""

from __future__ import annotations

import json
import uuid
from typing import Any

import numpy as np
import pytest

from app.review.services import groups
from app.review.services.adjudication import conflicts
from app.review.services.deck import Deck
from app.review.services.desk import fingerprint, key
from app.review.services.faces import cut
from app.review.services.linked import PREDICTED
from app.review.services.message import MOST_ROOM, Message, message
from app.review.services.queue import ReviewFilter, queue
from app.review.services.sources import Conflicts, Groups, Pairs, Source, Table
from app.shared.services.access import Role, User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import PROBE
from app.store.event import UnavailableError
from pmf.alignment.explanation.reasons import RunReasons
from tests.app.review.people import ADA, ANN, BEN, Judge

Json = dict[str, Any]


class Browser:
    """What a tab does: it holds cards, answers the first, and sends what it has said."""

    def __init__(self, deck: Deck, name: str = "") -> None:
        self.deck, self.name = deck, name or uuid.uuid4().hex
        self.hand: list[Json] = []
        self.n = 0

    def send(self, *events: Json, room: int = 4, lost: bool = False, **wanted: object) -> Json:
        self.n += 1
        sent = message(
            {
                "n": self.n,
                "deck": self.name,
                "events": list(events),
                "have": [[card["id"], card["query"]["entity"]] for card in self.hand],
                "room": room,
                **wanted,
            }
        )
        assert sent is not None
        reply = self.deck.receive(sent)
        assert json.loads(json.dumps(reply)) == reply
        if not lost:
            self.hand = [card for card in reply["cards"] if card["top"]] + self.hand
            self.hand += [card for card in reply["cards"] if not card["top"]]
        return reply

    def answer(self, verdict: str, place: int = 0) -> Json:
        """Say something of the first card; returns the event, not sent yet."""
        card = self.hand.pop(0)
        said = {"id": uuid.uuid4().hex, "kind": "verdict", "card": card["id"], "verdict": verdict, "seconds": 1.5}
        row = place if card["kind"] == "group" else 0
        return {**said, "other": "" if verdict == "none" else card["candidates"][place]["uri"], "row": row}


@pytest.fixture
def table(store: ReviewStore, atlas: RunView, atlas_data: Dataset) -> Table:
    return Table(user=ANN, store=store, run=atlas, data=atlas_data, blind=True)


def pairs(run: RunView, wanted: ReviewFilter | None = None, overlap: int = 1) -> Pairs:
    asked = queue(run, wanted or ReviewFilter())
    keys = frozenset(key(run, query) for query in asked.queries.tolist())
    return Pairs(queue=asked, overlap=overlap, chance=np.zeros(0), keys=keys)


def browser(table: Table, source: Source | None = None, user: User = ANN, **changed: Any) -> Browser:
    seated = Table(**{**{name: getattr(table, name) for name in Table.__slots__}, "user": user, **changed})
    return Browser(Deck(table=seated, source=source or pairs(table.run), accepted={}))


def saved(table: Table, name: str = "ann") -> list[Event]:
    return table.store.current(fingerprint(table.run), name)


def test_cards_come_with_all_that_is_shown_and_verdicts_carry_what_was(table: Table) -> None:
    tab = browser(table)
    reply = tab.send(room=3)
    assert len(reply["cards"]) == 3
    card = tab.hand[0]
    assert len(card["candidates"]) == 9
    assert all("rows" in one["pair"] for one in card["candidates"])
    assert any(str(one["picture"]).startswith("data:image/webp;base64,") for one in card["candidates"])
    said = tab.answer("match", 4)
    assert tab.send(said)["saved"] == [said["id"]]
    (event,) = saved(table)
    assert (event.event_id, event.card, event.query) == (said["id"], card["id"], card["query"]["uri"])
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
    said = tab.answer("not")
    sent = message({"n": 9, "deck": tab.name, "events": [said], "room": 2})
    assert isinstance(sent, Message)
    assert tab.deck.receive(sent) == tab.deck.receive(sent)
    another = message({"n": 10, "deck": tab.name, "events": [said], "room": 0})
    assert isinstance(another, Message)
    assert tab.deck.receive(another)["saved"] == [said["id"]]  # it was kept, but its reply was lost
    assert len(saved(table)) == 1


def test_cards_that_were_lost_on_the_way_come_again(table: Table) -> None:
    tab = browser(table)
    lost = tab.send(room=3, lost=True)["cards"]
    again = tab.send(room=3)["cards"]
    assert [card["id"] for card in again] == [card["id"] for card in lost]


def test_no_query_is_dealt_twice(table: Table) -> None:
    tab = browser(table)
    asked = []
    for _ in range(6):
        tab.send(*[tab.answer("unsure") for _ in range(len(tab.hand) - 1)], room=5)
        asked += [card["query"]["entity"] for card in tab.hand]
    tab.send(*[tab.answer("unsure") for _ in range(len(tab.hand))], room=5)
    events = table.store.events(fingerprint(table.run))
    assert len({event.query for event in events}) == len(events) >= 20


def test_an_undo_puts_the_query_back_and_another_verdict_counts(table: Table) -> None:
    tab = browser(table)
    tab.send()
    card = tab.hand[0]
    said = tab.answer("match")
    tab.send(said)
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": card["id"], "undoes": said["id"]}
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
    said = tab.answer("match")
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": card["id"], "undoes": said["id"]}
    tab.hand.insert(0, card)
    again = tab.answer("not", 2)
    assert tab.send(said, back, again)["saved"] == [said["id"], back["id"], again["id"]]
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
    asked = queue(table.run, ReviewFilter())
    probe = int(asked.queries[asked.orders == PROBE][0])
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
    found = tab.send(room=0, search=str(table.run.labels[outside]).upper(), searchCard=card["id"])["found"]
    assert found["hits"][0]["entity"] == outside
    assert all(hit["entity"] >= table.run.n_source for hit in found["hits"])
    said = tab.answer("match") | {"other": found["hits"][0]["uri"]}
    assert tab.send(said)["saved"] == [said["id"]]
    assert saved(table)[0].other == table.run.uris[outside]
    by_type = tab.send(room=0, search="capital", searchCard=tab.hand[0]["id"])["found"]["hits"]
    assert by_type


def test_groups_are_dealt_and_taken_back_as_one(table: Table) -> None:
    found = groups.groups(table.run)
    tab = browser(table, Groups(groups=found))
    assert tab.send(room=2)["total"] == len(found)
    card = tab.hand[0]
    assert {one["entity"] for one in card["candidates"]} == set(found[0].claimants)
    chosen = card["candidates"][1]["uri"]
    said = tab.answer("match", 1)
    assert tab.send(said)["done"] == 1
    assert {event.query: event.verdict for event in saved(table)}[chosen] == "match"
    past = browser(table, Groups(groups=found)).send(past=2, room=0)["past"]
    assert len(past) == 1
    assert past[0]["card"]["kind"] == "group"
    back = {"id": uuid.uuid4().hex, "kind": "undo", "card": card["id"], "undoes": said["id"]}
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
    said = tab.answer("match")
    assert tab.send(said)["saved"] == [said["id"]]
    assert not conflicts(table.store, table.run)
    past = tab.send(past=1, room=0)["past"]
    assert past[0]["card"]["kind"] == "adjudication"


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
    said = tab.answer("match")
    assert "may not give verdicts" in tab.send(said)["refused"][0]["why"]
