"""What the review store keeps, what it refuses, and which verdicts stand; in SQLite and in PostgreSQL."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
import sqlalchemy as sa

from app.store import VERDICTS, Event, ReviewStore, StaleEventError, StoreError, open_store
from app.store.schema import CURRENT, EVENTS, LEASES, row_of
from tests.app.store.events import DATA, A, B, C, new_event, raw, undo


def test_every_field_comes_back(store: ReviewStore, url: str) -> None:
    full = new_event(
        "http://zh.example/北京 🏮 \u202eabc",
        annotator="Zoë ‘<b>’",
        candidates=("http://t.example/é", "=cmd()"),
        order="margin",
        blind=True,
        reason="two\nlines, \"quoted\"; %s :x ''",
        seconds=1.25,
        time=1_780_000_000.123456,
        side="target",
    )
    store.append(full)
    store.append(undo(full, 2))
    store.close()
    again = open_store(url)
    assert again.events(DATA)[0] == full
    assert again.events(DATA)[1].undoes == full.event_id
    again.close()


def test_the_same_event_again_is_passed_over(store: ReviewStore) -> None:
    event = new_event(time=1.0, seconds=2.0)
    store.append(event, event)
    store.append(event)
    store.append(dataclasses.replace(event, time=9.0, seconds=3.0))  # pressed twice
    assert store.events(DATA) == [event]


@pytest.mark.parametrize("change", [{"verdict": "not"}, {"other": B}, {"annotator": "Bo"}, {"reason": "why"}])
def test_one_card_has_one_answer(store: ReviewStore, change: dict[str, Any]) -> None:
    event = new_event()
    store.append(event)
    with pytest.raises(StaleEventError, match="already answered, with “match”"):
        store.append(dataclasses.replace(event, **change))
    assert store.events(DATA) == [event]


def test_a_stale_writer_is_refused(store: ReviewStore) -> None:
    first, in_another_tab = new_event(), new_event(verdict="not")
    store.append(first)
    with pytest.raises(StaleEventError, match="judged this entity elsewhere") as refused:
        store.append(in_another_tab)
    assert refused.value.event is in_another_tab
    with pytest.raises(StaleEventError, match="events before this one are missing"):
        store.append(new_event(version=3))
    assert store.version(DATA, "Ann", "source", A) == 1
    store.append(new_event(version=2), new_event(side="target"), new_event(annotator="Bo"), new_event(B))
    assert store.version(DATA, "Ann", "source", A) == 2


def test_all_of_a_call_or_nothing(store: ReviewStore) -> None:
    with pytest.raises(StaleEventError):
        store.append(new_event(), new_event(B), new_event(B))
    assert store.events(DATA) == []


def test_the_latest_verdict_that_stands_is_current(store: ReviewStore) -> None:
    first, second = new_event(), new_event(verdict="not", version=2)
    bo, other_side = new_event(annotator="Bo", verdict="unsure"), new_event(side="target", verdict="none")
    elsewhere = new_event(fingerprint="e" * 64)
    store.append(first, second, bo, other_side, elsewhere)
    assert store.current(DATA) == [second, bo, other_side]
    assert store.current(DATA, "Bo") == [bo]
    store.append(undo(second, 3))
    assert store.current(DATA) == [first, bo, other_side]
    store.append(undo(first, 4))
    assert store.current(DATA, "Ann") == [other_side]
    again = new_event(verdict="flag", version=5)
    store.append(again)
    assert store.current(DATA, "Ann") == [other_side, again]
    assert [event.version for event in store.events(DATA) if event.query == A and event.side == "source"][-1] == 5


def test_backspace_goes_back_to_the_first_key(store: ReviewStore) -> None:
    pressed = [new_event(f"{A}{i}", VERDICTS[i % 5]) for i in range(20)]
    store.append(new_event(C, kind="import"), *pressed, new_event(B, kind="adjudication"), new_event(annotator="Bo"))
    store.append(new_event(B, kind="import", version=2))
    taken_back = []
    while found := store.latest(DATA, "Ann", 1):
        (event,) = found
        taken_back.append(event.query)
        store.append(undo(event, 1 + store.version(DATA, "Ann", event.side, event.query)))
    assert taken_back == [B, *(event.query for event in reversed(pressed))]
    assert [(event.query, event.kind) for event in store.current(DATA, "Ann")] == [(C, "import"), (B, "import")]
    assert len(store.current(DATA, "Bo")) == 1


def test_an_undo_takes_back_one_standing_verdict_of_its_own(store: ReviewStore) -> None:
    event = new_event()
    back = undo(event, 2)
    with pytest.raises(StaleEventError, match="no such verdict"):
        store.append(undo(event, 1))
    with pytest.raises(StaleEventError, match="already taken back"):
        store.append(event, back, undo(event, 3))
    store.append(event, back)
    with pytest.raises(StaleEventError, match="already taken back"):
        store.append(undo(event, 3))
    with pytest.raises(StaleEventError, match="no such verdict"):
        store.append(undo(back, 3))
    with pytest.raises(StaleEventError, match="no such verdict"):
        store.append(dataclasses.replace(undo(event, 1), annotator="Bo"))
    with pytest.raises(StaleEventError, match="no such verdict"):
        store.append(dataclasses.replace(undo(event, 1), query=B))
    assert store.events(DATA) == [event, back]


def test_it_agrees_with_a_plain_list(store: ReviewStore) -> None:
    """Three hundred keys of three annotators, against the rules written down over a list."""
    rng = random.Random(5)
    log: list[Event] = []
    saved = 0
    for _ in range(300):
        who, query = rng.choice(("Ann", "Bo", "Cy")), f"{A}{rng.randrange(8)}"
        mine = [event for event in log if event.annotator == who]
        standing = [event for event in not_undone(log) if event.annotator == who]
        if standing and rng.random() < 0.4:
            target = rng.choice(standing)
            event = undo(target, 1 + sum(e.query == target.query for e in mine))
        else:
            version = 1 + sum(e.query == query for e in mine)
            event = new_event(query, rng.choice(VERDICTS), version, annotator=who)
        log.append(event)
        if rng.random() < 0.2:
            store.append(*log[saved:])
            saved = len(log)
    store.append(*log[saved:])
    assert store.events(DATA) == log
    latest = {(event.annotator, event.query): event for event in not_undone(log)}
    assert store.current(DATA) == sorted(latest.values(), key=log.index)
    for who in ("Ann", "Bo", "Cy"):
        assert store.latest(DATA, who, 1) == [event for event in not_undone(log) if event.annotator == who][-1:]


def not_undone(log: list[Event]) -> list[Event]:
    undone = {event.undoes for event in log}
    return [event for event in log if event.kind != "undo" and event.event_id not in undone]


NAMES = ", ".join(f'"{column.name}"' for column in EVENTS.columns)
ANOTHER = NAMES.replace('"seq"', "99")
HISTORY = {
    "sqlite": [
        "UPDATE events SET verdict = 'not'",
        "DELETE FROM events",
        f"INSERT OR REPLACE INTO events SELECT {NAMES} FROM events",
        f"REPLACE INTO events SELECT {ANOTHER} FROM events",
        f"REPLACE INTO events SELECT {ANOTHER.replace('version', '2')} FROM events",
        f"INSERT INTO events SELECT {NAMES} FROM events WHERE true ON CONFLICT DO UPDATE SET reason = 'new'",
    ],
    "postgresql": [
        "UPDATE events SET verdict = 'not'",
        "UPDATE events SET reason = '' WHERE false",
        "DELETE FROM events",
        "TRUNCATE events",
        f"INSERT INTO events ({NAMES}) OVERRIDING SYSTEM VALUE SELECT {NAMES} FROM events WHERE true "
        "ON CONFLICT (event_id) DO UPDATE SET reason = 'new'",
    ],
}


def test_the_database_refuses_to_change_history(store: ReviewStore, url: str) -> None:
    event = new_event()
    store.append(event)
    for statement in HISTORY[url.partition(":")[0]]:
        with pytest.raises(sa.exc.DBAPIError, match="events are only added"), raw(url) as connection:
            connection.exec_driver_sql(statement)
    assert store.events(DATA) == [event]


BROKEN = {
    "kind": {"kind": "guess"},
    "side": {"side": "left"},
    "verdict": {"verdict": "maybe"},
    "event_id": {"event_id": "1"},
    "fingerprint": {"fingerprint": ""},
    "annotator": {"annotator": ""},
    "query": {"query": ""},
    "version": {"version": 0},
    "undo of nothing": {"kind": "undo", "verdict": ""},
    "undo with a verdict": {"kind": "undo", "undoes": "0" * 32},
    "undoes without an undo": {"undoes": "0" * 32},
    "none with another": {"verdict": "none"},
    "match with none": {"other": ""},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_broken_events_are_refused_by_the_event_and_by_the_database(
    store: ReviewStore, url: str, change: dict[str, Any]
) -> None:
    event = new_event()
    with pytest.raises(StoreError):
        dataclasses.replace(event, **change)
    row = {**dataclasses.asdict(event), "candidates": "[]", "undoes": None, **change}
    with pytest.raises(sa.exc.IntegrityError), raw(url) as connection:
        connection.execute(sa.insert(EVENTS), row)
    assert store.events(DATA) == []


def test_the_database_itself_refuses_an_undo_of_nothing_and_a_second_one(store: ReviewStore) -> None:
    event = new_event()
    store.append(event, undo(event, 2))
    nothing, second = undo(new_event(), 3), undo(event, 3)
    for wrong, why in ((nothing, "(?i)foreign key"), (second, "unique|events are only added")):
        with pytest.raises(StoreError, match=why), store._database.write() as connection:
            connection.execute(sa.insert(EVENTS), row_of(wrong))
    assert len(store.events(DATA)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"query": "a\0b"},
        {"reason": "\ud800"},
        {"query": "é" * 1001},
        {"annotator": 7},
        {"candidates": ["a"]},
        {"candidates": ("a\0",)},
        {"candidates": ("a",) * 1001},
        {"version": True},
        {"version": 2**31},
        {"blind": 1},
        {"seconds": float("nan")},
        {"time": float("inf")},
        {"time": 10**400},
        {"time": "now"},
    ],
)
def test_what_no_database_could_hold_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="an event"):
        new_event(**change)


def test_the_longest_event_fits(store: ReviewStore) -> None:
    rng = random.Random(1)
    text = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(4000))  # nothing a database could press together
    longest = new_event(
        text[:666],
        fingerprint=text[:42],
        annotator=text[1000:1066],
        other=text[:666],
        run_id=text[:85],
        reason=text[:3333],
    )
    store.append(longest)
    assert store.current(text[:42]) == [longest]


def test_queries_see_the_tables_as_they_are(store: ReviewStore, url: str) -> None:
    with raw(url) as connection:
        inspector = sa.inspect(connection)
        for table in (EVENTS, CURRENT, LEASES):
            found = [column["name"] for column in inspector.get_columns(table.name)]
            assert found == [column.name for column in table.columns]
