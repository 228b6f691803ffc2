"""Notes: what is said of a data set, counted, with its first examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmf.data.notes import EXAMPLES, Note, Notes
from pmf.data.readers import read_graph_pair
from pmf.data.stored.writer import write
from tests.small_data import DBP15K, lay


def test_the_same_thing_is_counted_and_its_first_examples_are_kept() -> None:
    notes = Notes()
    notes.say("guessed", "read as cp1252, because it is not UTF-8", file="a.csv", setting="encoding=cp1252")
    for line in range(25):
        notes.add("left out", "they name unknown ids", file="relations.csv", example=f"line {line}: zz")
    first, second = notes.done()
    assert (first.kind, first.count, len(first.examples)) == ("left out", 25, EXAMPLES)
    assert str(first) == (
        "relations.csv: 25 rows left out: they name unknown ids (e.g. line 0: zz; line 1: zz; line 2: zz)."
    )
    assert str(second) == "a.csv: guessed: read as cp1252, because it is not UTF-8."


@pytest.mark.parametrize("unit", ["entity", "prefix", "row"])
def test_units_have_their_plural(unit: str) -> None:
    plural = {"entity": "entities", "prefix": "prefixes", "row": "rows"}[unit]
    assert str(Note(kind="left out", unit=unit, count=2, why="w")) == f"2 {plural} left out: w."


def test_notes_survive_json_and_older_ones_were_sentences() -> None:
    note = Note(kind="changed", why="w", file="f", unit="id", count=2, examples=("a",), remedy="Do.", setting="x=y")
    assert Note.from_dict(json.loads(json.dumps(note.to_dict()))) == note
    assert str(Note.from_dict("1 link is listed twice.")) == "1 link is listed twice."
    for broken in ({}, {"kind": "left out"}, {**note.to_dict(), "kind": "x"}, {**note.to_dict(), "count": "2"}):
        with pytest.raises(ValueError, match="not a note"):
            Note.from_dict(broken)


def test_a_stored_data_set_keeps_what_was_said_when_it_was_read(tmp_path: Path) -> None:
    twice = {"dbp_zh_en.json": None, "ill_ent_ids": "0\t1\n0\t1\n2\t4\n5\t6\n"}
    pair = read_graph_pair(lay(tmp_path / "raw", DBP15K, twice))
    assert [note.unit for note in pair.notes] == ["link"]
    write(pair, tmp_path / "stored")
    assert read_graph_pair(tmp_path / "stored").notes == pair.notes
