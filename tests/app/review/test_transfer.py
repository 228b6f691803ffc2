"""Verdicts out and back in, in every format, and files that are refused as a whole."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from app.review.services.desk import fingerprint
from app.review.services.importing import Imported, import_verdicts
from app.review.services.queue import ReviewFilter, queue
from app.review.services.transfer import COLUMNS, FORMATS, export_verdicts
from app.shared.services.access import NotAllowedError
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore, open_store
from pmf.errors import ConfigError, DataFormatError
from pmf.runs import layout
from tests.app.review.people import ADA, ANN, BEN, Judge, undo

WHOLE = ("csv", "parquet", "jsonl")


@pytest.fixture
def reviewed(store: ReviewStore, atlas: RunView, judge: Judge) -> list[Event]:
    """Verdicts of every kind, from both sides, of two people, with reasons that mean harm."""
    forward = queue(atlas, ReviewFilter(audit=0, probes=0)).queries.tolist()
    back = queue(atlas, ReviewFilter(audit=0, probes=0, direction=layout.TARGET_TO_SOURCE)).queries.tolist()
    judge(ANN, forward[0], "match", reason='=HYPERLINK("http://evil.example","x")', seconds=2.5)
    judge(BEN, forward[0], "match", reason="it's\nthe same, “really”; 東京")
    judge(ANN, forward[1], "not")
    judge(ANN, forward[2], "none")
    judge(ANN, forward[3], "unsure", reason="+1")
    judge(ANN, back[0], "match", place=2)
    judge(ANN, back[1], "none")
    judge(ANN, forward[4], "match")
    undo(ANN, store, atlas)
    judge(ANN, forward[5], "match")
    judge(BEN, forward[5], "not")
    return store.current(fingerprint(atlas))


def essence(events: list[Event]) -> set[tuple[str, ...]]:
    return {(e.annotator, e.side, e.query, e.other, e.verdict, e.reason) for e in events}


@pytest.mark.parametrize("form", WHOLE)
def test_out_and_back_in(store: ReviewStore, atlas: RunView, reviewed: list[Event], form: str, tmp_path: Path) -> None:
    content = export_verdicts(ADA, store, atlas, form)
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert import_verdicts(ADA, other, atlas, FORMATS[form], content) == Imported(new=len(reviewed), already=0)
    verdicts = other.current(fingerprint(atlas))
    assert essence(verdicts) == essence(reviewed)
    assert {event.kind for event in verdicts} == {"import"}
    again = import_verdicts(ADA, other, atlas, FORMATS[form], content)
    assert again == Imported(new=0, already=len(reviewed))
    assert import_verdicts(ADA, store, atlas, FORMATS[form], content) == Imported(new=0, already=len(reviewed))
    assert len(other.events(fingerprint(atlas))) == len(reviewed)
    other.close()


def test_pairs_that_are_not_the_same_are_counted(store: ReviewStore, atlas: RunView) -> None:
    uris, n = atlas.reader.entities["uri"], atlas.n_source
    lines = [f"{uris[0]},{uris[n]},1", *(f"{uris[0]},{uris[n + i]},0" for i in (1, 2))]
    content = "\n".join(["source,target,label", *lines]).encode()
    assert import_verdicts(ADA, store, atlas, "pairs.csv", content) == Imported(new=1, already=0, left_out=2)


def test_short_ids_are_found_and_other_relations_counted(store: ReviewStore, atlas: RunView) -> None:
    lines = ["#curie_map:", "#  en: http://atlas.example/en/resource/", "#  fr: http://atlas.example/fr/ressource/",
             "subject_id\tpredicate_id\tobject_id", "en:Abu_Dhabi\tskos:exactMatch\tfr:Abou_Dabi",
             "en:Abuja\tskos:broadMatch\tfr:Abuja"]  # fmt: skip
    content = "\n".join(lines).encode()
    assert import_verdicts(ADA, store, atlas, "m.sssom.tsv", content) == Imported(new=1, already=0, left_out=1)
    assert {event.other for event in store.events(fingerprint(atlas))} == {B}


@pytest.mark.parametrize("form", ["links", "openea"])
def test_links_are_the_pairs_that_all_confirm(
    store: ReviewStore, atlas: RunView, reviewed: list[Event], form: str, tmp_path: Path
) -> None:
    content = export_verdicts(ADA, store, atlas, form)
    lines = content.decode().splitlines()
    assert (lines[0] == "source\ttarget") == (form == "links")
    pairs = {tuple(line.split("\t")) for line in lines[form == "links" :]}
    first = next(e for e in reviewed if e.annotator == "ben")
    back = next(e for e in reviewed if e.side == "target" and e.verdict == "match")
    assert pairs == {(first.query, first.other), (back.other, back.query)}  # not the pair in conflict
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert import_verdicts(ADA, other, atlas, FORMATS[form], content).new == 2
    assert {(e.query, e.other, e.verdict, e.annotator) for e in other.current(fingerprint(atlas))} == {
        (*pair, "match", "ada") for pair in pairs
    }
    other.close()


@pytest.mark.parametrize("form", ["sssom", "sameas", "cells"])
def test_forms_of_other_tools_hold_the_same_pairs_and_come_back(
    store: ReviewStore, atlas: RunView, reviewed: list[Event], form: str, tmp_path: Path
) -> None:
    links = export_verdicts(ADA, store, atlas, "openea").decode().splitlines()
    content = export_verdicts(ADA, store, atlas, form)
    if form == "sssom":
        assert b"\tann|ben\n" in content
        assert content.count(b"semapv:ManualMappingCuration") == len(links)
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert import_verdicts(ADA, other, atlas, FORMATS[form], content).new == len(links) == 2
    assert {f"{e.query}\t{e.other}" for e in other.current(fingerprint(atlas))} == set(links)
    other.close()


def test_no_spreadsheet_runs_a_reason(store: ReviewStore, atlas: RunView, reviewed: list[Event]) -> None:
    rows = list(csv.DictReader(io.StringIO(export_verdicts(ADA, store, atlas, "csv").decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    reasons = {row["reason"] for row in rows}
    assert """'=HYPERLINK("http://evil.example","x")""" in reasons
    assert "'+1" in reasons
    assert not [reason for reason in reasons if reason.startswith(("=", "+"))]


@pytest.mark.parametrize("form", WHOLE)
def test_annotators_are_given_their_own_verdicts(
    store: ReviewStore, atlas: RunView, reviewed: list[Event], form: str, tmp_path: Path
) -> None:
    content = export_verdicts(BEN, store, atlas, form)
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert import_verdicts(ADA, other, atlas, FORMATS[form], content).new == 2
    assert essence(other.current(fingerprint(atlas))) == essence([e for e in reviewed if e.annotator == "ben"])
    other.close()


def test_an_import_goes_on_top_of_what_is_there(store: ReviewStore, atlas: RunView, reviewed: list[Event]) -> None:
    event = next(e for e in reviewed if e.verdict == "not" and e.annotator == "ann")
    line = f"source,target,verdict,annotator\n{event.query},{event.other},match,ann\n"
    assert import_verdicts(ADA, store, atlas, "fix.csv", line.encode()) == Imported(new=1, already=0)
    (now,) = [e for e in store.current(fingerprint(atlas), "ann") if (e.side, e.query) == (event.side, event.query)]
    assert (now.verdict, now.kind, now.version) == ("match", "import", event.version + 1)


def test_an_empty_store_still_has_headers(store: ReviewStore, atlas: RunView) -> None:
    assert export_verdicts(ADA, store, atlas, "openea") == b""
    assert export_verdicts(ADA, store, atlas, "jsonl") == b""
    assert list(pd.read_parquet(io.BytesIO(export_verdicts(ADA, store, atlas, "parquet")))) == list(COLUMNS)
    with pytest.raises(ConfigError, match="no format"):
        export_verdicts(ADA, store, atlas, "xlsx")


def test_annotators_do_not_import(store: ReviewStore, atlas: RunView) -> None:
    with pytest.raises(NotAllowedError):
        import_verdicts(ANN, store, atlas, "ent_links", b"")


A, B = "http://atlas.example/en/resource/Abu_Dhabi", "http://atlas.example/fr/ressource/Abou_Dabi"
GOOD = f"{A},{B},match"
JSON = f'{{"source": "{A}", "target": "{B}", "verdict": "match", "reason": "WHY"}}'


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("v.csv", f"source,target,verdict\n{GOOD}\n{A},{B},perhaps\n", r"v\.csv:3: expected one of match, .*'perhaps'"),
        ("v.csv", f"source,target,verdict\n{A},{A},match\n", r"v\.csv:2: expected a target entity .*, got 'http"),
        ("v.csv", f"source,target,verdict\n{A},,match\n", r"v\.csv:2: expected source and target with match, got 1"),
        ("v.csv", f"source,target,verdict\n{A},{B},none\n", r"v\.csv:2: expected one of source and target with none"),
        ("v.csv", f"source,target,verdict\n{GOOD}\n{A},{B},not\n", r"v\.csv:3: expected one verdict .* in line 2"),
        ("v.csv", f"source,target,verdict,side\n{A},,none,target\n", r"v\.csv:2: expected side source, got 'target'"),
        ("v.csv", f"source,target,verdict\n{GOOD}\n\"{A}", r"v\.csv:3: expected CSV"),
        ("ent_links", f"{A}\t{B}\n{A} {B}\n", r"ent_links:2: expected a source entity of this data"),
        ("links.tsv", f"source\ttarget\n{A}\thttp://nobody.example\n", r"links\.tsv:2: expected a target entity"),
        ("m.sssom.tsv", "subject_id\tobject_id\nzz:1\tzz:2\n", r"sssom\.tsv: .* got 2 ids with zz, e\.g\. line 2: zz"),
        ("v.jsonl", '{"source": "x"}\n', r"v\.jsonl:1: expected source, target, verdict, got no target"),
        ("v.jsonl", "[1]\n", r"v\.jsonl:1: expected a JSON object"),
        ("v.jsonl", "[" * 100_000, r"v\.jsonl:1: expected a JSON object"),
        ("v.jsonl", '{"source": 1, "target": "x", "verdict": "match"}', r"v\.jsonl:1: expected text as source, got 1"),
        ("v.csv", f"source,target,verdict,annotator\n{GOOD},{'x' * 300}\n", r"v\.csv:2: expected what can be stored"),
        ("v.jsonl", JSON.replace("WHY", r"\u0000"), r"v\.jsonl:1: expected what can be stored, .* null character"),
        ("v.jsonl", JSON.replace("WHY", r"\ud800"), r"v\.jsonl:1: expected what can be stored, .* Unicode"),
        ("v.parquet", "not a table", r"v\.parquet: expected a Parquet file"),
        ("../../etc/v.csv", "", r"^v\.csv: expected a header"),
        ("v.csv", "\0", r"v\.csv:1: expected text, got a NUL byte"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_as_a_whole(
    store: ReviewStore, atlas: RunView, name: str, content: str, said: str
) -> None:
    with pytest.raises(DataFormatError, match=said):
        import_verdicts(ADA, store, atlas, name, content.encode())
    assert store.events(fingerprint(atlas)) == []


def test_a_parquet_table_of_other_columns_is_refused(store: ReviewStore, atlas: RunView) -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"source": [A], "target": [B]}).to_parquet(buffer)
    with pytest.raises(DataFormatError, match="got no verdict"):
        import_verdicts(ADA, store, atlas, "v.parquet", buffer.getvalue())
    buffer = io.BytesIO()
    pd.DataFrame({"source": [A], "target": [2.0], "verdict": ["match"]}).to_parquet(buffer)
    with pytest.raises(DataFormatError, match="expected text as target"):
        import_verdicts(ADA, store, atlas, "v.parquet", buffer.getvalue())


def test_missing_cells_of_other_tools_are_empty(store: ReviewStore, atlas: RunView) -> None:
    buffer = io.BytesIO()
    pd.DataFrame({"source": [A, None], "target": [None, B], "verdict": ["none", "none"]}).to_parquet(buffer)
    assert import_verdicts(ADA, store, atlas, "v.parquet", buffer.getvalue()).new == 2
    line = json.dumps({"source": A, "target": None, "verdict": "none", "annotator": "ann"})
    assert import_verdicts(ADA, store, atlas, "v.jsonl", line.encode()).new == 1


def test_a_file_of_any_size_is_not_read(store: ReviewStore, atlas: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    table = io.BytesIO()
    pd.DataFrame({"source": [A] * 3, "target": [B] * 3, "verdict": ["match"] * 3}).to_parquet(table)
    monkeypatch.setattr("app.review.services.importing.MAX_ROWS", 2)
    with pytest.raises(DataFormatError, match="expected 2 rows at most, got 3"):
        import_verdicts(ADA, store, atlas, "v.parquet", table.getvalue())
    monkeypatch.setattr("app.review.services.importing.MAX_BYTES", 10)
    with pytest.raises(DataFormatError, match="expected 10 bytes at most, got 11"):
        import_verdicts(ADA, store, atlas, "v.csv", b"x" * 11)
