"""The alignment as a view of verdicts and of what runs and rules said, in both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc

from app.store import AlignmentEntry, ReviewStore, StoreError, migrations, open_store
from app.store.alignment_history import diff
from app.store.consensus import BULK
from pmf.runs.accepted import pair_id
from tests.app.store.events import DATA, A, B, C, new_event, raw, undo

NEXT_DATA = "e" * 64
X, Y, Z = (f"http://t.example/{name}" for name in "abc")


class Clock:
    """A time that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

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


def states(store: ReviewStore, data: str = DATA, **at: float) -> dict[tuple[str, str], str]:
    return {one.pair: one.state for one in store.alignment(data, **at)}


def verdict(query: str, other: str, said: str = "match", time: float = 100.0, **fields: Any) -> Any:
    return new_event(query, said, other=other, time=time, **fields)


def test_people_come_before_rules_and_rules_before_runs(store: ReviewStore) -> None:
    counts = store.propose(DATA, "run1", {(A, X): 0.9, (B, Y): 0.8, (C, Z): None, ("d", ""): 0.7})
    assert (counts.new, counts.again, counts.withdrawn) == (4, 0, 0)
    batch, accepted = store.accept_over(DATA, 0.8)
    assert accepted == 2
    store.append(verdict(B, Y, "not"), verdict(C, Z))
    assert states(store) == {(A, X): "accepted", (B, Y): "rejected", (C, Z): "accepted", ("d", ""): "proposed"}
    by = {one.pair: (one.by, one.who, one.probability) for one in store.alignment(DATA)}
    assert by[A, X] == ("rule", ("probability ≥ 0.8",), 0.9)
    assert by[B, Y] == ("person", ("Ann",), 0.8)
    assert by["d", ""] == ("run", ("run1",), 0.7)
    assert store.take_back(batch, "Bo") == 2
    assert states(store) == {(A, X): "proposed", (B, Y): "rejected", (C, Z): "accepted", ("d", ""): "proposed"}
    with pytest.raises(StoreError, match="nothing to take back"):
        store.take_back(batch, "Bo")


def test_ids_are_of_the_two_names_alone(store: ReviewStore) -> None:
    store.propose(DATA, "run1", {(A, X): 0.9})
    store.propose(NEXT_DATA, "run2", {(A, X): 0.2})
    ids = {one.id for data in (DATA, NEXT_DATA) for one in store.alignment(data)}
    assert ids == {pair_id(A, X)}
    assert len({pair_id(A, X), pair_id(X, A), pair_id(A, ""), pair_id("", A), pair_id(A + X, "")}) == 5


def test_several_counterparts_and_none(store: ReviewStore) -> None:
    store.append(verdict(A, X), verdict(Y, A, side="target"), verdict(C, "", "none"))
    store.propose(DATA, "run1", {(C, Z): 0.99, (B, X): 0.5})
    found = {one.pair: one for one in store.alignment(DATA)}
    assert (found[A, X].state, found[A, X].counterparts) == ("accepted", 2)
    assert (found[A, Y].state, found[A, Y].counterparts) == ("accepted", 2)
    assert found[C, ""].state == "accepted"
    assert found[C, Z].state == "rejected"  # C has none
    assert (found[B, X].state, found[B, X].counterparts) == ("proposed", 1)  # beside what was accepted
    assert store.accept_over(DATA, 0.1)[1] == 0  # neither may a rule take it


def test_people_who_contradict_each_other(store: ReviewStore) -> None:
    store.append(
        verdict(A, X), verdict(A, Y, annotator="Bo"),  # two answers to one query
        verdict(B, Y), verdict(Y, B, "not", side="target", annotator="Bo"),  # yes and no, from both sides
        verdict(C, Z), verdict(Z, "", "none", side="target", annotator="Bo"),  # a counterpart, and none
    )  # fmt: skip
    pairs = {(A, X), (A, Y), (B, Y), (C, Z), ("", Z)}
    assert states(store) == dict.fromkeys(pairs, "conflict")
    store.append(verdict(A, X, kind="adjudication", annotator="Cy"))
    assert states(store) == dict.fromkeys(pairs - {(A, X), (A, Y)}, "conflict") | {(A, X): "accepted"}


def test_unsure_decides_nothing_and_probes_are_about_the_annotator(store: ReviewStore) -> None:
    store.propose(DATA, "run1", {(A, X): 0.9})
    store.append(verdict(A, X, "unsure"), verdict(B, Y, order="probe"))
    assert states(store) == {(A, X): "proposed"}
    assert [one.what for one in store.pair_history(DATA, A, X)] == ["proposed", "unsure"]
    assert store.pair_history(DATA, B, Y) == []


def test_an_accepted_pair_that_a_later_run_drops_has_changed(store: ReviewStore, clock: Clock) -> None:
    store.propose(DATA, "run1", {(A, X): 0.9, (B, Y): 0.9, (C, Z): 0.9, ("d", "e"): 0.4})
    store.accept_over(DATA, 0.9)
    store.append(verdict(B, Y))
    clock.now = 200
    counts = store.propose(DATA, "run2", {}, given=[("source", C)])
    assert (counts.new, counts.again, counts.withdrawn) == (0, 0, 3)  # C is given to run2: no reason to withdraw
    assert states(store) == {(A, X): "changed", (B, Y): "changed", (C, Z): "accepted"}
    assert {one.text for one in store.alignment(DATA) if one.state == "changed"} == {"run2 does not propose it"}
    store.append(verdict(B, Y, time=300, version=2))  # looked at again
    assert states(store)[B, Y] == "accepted"
    assert store.propose(DATA, "run2", {}).withdrawn == 1
    assert store.propose(DATA, "run2", {}).withdrawn == 0


def test_an_update_marks_what_changed_and_new_data_take_the_alignment_on(store: ReviewStore, clock: Clock) -> None:
    store.append(verdict(A, X), verdict(B, Y))
    wrong = store.follow(NEXT_DATA, DATA, "Ann")
    assert store.take_back(wrong, "Ann") == 1
    assert states(store, NEXT_DATA) == {}
    assert store.follow(NEXT_DATA, DATA, "Ann")
    assert store.follow(NEXT_DATA, DATA, "Ann") == ""
    with pytest.raises(StoreError, match="came before"):
        store.follow(DATA, NEXT_DATA, "Ann")
    clock.now = 200
    assert store.mark_changed(NEXT_DATA, "run2", {(A, X): "the name changed", (C, Z): "not accepted"}) == 1
    assert states(store, NEXT_DATA) == {(A, X): "changed", (B, Y): "accepted"}
    assert states(store, DATA) == {(A, X): "accepted", (B, Y): "accepted"}  # the older data as they were
    store.append(verdict(B, Y, "not", fingerprint=NEXT_DATA, time=250))
    assert states(store, NEXT_DATA) == {(A, X): "changed", (B, Y): "rejected"}
    assert [one.what for one in store.pair_history(NEXT_DATA, A, X)] == ["match", "changed"]
    (before, after) = diff(store.alignment(NEXT_DATA, 150), store.alignment(NEXT_DATA))
    assert [(old and old.state, new.pair, new.state) for old, new in (before, after)] == [
        ("accepted", (A, X), "changed"),
        ("accepted", (B, Y), "rejected"),
    ]


def test_a_proposal_that_says_nothing_new_writes_nothing(store: ReviewStore, clock: Clock) -> None:
    pairs = {(A, X): 1 / 3, (B, Y): 0.25}
    store.propose(DATA, "run1", pairs)
    again = store.propose(DATA, "run1", pairs)
    assert (again.new, again.again, again.withdrawn) == (0, 2, 0)
    assert [one.what for one in store.pair_history(DATA, A, X)] == ["proposed"]
    clock.now = 200
    store.propose(DATA, "run2", {(A, X): 1 / 3})
    assert [(one.what, one.who) for one in store.pair_history(DATA, A, X)] == [
        ("proposed", "run1"),
        ("proposed", "run2"),
    ]
    assert states(store) == {(A, X): "proposed"}
    assert states(store, at=150.0) == dict.fromkeys(pairs, "proposed")
    gone = diff(store.alignment(DATA, 150), store.alignment(DATA))
    assert [(old.pair, new.state) for old, new in gone if old] == [((B, Y), "")]


def test_two_who_propose_the_same_at_once_write_it_once(store: ReviewStore, url: str) -> None:
    pairs = {(f"{A}{i}", f"{X}{i}"): 0.5 for i in range(200)}
    with closing(open_store(url)) as other, ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda one: one.propose(DATA, "run1", pairs), [store, other] * 4))
    assert sorted(one.new for one in done) == [0] * 7 + [200]
    assert {len(store.pair_history(DATA, *pair)) for pair in list(pairs)[:5]} == {1}


def test_a_verdict_is_taken_back_by_its_id_and_stays_in_the_history(store: ReviewStore, clock: Clock) -> None:
    said = verdict(A, X, reason="same mayor")
    store.append(said)
    clock.now = 200
    assert store.take_back(said.event_id, "Bo") == 1
    assert states(store) == {}
    assert store.current(DATA) == []  # one truth: Review has it back too
    assert [(one.what, one.who, one.text, one.stands) for one in store.pair_history(DATA, A, X)] == [
        ("match", "Ann", "same mayor", False),
        ("taken back: match", "Ann", "taken back by Bo", False),
    ]
    assert states(store, at=150.0) == {(A, X): "accepted"}
    for name in (said.event_id, uuid.uuid4().hex, "", "x" * 5000):
        with pytest.raises(StoreError):
            store.take_back(name, "Bo")


def test_what_an_update_says_stands_before_a_withdrawal(store: ReviewStore) -> None:
    """A run cannot propose whom the data no longer have: that they are gone says more."""
    store.propose(DATA, "run1", {(A, X): 0.9})
    store.accept_over(DATA, 0.5)
    store.propose(DATA, "run2", {})
    assert store.mark_changed(DATA, "run2", {(A, X): "gone: source"}) == 1
    assert store.mark_changed(DATA, "run2", {(A, X): "gone: source"}) == 0
    assert [(one.state, one.text) for one in store.alignment(DATA)] == [("changed", "gone: source")]


def test_a_verdict_takes_the_rest_of_its_card_along(store: ReviewStore) -> None:
    """In bulk many verdicts have one card, but nobody looked at them together."""
    group = [verdict(A, X, card="1" * 32, order="group"), verdict(B, X, "not", card="1" * 32, order="group")]
    bulk = [verdict(f"{A}{i}", f"{X}{i}", card="2" * 32, order=BULK) for i in range(3)]
    store.append(*group, *bulk)
    assert store.take_back(group[1].event_id, "Bo") == 2
    assert store.take_back(bulk[0].event_id, "Bo") == 1
    assert {(one.query, one.verdict) for one in store.current(DATA)} == {(f"{A}{i}", "match") for i in (1, 2)}
    with pytest.raises(StoreError, match="already taken back"):
        store.take_back(group[0].event_id, "Bo")


def test_the_database_refuses_to_change_an_entry(store: ReviewStore, url: str) -> None:
    store.propose(DATA, "run1", {(A, X): 0.9})
    statements = ["UPDATE alignment SET kind = 'accepted'", "DELETE FROM alignment"]
    if url.startswith("sqlite"):
        columns = "seq, entry_id, batch, kind, fingerprint, run_id, author, source, target"
        statements.append(f"INSERT OR REPLACE INTO alignment SELECT {columns}, 0.1, text, undoes, time FROM alignment")
    else:
        statements.append("TRUNCATE alignment")
    for statement in statements:
        with pytest.raises(exc.DBAPIError, match="only added"), raw(url) as connection:
            connection.exec_driver_sql(statement)
    assert store.alignment(DATA)[0].probability == 0.9


def test_a_store_of_the_third_version_gets_the_alignment_and_keeps_its_events(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = verdict(A, X)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        with closing(open_store(url)) as older:
            older.append(event)
    with closing(open_store(url)) as newer:
        assert newer.events(DATA) == [event]
        assert states(newer) == {(A, X): "accepted"}


def test_every_copy_holds_the_alignment(store: ReviewStore, tmp_path: Path) -> None:
    store.propose(DATA, "run1", {(A, X): 1 / 3, ("", Y): None})
    batch, _ = store.accept_over(DATA, 0.3)
    store.take_back(batch, "Ann")
    store.follow(NEXT_DATA, DATA, "Ann")
    store.append(verdict(B, Y))
    store.backup(tmp_path / "copy")
    assert store.write_jsonl(tmp_path / "lines.jsonl") == 6
    for name in ("copy", "lines.jsonl"):
        with closing(open_store(f"sqlite:///{tmp_path / name}.sqlite")) as other:
            assert other.restore(tmp_path / name) == 6
            assert other.replay(tmp_path / "lines.jsonl") == 0
            assert other.alignment(NEXT_DATA) == store.alignment(NEXT_DATA)
            assert other.pair_history(DATA, A, X) == store.pair_history(DATA, A, X)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "match"},
        {"probability": 1.5},
        {"probability": float("nan")},
        {"probability": "0.5"},
        {"source": "", "target": ""},
        {"source": "a\0b"},
        {"source": "x" * 2001},
        {"batch": "x"},
        {"undoes": "0" * 32},
        {"kind": "undo"},
        {"kind": "follows", "text": NEXT_DATA},
        {"kind": "follows", "text": "", "source": "", "target": ""},
        {"time": float("inf")},
    ],
)
def test_what_an_entry_cannot_be(wrong: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"entry_id": "1" * 32, "batch": "2" * 32, "kind": "proposed", "fingerprint": DATA}
    usual |= {"run_id": "run", "author": "run", "source": A, "target": X}
    AlignmentEntry(**usual)
    with pytest.raises(StoreError):
        AlignmentEntry(**{**usual, **wrong})


def test_an_undone_verdict_of_newer_data_leaves_the_older_one(store: ReviewStore) -> None:
    newer = verdict(A, X, "not", fingerprint=NEXT_DATA)
    store.append(verdict(A, X), newer, undo(newer, 2))
    store.follow(NEXT_DATA, DATA, "Ann")
    assert states(store, NEXT_DATA) == {(A, X): "accepted"}
