"""Kept lists and notes on slices: only ever added, each once, and in every copy of the store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from app.store import ReviewStore, SliceEntry, StoreError, migrations, open_store
from app.store.schema import row_of
from pmf.errors import DataFormatError
from tests.app.store.events import DATA, new_event, raw

OTHER_DATA = "e" * 64


def new_entry(**fields: Any) -> SliceEntry:
    """A note of Ann's with a fresh id."""
    usual: dict[str, Any] = {
        "entry_id": uuid.uuid4().hex,
        "kind": "note",
        "fingerprint": DATA,
        "run_id": "run",
        "author": "Ann",
        "slice": "degree:1-2",
        "text": "naïve\u2028“why”\r\n北京",
    }
    return SliceEntry(**{**usual, **fields})


def new_list(*entities: int, **fields: Any) -> SliceEntry:
    """A list that Ann kept."""
    return new_entry(**{"kind": "list", "slice": "saved:0", "text": "Fixed", "entities": entities, **fields})


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[ReviewStore]:
    store = open_store(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield store
    store.close()


def test_what_was_saved_is_there_in_order(store: ReviewStore, url: str) -> None:
    first, note, elsewhere = new_list(1, 5), new_entry(author="Bo"), new_list(2, fingerprint=OTHER_DATA)
    later = new_list(3, 2**31 - 1, slice="saved:1", text="Broken")
    store.append_slice(first, note, elsewhere)
    store.append_slice(later)
    assert store.slices(DATA) == [first, note, later]
    assert store.slice_titles(DATA) == {"saved:1": "Broken", "saved:0": "Fixed"}
    assert list(store.slice_titles(DATA)) == ["saved:1", "saved:0"]  # the newest first
    assert store.slice_entities(DATA, "saved:0") == (1, 5)
    assert store.slice_entities(OTHER_DATA, "saved:0") == (2,)
    assert store.slice_entities(DATA, "degree:1-2") is None
    with closing(open_store(url)) as again:
        assert again.slices(DATA) == [first, note, later]


def test_the_same_list_is_kept_once_and_an_id_never_changes_its_words(store: ReviewStore) -> None:
    kept, note = new_list(1, 5), new_entry()
    store.append_slice(kept, note)
    again = new_list(1, 5, entry_id=kept.entry_id, author="Bo", text="Another title")
    store.append_slice(again, note)
    assert store.slices(DATA) == [kept, note]
    with pytest.raises(StoreError, match="says something else"):
        store.append_slice(new_entry(), new_entry(entry_id=note.entry_id, text="other words"))
    assert store.slices(DATA) == [kept, note]  # nothing of the second call


def test_the_database_refuses_to_change_an_entry(store: ReviewStore, url: str) -> None:
    entry = new_entry()
    store.append_slice(entry)
    statements = ["UPDATE slices SET text = 'x'", "DELETE FROM slices"]
    if url.startswith("sqlite"):
        columns = "seq, entry_id, kind, fingerprint, run_id, author, slice"
        statements.append(f"INSERT OR REPLACE INTO slices SELECT {columns}, 'x', entities, time FROM slices")
    else:
        statements.append("TRUNCATE slices")
    for statement in statements:
        with pytest.raises(exc.DBAPIError, match="only added"), raw(url) as connection:
            connection.exec_driver_sql(statement)
    assert store.slices(DATA) == [entry]


def test_a_store_of_the_first_version_gets_slices_and_keeps_its_events(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, entry = new_event(), new_entry()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        open_store(url).close()
    row = {name: value for name, value in row_of(event).items() if name != "card"}  # as the first version wrote it
    with raw(url) as connection:
        names = ", ".join(f'"{name}"' for name in row)
        connection.execute(
            sa.text(f"INSERT INTO events ({names}) VALUES ({', '.join(f':{name}' for name in row)})"), row
        )
        assert not sa.inspect(connection).has_table("slices")
    store = open_store(url)
    store.append_slice(entry)
    assert (store.events(DATA), store.slices(DATA)) == ([event], [entry])
    store.close()


def test_every_copy_holds_slices(store: ReviewStore, empty: ReviewStore, tmp_path: Path) -> None:
    event, entries = new_event(), [new_list(0, 7), new_entry(), new_entry(fingerprint=OTHER_DATA)]
    store.append(event)
    store.append_slice(*entries)
    store.backup(tmp_path / "copy")
    assert store.write_jsonl(tmp_path / "lines.jsonl") == 4
    assert empty.restore(tmp_path / "copy") == 4
    assert empty.replay(tmp_path / "lines.jsonl") == 0  # all of it is here
    with closing(open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")) as other:
        other.append_slice(entries[1])
        with pytest.raises(StoreError, match="not empty"):
            other.restore(tmp_path / "lines.jsonl")
        assert other.replay(tmp_path / "lines.jsonl") == 3
        for copy in (empty, other):
            assert copy.events(DATA) == [event]
            assert sorted(copy.slices(DATA), key=lambda e: e.kind) == entries[:2]
            assert copy.slices(OTHER_DATA) == entries[2:]


@pytest.mark.parametrize(
    ("change", "got"),
    [
        (('"kind": "list"', '"kind": "verdict"'), "cannot have kind"),
        (('"entities": [0, 7]', '"entities": [7, 0]'), "cannot have entities"),
        (('"entities": [0, 7]', '"entities": []'), "cannot have entities"),
        (('"text": "Fixed"', '"text": " "'), "cannot have text"),
        (('"author": "Ann"', '"author": 3'), "author must be text"),
        (('"run_id": "run", ', ""), "not the fields"),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_loaded(
    empty: ReviewStore, tmp_path: Path, change: tuple[str, str], got: str
) -> None:
    line = new_list(0, 7).to_json()
    assert change[0] in line
    (tmp_path / "lines.jsonl").write_text(f"{new_event().to_json()}\n{line.replace(*change)}\n")
    with pytest.raises(DataFormatError, match=rf"lines\.jsonl:2: .*{got}"):
        empty.replay(tmp_path / "lines.jsonl")
    assert empty.events(DATA) == []
