"""Who is handed which query, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.store import LEASE_SECONDS, ReviewStore, open_store
from tests.app.store.events import DATA, new_event, undo

QUEUE = [("source", f"http://s.example/{i}") for i in range(4)]
FIRST, SECOND, THIRD, FOURTH = QUEUE


class Clock:
    """Time that stands still until told."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[ReviewStore]:
    store = open_store(url, clock=clock)
    yield store
    store.close()


def test_two_annotators_get_different_queries(store: ReviewStore) -> None:
    assert store.claim(DATA, "Ann", QUEUE) == FIRST
    assert store.claim(DATA, "Ann", QUEUE) == FIRST  # the page was loaded again
    assert store.claim(DATA, "Bo", QUEUE) == SECOND
    assert store.claim(DATA, "Cy", [FIRST, SECOND]) is None
    assert store.claim("e" * 64, "Cy", QUEUE) == FIRST  # of another data set
    assert store.claim(DATA, "Cy", [("target", FIRST[1])]) == ("target", FIRST[1])


def test_a_judged_query_does_not_come_again_until_undone(store: ReviewStore) -> None:
    event = new_event(FIRST[1])
    store.append(event)
    assert store.claim(DATA, "Ann", QUEUE) == SECOND
    assert store.claim(DATA, "Bo", QUEUE) == THIRD
    store.append(undo(event, 2))
    assert store.claim(DATA, "Bo", QUEUE) == FIRST
    assert store.claim(DATA, "Ann", QUEUE) == SECOND


def test_overlap_hands_a_query_to_so_many(store: ReviewStore) -> None:
    store.append(new_event(FIRST[1]))
    assert store.claim(DATA, "Ann", QUEUE, overlap=2) == SECOND
    assert store.claim(DATA, "Bo", QUEUE, overlap=2) == FIRST
    assert store.claim(DATA, "Cy", QUEUE, overlap=2) == SECOND  # Ann and Cy
    assert store.claim(DATA, "Di", QUEUE, overlap=2) == THIRD
    store.append(new_event(FIRST[1], annotator="Bo"))  # judged and still leased counts once
    assert store.claim(DATA, "Di", QUEUE, overlap=3) == FIRST


def test_a_lease_ends_after_ten_minutes(store: ReviewStore, clock: Clock) -> None:
    assert LEASE_SECONDS == 600
    store.claim(DATA, "Ann", QUEUE)
    clock.now += 599
    assert store.claim(DATA, "Bo", QUEUE) == SECOND
    clock.now += 1
    assert store.claim(DATA, "Cy", QUEUE) == FIRST
    assert store.renew(DATA, "Ann", QUEUE) == []
    assert store.claim(DATA, "Ann", QUEUE) == THIRD


def test_a_lease_can_be_kept(store: ReviewStore, clock: Clock) -> None:
    store.claim_many(DATA, "Ann", QUEUE, 2)
    for _ in range(5):
        clock.now += 500
        assert store.renew(DATA, "Ann", QUEUE) == [FIRST, SECOND]
    clock.now += 500
    assert store.claim(DATA, "Bo", QUEUE) == THIRD


def test_several_at_once_are_those_held_and_the_next(store: ReviewStore, clock: Clock) -> None:
    assert store.claim_many(DATA, "Ann", QUEUE, 2) == [FIRST, SECOND]
    assert store.claim_many(DATA, "Bo", QUEUE, 3) == [THIRD, FOURTH]
    store.append(new_event(FIRST[1]))
    store.release(DATA, "Bo", [THIRD])
    clock.now += 300
    assert store.claim_many(DATA, "Ann", [*QUEUE, SECOND], 9) == [SECOND, THIRD]
    clock.now += 300  # Bo's have ended, Ann's were leased again
    assert store.claim_many(DATA, "Bo", QUEUE, 9) == [FOURTH]
    assert store.claim_many(DATA, "Bo", [], 3) == store.claim_many(DATA, "Bo", QUEUE, 0) == []


def test_who_leaves_lets_go_of_everything(store: ReviewStore) -> None:
    store.claim_many(DATA, "Ann", QUEUE, 3)
    store.claim_many(DATA, "Bo", QUEUE, 1)
    store.release(DATA, "Ann")
    assert store.claim_many(DATA, "Cy", QUEUE, 4) == [FIRST, SECOND, THIRD]
    store.release(DATA, "Cy", [])
    assert store.claim(DATA, "Di", QUEUE) is None
