"""Files of candidate pairs: what is read of them, what is said, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.data.readers import candidate_files, candidate_pairs
from pmf.data.readers.candidate_pairs import CandidatePairs, read_candidates
from pmf.errors import ConfigError, DataFormatError

SOURCE, TARGET = ["a1", "a2", "a3"], ["b1", "b2", "B 3"]
NOTHING = np.zeros((0, 2), np.int64)


def pairs(found: CandidatePairs) -> list[tuple[int, int]]:
    return list(zip(found.source.tolist(), found.target.tolist(), strict=True))


def said(found: CandidatePairs) -> str:
    return "\n".join(map(str, found.notes))


ROWS = pd.DataFrame({"unique_id_l": ["a1", "a3", "a1"], "unique_id_r": ["b2", "b1", "b1"], "match_weight": 1.5})


@pytest.mark.parametrize("name", ["pairs.parquet", "pairs.csv", "pairs.tsv", "pairs.csv.gz", "spark.parquet"])
def test_splinks_columns_in_every_form(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "spark.parquet":  # a folder of parts, as Spark writes
        path.mkdir()
        (path / "_SUCCESS").touch()
        ROWS[:1].to_parquet(path / "part-0000.snappy.parquet")
        ROWS[1:].to_parquet(path / "part-0001.snappy.parquet")
    elif name.endswith(".parquet"):
        ROWS.to_parquet(path)
    else:
        ROWS.to_csv(path, sep="\t" if ".tsv" in name else ",", index=False)
    found = read_candidates(path, SOURCE, TARGET, NOTHING)
    assert pairs(found) == [(0, 3), (0, 4), (2, 3)]
    assert found.rows == 3
    assert "left out: of a candidate only the two ids are read (e.g. match_weight)" in said(found)


def test_what_is_no_pair_is_counted_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate_files, "ROWS", 4)  # several pieces
    rows = ["a1,b1", "b2,a2", "a1,b1", "a3,b 3", ",b1", "a1,a2", "zz,yy", "zz,b1", "A1,b2", "a2,zz"]
    table = pd.DataFrame([row.split(",") for row in rows], columns=["source", "target"])
    table.to_parquet(tmp_path / "pairs.parquet")
    found = read_candidates(tmp_path / "pairs.parquet", SOURCE, TARGET, NOTHING)
    assert pairs(found) == [(0, 3), (0, 4), (1, 4), (2, 5)]
    told = said(found)
    assert "1 pair changed: the target stands first: turned" in told
    assert "1 pair: listed more than once" in told
    assert "2 ids changed: not as in the graph, but one entity fits once capitals" in told
    assert "1 row left out: no id (e.g. line 5: , b1)" in told
    assert "1 row left out: both ids are of the same graph (e.g. line 6: a1, a2)" in told
    assert "1 row left out: neither id is in the data (e.g. line 7: zz, yy)" in told
    assert "2 rows left out: one of the two ids is in neither graph (e.g. line 8: zz, b1; line 10: a2, zz)" in told


def test_no_end_of_unknown_ids_is_spelled_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate_pairs, "MOST_SPELLED", 2)
    ids = ["x1", "x2", "A1", "a1"]
    pd.DataFrame({"source": ids, "target": "b1"}).to_parquet(tmp_path / "pairs.parquet")
    found = read_candidates(tmp_path / "pairs.parquet", SOURCE, TARGET, NOTHING)
    assert pairs(found) == [(0, 3)]
    assert "the first 2 unknown ids were sought in other spellings, the rest as they are written" in said(found)
    assert "3 rows left out" in said(found)


def test_where_both_graphs_have_the_same_ids_known_links_tell_which_stands_first(tmp_path: Path) -> None:
    numbers = [str(number) for number in range(5)]
    pd.DataFrame({"id_l": [1, 2, 3], "id_r": [0, 1, 2]}).to_parquet(tmp_path / "pairs.parquet")
    straight = read_candidates(tmp_path / "pairs.parquet", numbers, numbers, np.array([[1, 5]]))
    assert pairs(straight) == [(1, 5), (2, 6), (3, 7)]
    turned = read_candidates(tmp_path / "pairs.parquet", numbers, numbers, np.array([[0, 6]]))
    assert pairs(turned) == [(0, 6), (1, 7), (2, 8)]
    assert "3 pairs changed: the target stands first: turned" in said(turned)


def test_numbers_and_columns_without_usual_names(tmp_path: Path) -> None:
    table = pd.DataFrame({"embedding": [[0.5], [1.0]], "abt": [552.0, 580.0], "buy": [10011646, 10140760]})
    table.to_parquet(tmp_path / "pairs.parquet")
    found = read_candidates(tmp_path / "pairs.parquet", ["580", "552"], ["10140760", "10011646"], NOTHING)
    assert pairs(found) == [(0, 2), (1, 3)]
    assert "abt holds ids of the source, buy ids of the target" in said(found)


@pytest.mark.parametrize("name", ["pairs.parquet", "pairs.csv", "parts"])
def test_a_server_reads_none_from_outside_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    for variable in ("PMF_DATA", "PMF_RUNS", "PMF_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path / "data"))
    inside, outside = tmp_path / "data" / name, tmp_path / "outside.parquet"
    (inside if name == "parts" else inside.parent).mkdir(parents=True)
    ROWS.to_csv(outside, index=False) if name.endswith(".csv") else ROWS.to_parquet(outside)
    (inside / "part.parquet" if name == "parts" else inside).symlink_to(outside)
    with pytest.raises(ConfigError, match="lies outside the data root"):
        read_candidates(inside, SOURCE, TARGET, NOTHING)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("cut.parquet", None, "expected a Parquet file"),
        ("columns.csv", "name,price\nx,1\n", "a column with ids of the source"),
        ("unknown.tsv", "source\ttarget\nx\ty\n", "such as a1 and b1, got 1 row, the first line 2: x, y"),
        ("rows.csv", "source,target\n", "got 0 rows"),
        ("empty.csv", "", "got an empty file"),
        ("nowhere.parquet", "-", "got nothing"),
        ("folder", "/", "a folder of Parquet files, got neither"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, name: str, content: str | None, told: str) -> None:
    path = tmp_path / name
    if content is None:
        ROWS.to_parquet(path)
        path.write_bytes(path.read_bytes()[:-40])
    elif content == "/":
        path.mkdir()
    elif content != "-":
        path.write_text(content)
    with pytest.raises(DataFormatError, match=told) as error:
        read_candidates(path, SOURCE, TARGET, NOTHING)
    assert "\n" not in str(error.value)
