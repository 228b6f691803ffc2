"""Parquet and JSON as tables, beside what the same tables say as CSV."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmf.data.readers import read_graph_pair, records
from pmf.errors import DataFormatError
from tests.small_data import lay, said

SOURCE = [
    {"id": "a", "name": "Zürich, city", "people": 400000, "area": 87.88, "since": None, "large": True},
    {"id": "b", "name": 'Basel "am Rhein"', "people": 170000, "area": 22.0, "since": "374", "large": False},
    {"id": "c", "name": "Chur", "people": None, "area": None, "since": "-3000", "large": False},
]
TARGET = [{"id": 1, "name": "Zurich"}, {"id": 2, "name": "Bâle"}, {"id": 3, "name": "Coire"}]
LINKS = [{"source": "a", "target": 1}, {"source": "b", "target": 2}]
TABLES = {"source": SOURCE, "target": TARGET, "links": LINKS}

Save = Callable[[Path, str, list[dict[str, Any]]], object]

SAVED: dict[str, Save] = {
    "csv": lambda folder, name, rows: pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False),
    "parquet": lambda folder, name, rows: pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet"),
    "pandas": lambda folder, name, rows: pd.DataFrame(rows).to_parquet(folder / f"{name}.parquet"),
    "json": lambda folder, name, rows: (folder / f"{name}.json").write_text(json.dumps(rows, indent=1)),
    "jsonl": lambda folder, name, rows: (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows))),
    "gz": lambda folder, name, rows: (folder / f"{name}.ndjson.gz").write_bytes(
        gzip.compress("\r\n".join(map(json.dumps, rows)).encode())
    ),
}


@pytest.mark.parametrize("way", [way for way in SAVED if way != "csv"])
def test_the_same_as_by_csv(tmp_path: Path, way: str) -> None:
    pairs = []
    for kind in ("csv", way):
        folder = tmp_path / kind
        folder.mkdir()
        for name, rows in TABLES.items():
            SAVED[kind](folder, name, rows)
        pairs.append(read_graph_pair(folder))
    by_csv, other = pairs
    for side in ("source", "target"):
        ours, theirs = getattr(by_csv, side), getattr(other, side)
        assert theirs.entities == ours.entities
        assert theirs.names == ours.names
        assert theirs.attributes == ours.attributes
        assert theirs.attribute_triples.tolist() == ours.attribute_triples.tolist()
        assert _numbers(theirs.attribute_values) == _numbers(ours.attribute_values)
    assert other.links.tolist() == by_csv.links.tolist()
    assert len(other.links) == 2


def _numbers(values: list[str]) -> list[str]:
    """Values as they are, but for how a whole number or a truth value is written."""
    return [value.removesuffix(".0").lower() for value in values]


def test_records_within_records_and_several_values(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "place": {"town": "Zürich", "at": {"lat": 47.4}}, "tags": ["lake", "city"], "seen": [{"by": 1}]},
        {"id": "b", "place": {"town": "Basel"}, "tags": [], "seen": []},
    ]
    folder = lay(tmp_path, {"source.json": json.dumps(rows), "target.csv": "id,name\n1,x\n"})
    pair = read_graph_pair(folder)
    values = {pair.source.attributes[a]: pair.source.attribute_values[v] for _, a, v in _triples(pair)}
    assert values["place.at.lat"] == "47.4"
    assert values["tags"] == "lake; city"
    assert "seen" not in values
    assert said(pair, "several values are joined").count == 1
    assert said(pair, "a list or record within a list, or bytes").count == 1


def _triples(pair: Any) -> list[tuple[int, int, int]]:
    return [(e, a, v) for v, (e, a) in enumerate(pair.source.attribute_triples[:, :2].tolist())]


def test_parquet_has_types_of_its_own(tmp_path: Path) -> None:
    lay(tmp_path, {"target.csv": "id,name\n1,x\n"})
    names = pa.array(["Zürich", "Basel"]).dictionary_encode()
    columns = {"id": pa.array([7, 8]), "name": names, "since": pa.array([date(1351, 5, 1), None]), "raw": [b"\0", b"x"]}
    pq.write_table(pa.table(columns), tmp_path / "source.parquet")
    pair = read_graph_pair(tmp_path)
    assert pair.source.entities == ["7", "8"]
    assert pair.source.names == {0: "Zürich", 1: "Basel"}
    assert pair.source.attribute_values == ["1351-05-01"]
    assert said(pair, "or bytes").count == 2


def test_parquet_without_a_row_has_columns(tmp_path: Path) -> None:
    for name in ("source", "target"):
        SAVED["csv"](tmp_path, name, TABLES[name])
    pd.DataFrame({"source": [], "target": []}).to_parquet(tmp_path / "links.parquet")
    assert said(read_graph_pair(tmp_path), "no row below the header: no links")
    (tmp_path / "links.parquet").rename(tmp_path / "old")
    (tmp_path / "links.jsonl").write_text("\n")
    assert said(read_graph_pair(tmp_path), "it is empty: no links")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    lay(tmp_path, {"target.csv": "id,name\n1,x\n"})
    table = pa.table([pa.array(["a"]), pa.array(["b"]), pa.array(["c"])], names=["id", "name", "name"])
    pq.write_table(table, tmp_path / "source.parquet")
    with pytest.raises(DataFormatError, match="two that are called 'name'"):
        read_graph_pair(tmp_path)


@pytest.mark.parametrize("name", ["x.json", "x.jsonl", "x.parquet", "x.txt"])
def test_a_pipe_in_the_folder_is_never_opened(tmp_path: Path, name: str) -> None:
    """Nobody writes to it, so that to read it would take for ever."""
    for table, rows in TABLES.items():
        SAVED["csv"](tmp_path, table, rows)
    os.mkfifo(tmp_path / name)
    assert len(read_graph_pair(tmp_path).links) == 2


def test_few_bytes_that_stand_for_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_MOST_CELLS", 5)
    for name, rows in TABLES.items():
        SAVED["parquet"](tmp_path, name, rows)
    with pytest.raises(DataFormatError, match=r"source\.parquet.* rows"):
        read_graph_pair(tmp_path)


def test_a_table_saved_twice_is_read_once_as_text(tmp_path: Path) -> None:
    for way in ("csv", "json"):
        for name, rows in TABLES.items():
            SAVED[way](tmp_path, name, rows)
    pair = read_graph_pair(tmp_path)
    assert len(pair.links) == 2
    assert said(pair, "no reader of this layout").count == 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("source.jsonl", '{"id": "a"}\n{"id": ', r"source\.jsonl:2: expected JSON"),
        ("source.jsonl", '{"id": "a"}\n[1]\n', r"source\.jsonl:2: expected a record, .* got list"),
        ("source.json", '[{"id": "a"}', r"source\.json: expected JSON"),
        ("source.json", "[" * 100_000, "source"),
        ("source.json", '[{"a": ' + "[" * 100_000, "brackets within brackets"),
        ("source.parquet", b"PAR1 no table", "expected a Parquet file"),
        ("source.jsonl", "", "expected a header, got an empty file"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    folder = lay(tmp_path, {"target.csv": "id,name\n1,x\n", name: content})
    with pytest.raises(DataFormatError, match=message) as refused:
        read_graph_pair(folder)
    assert "\n" not in str(refused.value)
