"""Rows that programs write around the data, and signs that they write instead of the usual ones."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import lay, said

HEADER = "id,name,size\n"
ROWS = "a,Zürich,4\nb,Basel,2\n"
TARGET = {"target.csv": "id,name\n1,Zurich\n2,Bâle\n", "links.csv": "source,target\na,1\nb,2\n"}


def read(folder: Path, table: str | bytes) -> GraphPair:
    return read_graph_pair(lay(folder, TARGET, {"source.csv": table}))


@pytest.mark.parametrize(
    "end",
    ["Total,,6\n", "Summe:,,6\n", "Count: 2,,\n", ",Grand total,6\n", "(2 rows)\n", "2 rows in set (0.00 sec)\n",
     ",,\n2 Datensätze,,\n", "合计,,6\n", "2,,\n"],
)  # fmt: skip
def test_a_total_or_a_remark_below_the_data_is_left_out_and_said(tmp_path: Path, end: str) -> None:
    pair = read(tmp_path, HEADER + ROWS + end)
    assert pair.source.entities == ["a", "b"]
    assert said(pair, "a total or a remark").count == 1


@pytest.mark.parametrize("row", ["Total,Oil company,6", "Total,Oil,", "t,Total,6", "Count,Dracula,", "2 rows,a song,"])
def test_an_entity_that_is_called_total_stays(tmp_path: Path, row: str) -> None:
    assert len(read(tmp_path, f"{HEADER}{ROWS}{row}\n").source) == 3


@pytest.mark.parametrize("row", ["Prepared by the office,,", "17,,", ",,6"])
def test_a_last_row_with_one_cell_is_pointed_at_where_it_is_no_usual_id(tmp_path: Path, row: str) -> None:
    pair = read(tmp_path, f"{HEADER}{ROWS}{row}\n")
    assert len(pair.source) == 2 + (row[0] != ",")  # without an id it is left out
    assert f"line 4: {row.strip(',')}" in str(said(pair, "if it is a remark or a sum"))


@pytest.mark.parametrize("rows", ["c,,\n" + ROWS + "d e,,\n", ROWS + "d,,\n", ROWS.replace("b,", "3,") + "4,,\n"])
def test_an_entity_of_which_the_id_alone_is_known_is_no_remark(tmp_path: Path, rows: str) -> None:
    links = {"links.csv": "source,target\na,1\n"}
    pair = read_graph_pair(lay(tmp_path, TARGET, links, {"source.csv": HEADER + rows}))
    assert len(pair.source) == rows.count("\n")
    assert not [note for note in pair.notes if "remark" in note.why]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("| id | name |\n|:---|---:|\n| a | Zürich |\n| b | Basel |\n", "a line of dashes"),
        (" id | name\n----+------\n a  | Zürich\n b  | Basel\n(2 rows)\n", "a line of dashes"),
        ("+--+----+\n|id|name|\n+--+----+\n|a|Zürich|\n|b|Basel|\n+--+----+\n", "2 rows left out: a line of dashes"),
        (HEADER + "a,Zürich,4\n" + HEADER + "b,Basel,2\n", "the header again"),
        (",,Figures\n" + HEADER + ROWS, "above the header"),
        ("id^name\na^Zürich, ZH\nb^Basel\n", "'^' is the separator"),
        ("'id','name'\n'a','Zürich, ZH'\n'b','Basel'\n", "single quotes"),
        ('id,name\na,"the \\"Zürich\\", ZH"\nb,Basel\n', "a backslash"),
    ],
)
def test_what_programs_write_around_the_data(tmp_path: Path, table: str, why: str) -> None:
    pair = read(tmp_path, table)
    assert pair.source.entities == ["a", "b"]
    assert pair.source.names[0].replace('"', "") in ("Zürich", "Zürich, ZH", "the Zürich, ZH")
    assert said(pair, why)


@pytest.mark.parametrize(
    "table",
    [
        "\ufeff\ufeff" + HEADER + ROWS,
        (HEADER + ROWS).replace("\n", "\r"),
        "id,name\na,C:\\\nb,x\n",
        ",id,name\n0,a,title\n1,b,x\n",
    ],
)
def test_what_changes_nothing(tmp_path: Path, table: str) -> None:
    pair = read(tmp_path, table)
    assert (pair.source.entities, len(pair.source.names)) == (["a", "b"], 2)


@pytest.mark.parametrize(
    ("header", "row"),
    [('"id\n(official)","name\nof the place"', "a,A"), ("id,name", "a," + "x" * 200_000), ("code,word", "a,A")],
)
def test_headers_of_several_lines_and_long_texts_are_read(tmp_path: Path, header: str, row: str) -> None:
    pair = read(tmp_path, f"{header}\n{row}\nb,B\n")
    assert pair.source.entities == ["a", "b"]
    assert not [note for note in pair.notes if "\n" in str(note) or note.kind == "left out"]


@pytest.mark.parametrize("links", ["a 1\nb 2\na 2\n", "id1 id2\na 1\nb 2\na 2\n"])
def test_pairs_apart_by_blanks_in_a_text_file(tmp_path: Path, links: str) -> None:
    files = {
        "source.csv": HEADER + ROWS,
        "links.csv": None,
        "links.txt": links,
        "notes.txt": "two words\nthree more words\n",
    }
    pair = read_graph_pair(lay(tmp_path, TARGET, files))
    assert (len(pair.links), said(pair, "' ' is the separator").file) == (3, "links.txt")
    assert said(pair, "no reader of this layout").examples == ("notes.txt",)


def test_a_table_of_one_column_of_words_is_not_cut_at_blanks(tmp_path: Path) -> None:
    table = {"source.csv": "full name\nAda Lovelace\nMary Shelley\n", "links.csv": "source,target\nAda Lovelace,1\n"}
    assert read_graph_pair(lay(tmp_path, TARGET, table)).source.entities == ["Ada Lovelace", "Mary Shelley"]


@pytest.mark.parametrize(
    ("content", "what"),
    [(gzip.compress(ROWS.encode()), "end with .gz"), (bz2.compress(b"x"), "end with .bz2"), (b"PK\x03\x04", "as CSV")],
    ids=["gzip", "bzip2", "zip"],  # gzip writes the time: processes that collect in other seconds would disagree
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(DataFormatError, match=what):
        read(tmp_path, content)


@pytest.mark.parametrize("spelled", ["['{}']", '"""{}"""', "“{}”", "[{}]"])
def test_ids_in_more_quotes_or_brackets_than_they_have(tmp_path: Path, spelled: str) -> None:
    links = f"source,target\n{spelled.format('a')},{spelled.format('1')}\n"
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": HEADER + ROWS, "links.csv": links}))
    assert (len(pair.links), said(pair, "without quotes or brackets").count) == (1, 2)


def test_columns_that_name_the_data_sets_are_not_the_ids(tmp_path: Path) -> None:
    links = "source,target,id1,id2\nabt,buy,a,1\nabt,buy,b,2\n"
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": HEADER + ROWS, "links.csv": links}))
    assert (len(pair.links), said(pair, "id1 holds ids of the source").kind) == (2, "guessed")


def test_a_header_is_no_row_of_links_though_a_link_comes_again(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": HEADER + ROWS, "links.csv": "a,1\nb,2\na,1\n"}))
    assert said(pair, "listed more than once").count == 1


def test_quotes_that_no_rule_explains_are_refused_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match=r"source\.csv:3: .*after"):
        read(tmp_path, HEADER + 'a,x,1\nb,"Ba"sel,2\n')
