"""Who is handed which card: several people at one queue, and one who comes back."""

from __future__ import annotations

from app.review.services.desk import judged, key, let_go, others, upcoming
from app.review.services.queue import Queue, ReviewFilter, queue
from app.shared.services.run_view import RunView
from app.store import ReviewStore, open_store
from app.store.consensus import PROBE
from tests.app.review.people import ANN, BEN, Judge

PLAIN = ReviewFilter(audit=0, probes=0)


def test_cards_come_in_the_order_of_the_queue(store: ReviewStore, atlas: RunView) -> None:
    deck = queue(atlas, PLAIN)
    items = upcoming(ANN, store, atlas, deck, set(), count=5)
    assert [item.query for item in items] == deck.queries[:5].tolist()
    assert {item.order for item in items} == {"margin"}
    assert items[0].key == ("source", atlas.uris[deck.queries[0]])


def test_nobody_is_handed_a_card_that_another_holds(store: ReviewStore, atlas: RunView) -> None:
    deck = queue(atlas, PLAIN)
    ann, ben = (upcoming(who, store, atlas, deck, set(), count=3) for who in (ANN, BEN))
    assert [item.query for item in [*ann, *ben]] == deck.queries[:6].tolist()
    assert upcoming(ANN, store, atlas, deck, set(), count=3) == ann  # who asks again gets their own again
    let_go(ANN, store, atlas)
    assert upcoming(BEN, store, atlas, deck, set(), count=3) == ann


def test_with_an_overlap_of_two_both_are_asked(store: ReviewStore, atlas: RunView) -> None:
    deck = queue(atlas, PLAIN)
    ann, ben = (upcoming(who, store, atlas, deck, set(), overlap=2, count=3) for who in (ANN, BEN))
    assert ann == ben


def test_one_goes_on_where_one_stopped(store: ReviewStore, store_url: str, atlas: RunView, judge: Judge) -> None:
    deck = queue(atlas, PLAIN)
    for query in deck.queries[:3].tolist():
        judge(ANN, query, "match")
    store.close()
    again = open_store(store_url)  # the app was restarted
    done = judged(ANN, again, atlas)
    assert done == {key(atlas, query) for query in deck.queries[:3].tolist()}
    assert upcoming(ANN, again, atlas, deck, done, count=1)[0].query == deck.queries[3]
    assert upcoming(BEN, again, atlas, deck, judged(BEN, again, atlas), count=1)[0].query == deck.queries[4]
    again.close()


def test_probes_come_only_after_own_cards(store: ReviewStore, atlas: RunView, judge: Judge) -> None:
    """Ann has judged the beginning; Ben, who comes later, is not handed all the probes in between at once."""
    deck = queue(atlas, ReviewFilter(audit=0, probes=0.2))
    beginning = list(zip(deck.queries[:40].tolist(), deck.orders[:40], strict=True))
    assert sum(order == PROBE for _, order in beginning) >= 6
    for query, order in beginning:
        judge(ANN, query, "match", order=order)
    items = upcoming(BEN, store, atlas, deck, set(), count=20)
    orders = [item.order for item in items]
    assert 1 <= orders.count(PROBE) <= 8
    first_own = orders.index("margin")
    assert first_own <= 1
    assert {item.query for item in items if item.order != PROBE}.isdisjoint(query for query, _ in beginning)


def test_a_probe_is_for_everybody(store: ReviewStore, atlas: RunView) -> None:
    deck = queue(atlas, ReviewFilter(audit=0, probes=0.5))
    at = deck.orders.tolist().index(PROBE)
    part = Queue(queries=deck.queries[at : at + 1], orders=deck.orders[at : at + 1])
    for who in (ANN, BEN):
        assert [item.query for item in upcoming(who, store, atlas, part, set())] == [deck.queries[at]]
    assert upcoming(ANN, store, atlas, part, {key(atlas, int(deck.queries[at]))}) == []


def test_a_finished_queue_has_nothing_left(store: ReviewStore, atlas: RunView) -> None:
    deck = queue(atlas, PLAIN)
    done = {key(atlas, query) for query in deck.queries.tolist()}
    assert upcoming(ANN, store, atlas, deck, done) == []


def test_others_verdicts(store: ReviewStore, atlas: RunView, judge: Judge) -> None:
    query = int(queue(atlas, PLAIN).queries[0])
    judge(BEN, query, "not", reason="another city")
    judge(ANN, query, "match")
    assert [(e.annotator, e.reason) for e in others(ANN, store, atlas)[key(atlas, query)]] == [("ben", "another city")]
