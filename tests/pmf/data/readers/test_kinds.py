"""The kinds that the small cases stand for, with other members of each."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.errors import DataFormatError
from tests.small_data import SRPRS, lay, said

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


SIDES = {"source.csv": "id,name\na,Zürich\nb,Łódź\n", "target.csv": "id,name\n1,x\n2,y\n"}


def test_probabilities_go_before_similarities(tmp_path: Path) -> None:
    folder = lay(tmp_path, SIDES, {"links.csv": "source,target,similarity,probability\na,1,1.2,0.3\nb,2,0.4,0.9\n"})
    assert read_graph_pair(folder, reading=Reading(least_score="0.5")).links.tolist() == [[1, 3]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_texts_with_a_mark(tmp_path: Path, encoding: str) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, {"source.csv": SIDES["source.csv"].encode(encoding)}))
    assert pair.source.names == {0: "Zürich", 1: "Łódź"}
    assert not [note for note in pair.notes if note.kind == "guessed"]


def test_other_encodings_are_named_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="--read encoding="):
        read_graph_pair(lay(tmp_path, SIDES, {"source.csv": "id,name\na,Москва город\n".encode("cp1251")}))


@pytest.mark.parametrize(
    "links",
    [
        "a,1\nb,2\n",  # no header
        "id1;id2;score\na;1;0.5\nb;2;0.7\n",
        "rtable_id|ltable_id|label\n1|a|1\n2|b|true\n1|b|0\n",
        "target,source\n1,a\n2,b\n",
        "source,target\n1,a\n2,b\n",  # the wrong way round
        "source,target\nA,1.0\nb,002\n",
    ],
)
def test_pairs_of_every_make(tmp_path: Path, links: str) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, {"links.csv": links}))
    assert sorted(pair.links.tolist()) == [[0, 2], [1, 3]]


def test_srprs_lists_its_seeds_among_the_test_links(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, SRPRS, {"ref_ent_ids": "0\t1\n2\t4\n5\t6\n"}))
    split = pair.splits["published"]
    assert (len(split.train), len(split.test), len(pair.links)) == (1, 2, 3)
    (note,) = [note for note in pair.notes if note.file == "ref_ent_ids" and note.kind == "changed"]
    assert (note.count, "they train only" in note.why) == (1, True)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("list.txt", lambda text: text.replace(",", "\t").encode()),
        ("list.psv", lambda text: text.replace(",", "|").encode()),
        ("list.csv.gz", lambda text: gzip.compress(text.encode())),
        ("list.TSV.BZ2", lambda text: bz2.compress(text.replace(",", "\t").encode("utf-16"))),
    ],
)
def test_tables_in_other_files(tmp_path: Path, name: str, make: Callable[[str], bytes]) -> None:
    files: dict[str, str | bytes] = {
        name: make(SIDES["source.csv"]),
        "other.csv": SIDES["target.csv"],
        "pairs.csv": "id1,id2\na,1\n",
        "README.txt": "Two tables\nand what they mean: a list\n",
    }
    pair = read_graph_pair(lay(tmp_path, files))
    assert {**pair.source.names, **{len(pair.source) + row: name for row, name in pair.target.names.items()}} == {
        0: "Zürich", 1: "Łódź", 2: "x", 3: "y"
    }  # fmt: skip
    assert pair.links.tolist() == [[0, 2]]


def test_a_table_that_is_a_bomb_is_given_up(tmp_path: Path) -> None:
    bomb = gzip.compress(b"id,name\n" + b"a,b\n" * 20_000_000)
    with pytest.raises(DataFormatError, match="at most 67,108,864 bytes when unpacked, got more"):
        read_graph_pair(lay(tmp_path, {"source.csv.gz": bomb, "target.csv": SIDES["target.csv"]}))


@pytest.mark.parametrize("links", ["a\t1\t1\nb\t2\t0\n", "id1,id2,w\na,1,1\nb,2,0\n"])
def test_what_is_not_the_same_is_no_link_whatever_its_column_is_called(tmp_path: Path, links: str) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, {"links.tsv": links}))
    assert (pair.links.tolist(), pair.negatives.tolist()) == ([[0, 2]], [[1, 3]])
    assert said(pair, "not the same: no links (e.g.").count == 1


DIFFERENT = """<http://s/1> <http://www.w3.org/2002/07/owl#sameAs> <http://t/1> .
<http://s/2> <http://www.w3.org/2002/07/owl#differentFrom> <http://t/2> ."""


SSSOM = """subject_id\tpredicate_id\tpredicate_modifier\tobject_id
http://s/1\tskos:exactMatch\t\thttp://t/1
http://s/2\tskos:exactMatch\tNot\thttp://t/2
http://s/2\tskos:broadMatch\tNot\thttp://t/1
http://s/1\tskos:exactMatch\tNot\t
"""


@pytest.mark.parametrize(("name", "text", "left_out"), [("links.nt", DIFFERENT, 0), ("links.tsv", SSSOM, 2)])
def test_what_is_not_the_same_in_other_forms(tmp_path: Path, name: str, text: str, left_out: int) -> None:
    sides = {f"{side}.csv": f"id,name\nhttp://{side[0]}/1,x\nhttp://{side[0]}/2,y\n" for side in ("source", "target")}
    pair = read_graph_pair(lay(tmp_path, sides, {name: text}))
    assert (pair.links.tolist(), pair.negatives.tolist()) == ([[0, 2]], [[1, 3]])
    assert sum(note.count for note in pair.notes if note.kind == "left out" and note.unit == "pair") == left_out


def test_what_is_not_the_same_never_tests_and_the_same_counts_more(tmp_path: Path) -> None:
    files = {
        "train.csv": "id1,id2,label\na,1,1\na,2,0\nb,1,0\n",
        "test.csv": "id1,id2,label\nb,2,1\nb,1,1\n" + "a,9,0\n",
        "valid.csv": "id1,id2,label\na,2,0\n",
    }
    pair = read_graph_pair(lay(tmp_path, SIDES, files))
    assert pair.negatives.tolist() == [[0, 3]]
    assert said(pair, "and as the same, which counts").count == 1
    assert said(pair, "not the same, in the part to validate").count == 1


def test_a_column_of_scores_without_a_name_can_be_used(tmp_path: Path) -> None:
    folder = lay(tmp_path, SIDES, {"links.tsv": "a\t1\t0.9\nb\t2\t0.2\n"})
    assert len(read_graph_pair(folder).links) == 2
    assert len(read_graph_pair(folder, reading=Reading(least_score="0.5")).links) == 1


def test_words_for_missing_values_in_every_form(tmp_path: Path) -> None:
    rdf = '<http://s/1> <http://p/name> "n.a." ; <http://p/pop> "NULL", "3" .'
    tables = {
        "target/entities.csv": "id,name,size\n1,NA,-\n2,?,9\n",
        "target/attributes.csv": "entity,attribute,value\n1,pop,N/A\n1,code,NA\n2,sign,-\n2,pop,7\n",
    }
    pair = read_graph_pair(lay(tmp_path, {"source.ttl": rdf, **tables}))
    assert (pair.source.attribute_values, pair.source.names) == (["3"], {})
    assert (pair.target.attribute_values, pair.target.names) == (["9", "NA", "-", "7"], {1: "?"})
    assert sum(note.count for note in pair.notes if note.setting == "missing=none") == 5
    kept = read_graph_pair(tmp_path, reading=Reading(missing="none"))
    assert (kept.source.names, kept.target.names) == ({0: "n.a."}, {0: "NA", 1: "?"})


@pytest.mark.parametrize("pairs", ["id1,id2\na,1\n", "mine,yours\na,1\nb,2\n"])
def test_links_that_are_not_wanted_are_no_graph(tmp_path: Path, pairs: str) -> None:
    files = {"mine.csv": SIDES["source.csv"], "other.csv": SIDES["target.csv"], "pairs.csv": pairs}
    pair = read_graph_pair(lay(tmp_path, files), reading=Reading(links="none"))
    assert (len(pair.source), len(pair.target), len(pair.links)) == (2, 2, 0)
