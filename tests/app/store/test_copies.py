"""Backup and restore, JSONL out and back in, and the commands that do it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import ReviewStore, StoreError, open_store
from app.store.__main__ import main
from pmf.errors import DataFormatError
from tests.app.store.events import DATA, A, B, new_event, raw, undo
from tests.conftest import ROOT


@pytest.fixture
def full(store: ReviewStore) -> ReviewStore:
    """A store with a bit of everything."""
    event = new_event(reason="naïve\u2028“why”\r\n", candidates=(A, "http://t.example/北京"), seconds=0.1 + 0.2)
    store.append(event, new_event(B, "none", annotator="Bo"), undo(event, 2), new_event("x", fingerprint="e" * 64))
    return store


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[ReviewStore]:
    store = open_store(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield store
    store.close()


def everything(store: ReviewStore) -> list[object]:
    return [store.events(DATA), store.current(DATA), store.events("e" * 64), store.latest(DATA, "Bo", 1)]


def test_a_backup_brings_everything_back(full: ReviewStore, empty: ReviewStore, tmp_path: Path) -> None:
    full.backup(tmp_path / "copy")
    assert empty.restore(tmp_path / "copy") == 4
    assert everything(empty) == everything(full)


def test_jsonl_brings_everything_back(full: ReviewStore, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    assert full.write_jsonl(file) == 4
    assert file.read_bytes().count(b"\n") == 4
    assert full.replay(file) == 0
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert other.replay(file) == 4
    assert other.replay(file) == 0
    assert everything(other) == everything(full)
    other.close()


@pytest.mark.parametrize("name", ["copy.sqlite", "copy.jsonl"])
def test_either_database_takes_a_copy_of_sqlite(
    store: ReviewStore, empty: ReviewStore, tmp_path: Path, name: str
) -> None:
    event = new_event(candidates=("http://t.example/é",))
    empty.append(event, undo(event, 2), new_event(verdict="not", version=3), new_event(B, "none", annotator="Bo"))
    (empty.backup if name == "copy.sqlite" else empty.write_jsonl)(tmp_path / name)
    assert store.restore(tmp_path / name) == 4
    assert everything(store) == everything(empty)
    store.append(new_event(version=4))  # it goes on from there


def test_a_part_is_completed(full: ReviewStore, empty: ReviewStore, tmp_path: Path) -> None:
    empty.append(full.events(DATA)[0])
    full.write_jsonl(tmp_path / "events.jsonl")
    assert empty.replay(tmp_path / "events.jsonl") == 3
    assert everything(empty) == everything(full)


def test_only_an_empty_store_is_restored_into(full: ReviewStore, tmp_path: Path) -> None:
    before = everything(full)
    full.backup(tmp_path / "copy")
    with pytest.raises(StoreError, match="not empty"):
        full.restore(tmp_path / "copy")
    with pytest.raises(StoreError, match="there is a file already"):
        full.backup(tmp_path / "copy")
    with pytest.raises(StoreError, match="there is a file already"):
        full.write_jsonl(tmp_path / "copy")
    assert everything(full) == before


DAMAGE = {
    "cut off": lambda line: line[: len(line) // 2],
    "no JSON": lambda line: b"hello\n",
    "no object": lambda line: b"[]\n",
    "empty line": lambda line: b"\n",
    "no UTF-8": lambda line: line.replace(b"Bo", b"\xff\xfe"),
    "field missing": lambda line: line.replace(b'"side": "source", ', b""),
    "field too many": lambda line: line.replace(b'"side"', b'"page": 1, "side"'),
    "wrong verdict": lambda line: line.replace(b'"none"', b'"perhaps"'),
    "wrong type": lambda line: line.replace(b'"version": 1', b'"version": "1"'),
    "not a number": lambda line: line.replace(b'"seconds": 0.0', b'"seconds": NaN'),
    "deeply nested": lambda line: b"[" * 100_000 + b"\n",
    "version ahead": lambda line: line.replace(b'"version": 1', b'"version": 2'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_line_is_named_and_nothing_is_loaded(
    full: ReviewStore, empty: ReviewStore, tmp_path: Path, damage: object
) -> None:
    file = tmp_path / "events.jsonl"
    full.write_jsonl(file)
    lines = file.read_bytes().splitlines(keepends=True)
    assert callable(damage)
    assert lines[1] != damage(lines[1])
    file.write_bytes(lines[0] + damage(lines[1]) + lines[2] + lines[3])
    for load in (empty.replay, empty.restore):
        with pytest.raises(DataFormatError, match=r"events\.jsonl:2: "):
            load(file)
    assert empty.events(DATA) == []


def test_a_backup_that_is_none_is_refused(empty: ReviewStore, tmp_path: Path) -> None:
    empty.append(*(new_event(f"{A}{i}") for i in range(300)))
    empty.backup(tmp_path / "good.sqlite")
    whole = (tmp_path / "good.sqlite").read_bytes()
    (tmp_path / "cut.sqlite").write_bytes(whole[: len(whole) // 2 + 100])
    (tmp_path / "zeros.sqlite").write_bytes(whole[:8192] + bytes(20_000) + whole[28_192:])
    with raw(f"sqlite:///{tmp_path / 'foreign.sqlite'}") as connection:
        connection.exec_driver_sql("CREATE TABLE events (a)")
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    for name in ("cut", "zeros", "foreign"):
        with pytest.raises(DataFormatError, match="undamaged backup"):
            other.restore(tmp_path / f"{name}.sqlite")
    assert other.events(DATA) == []
    assert other.restore(tmp_path / "good.sqlite") == 300
    other.close()


def test_a_backup_is_one_moment_while_others_write(store: ReviewStore, empty: ReviewStore, tmp_path: Path) -> None:
    """Each call saves a pair of events; a copy that holds one of a pair is not of one moment."""
    stop = threading.Event()

    def write() -> None:
        i = 0
        while not stop.is_set():
            store.append(new_event(f"{A}{i}"), new_event(f"{A}{i}", side="target"))
            i += 1

    writers = threading.Thread(target=write)
    writers.start()
    try:
        sizes = []
        for i in range(4):
            store.backup(tmp_path / f"{i}")
            store.write_jsonl(tmp_path / f"{i}.jsonl")
            for file in (tmp_path / f"{i}", tmp_path / f"{i}.jsonl"):
                copy = open_store(f"sqlite:///{file}.restored")
                copy.restore(file)
                sides = [{e.query for e in copy.events(DATA) if e.side == side} for side in ("source", "target")]
                assert sides[0] == sides[1]
                sizes.append(len(sides[0]))
                copy.close()
    finally:
        stop.set()
        writers.join()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_the_commands(full: ReviewStore, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy, lines, target = (str(tmp_path / name) for name in ("copy", "lines.jsonl", "target.sqlite"))
    assert main(["--store", url, "backup", copy]) == 0
    assert main(["--store", url, "export", lines]) == 0
    assert main(["--store", f"sqlite:///{target}", "restore", copy]) == 0
    assert main(["--store", f"sqlite:///{target}", "replay", lines]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"backup: {copy}",
        f"4 events written: {lines}",
        "4 events added",
        "0 events added",
    ]
    restored = open_store(f"sqlite:///{target}")
    assert everything(restored) == everything(full)
    restored.close()
    assert main(["--store", url, "restore", copy]) == 2
    assert main(["--store", url, "replay", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "app.store: the review store is not empty: restore into an empty one, or replay a JSONL file",
        f"app.store: No such file or directory: {tmp_path / 'nowhere'}",
    ]


def test_the_store_lies_in_the_runs_folder_or_where_the_environment_says(tmp_path: Path) -> None:
    environment = {**os.environ, "PMF_RUNS": str(tmp_path / "runs")}
    for extra, file in (
        ({}, "runs/reviews.sqlite"),
        ({"PMF_REVIEWS": f"sqlite:///{tmp_path}/own.sqlite"}, "own.sqlite"),
    ):
        command = [sys.executable, "-m", "app.store", "export", str(tmp_path / f"{file}.jsonl")]
        done = subprocess.run(
            command, cwd=ROOT, env={**environment, **extra}, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("0 events written")
        assert (tmp_path / file).is_file()
