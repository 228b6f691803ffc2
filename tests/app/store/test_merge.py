"""Two people's databases become one: nothing is overwritten, and what contradicts is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import Event, ReviewStore, open_store
from app.store.__main__ import main
from app.store.merge import Merged
from pmf.errors import DataFormatError
from tests.app.store.events import DATA, A, B, C, new_event, undo

X, Y = "http://t.example/a", "http://t.example/b"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[ReviewStore]:
    store = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    yield store
    store.close()


def merge(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> Merged:
    file = tmp_path / "other.jsonl"
    file.unlink(missing_ok=True)
    other.write_jsonl(file)
    return store.merge(file)


def states(store: ReviewStore) -> dict[tuple[str, str], str]:
    return {one.pair: one.state for one in store.alignment(DATA)}


def test_work_on_other_queries_comes_as_it_is(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> None:
    store.append(new_event(A))
    theirs = [new_event(B), new_event(C, "none", annotator="Bo")]
    other.append(*theirs)
    other.propose(DATA, "run2", {(A, X): 0.9})
    done = merge(store, other, tmp_path)
    assert (done.added, done.renamed, done.conflicts) == (3, 0, [])
    assert set(theirs) <= set(store.events(DATA))
    assert set(states(store).values()) == {"accepted"}
    assert merge(store, other, tmp_path).added == 0


def test_two_people_who_contradict_each_other(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> None:
    store.append(new_event(A, other=X))
    other.append(new_event(A, other=Y, annotator="Bo"))
    done = merge(store, other, tmp_path)
    assert [(one.pair, one.who) for _, one in done.conflicts] == [((A, X), ("Ann",)), ((A, Y), ("Bo",))]
    assert merge(store, other, tmp_path).conflicts == []  # they were there before


def test_one_person_in_two_places(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> None:
    shared, same = new_event(A, "unsure"), new_event(C)
    for one in (store, other):
        one.append(shared)
    here, there = new_event(A, version=2, other=X), new_event(A, version=2, other=Y)
    store.append(here, same)
    other.append(there, new_event(C))  # the same was said of C in both
    done = merge(store, other, tmp_path)
    assert (done.added, done.renamed) == (1, 1)
    assert {e.annotator: e.other for e in store.current(DATA) if e.query == A} == {"Ann": X, "Ann (merged)": Y}
    assert {one.pair for _, one in done.conflicts} == {(A, X), (A, Y)}
    again = merge(store, other, tmp_path)
    assert (again.added, again.conflicts) == (0, [])


def test_a_third_place_gets_a_name_of_its_own(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> None:
    store.append(new_event(A, other=X))
    store.append(new_event(A, other=Y, annotator="Ann (merged)"))
    other.append(new_event(A, other="z"))
    merge(store, other, tmp_path)
    assert {e.annotator: e.other for e in store.current(DATA)} == {"Ann": X, "Ann (merged)": Y, "Ann (merged 2)": "z"}


def test_a_verdict_taken_back_there_and_gone_on_with_here(
    store: ReviewStore, other: ReviewStore, tmp_path: Path
) -> None:
    shared = new_event(A, other=X)
    for one in (store, other):
        one.append(shared)
    store.append(new_event(A, version=2, other=Y))
    other.append(undo(shared, 2))
    done = merge(store, other, tmp_path)
    assert (done.added, done.left_out) == (0, 1)
    assert states(store) == {(A, Y): "accepted"}


def test_a_decision_taken_here_stays(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> None:
    def decided(who: str, what: str) -> Event:
        return new_event(A, other=what, kind="adjudication", annotator=who)

    store.append(decided("Ada", X))
    other.append(decided("Bo", Y))
    done = merge(store, other, tmp_path)
    assert (done.added, done.set_aside) == (1, 1)
    assert states(store) == {(A, X): "accepted"}
    assert {(e.annotator, e.kind) for e in store.events(DATA)} == {("Ada", "adjudication"), ("Bo", "import")}


def test_what_was_taken_back_in_both_is_no_conflict(store: ReviewStore, other: ReviewStore, tmp_path: Path) -> None:
    store.propose(DATA, "run1", {(A, X): 0.9})
    batch, _ = store.accept_over(DATA, 0.5)
    event = new_event(B)
    store.append(event)
    merge(other, store, tmp_path)
    for one, version in ((store, 2), (other, 2)):
        one.take_back(batch, "Ann")
        one.append(undo(event, version))
    assert merge(store, other, tmp_path) == Merged(added=0, renamed=0, set_aside=0, left_out=0, conflicts=[])
    assert states(store) == {(A, X): "proposed"}


def test_a_backup_is_merged_too_and_a_damaged_file_adds_nothing(
    store: ReviewStore, other: ReviewStore, tmp_path: Path
) -> None:
    other.append(new_event(A))
    other.backup(tmp_path / "copy.sqlite")
    assert store.merge(tmp_path / "copy.sqlite").added == 1
    (tmp_path / "lines.jsonl").write_text(new_event(B).to_json() + "\nnot a line\n")
    with pytest.raises(DataFormatError, match=r"lines\.jsonl:2"):
        store.merge(tmp_path / "lines.jsonl")
    assert len(store.events(DATA)) == 1


def test_the_command_lists_conflicts(
    store: ReviewStore, url: str, other: ReviewStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.append(new_event(A, other=X))
    other.append(new_event(A, other=Y))
    other.write_jsonl(tmp_path / "lines.jsonl")
    assert main(["--store", url, "merge", str(tmp_path / "lines.jsonl")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 event added",
        "1 event under “NAME (merged)”: NAME judged otherwise here",
        "2 new conflicts: decide in Review",
        f"  {A}\t{X}\tAnn",
        f"  {A}\t{Y}\tAnn (merged)",
    ]
