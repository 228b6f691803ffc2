"""Tables as other tools write them: graph databases, tools of deduplication, mapping sets, copies that went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import lay, said

SIDES = {"source.csv": "id,name\na,Zürich\nb,Basel\n", "target.csv": "id,name\n1,Zurich\n2,Bâle\n"}
LINKS = {"links.csv": "source,target\na,1\nb,2\n"}


def test_nodes_and_edges_of_a_graph_tool(tmp_path: Path) -> None:
    files = {
        "source/nodes.csv": "Id,Label\na,Zürich\nb,Basel\n",
        "source/edges.csv": "Source,Target,Type\na,b,Directed\n",
        "target/nodes.tsv": "Id\tLabel\n1\tZurich\n2\tBâle\n",
    }
    pair = read_graph_pair(lay(tmp_path, files, LINKS))
    assert pair.source.names == {0: "Zürich", 1: "Basel"}
    assert pair.source.relation_triples.tolist() == [[0, 0, 1]]
    assert pair.links.tolist() == [[0, 2], [1, 3]]


def test_the_only_table_of_a_folder_holds_its_entities(tmp_path: Path) -> None:
    files = {f"{name[:-4]}/any.csv": text for name, text in SIDES.items()}
    files["source/relations.csv"] = "head,relation,tail\na,near,b\n"
    pair = read_graph_pair(lay(tmp_path, files, LINKS))
    assert (pair.source.entities, len(pair.source.relation_triples)) == (["a", "b"], 1)
    assert said(pair, "source/any.csv: guessed: it holds the entities")


def test_headers_of_neo4j(tmp_path: Path) -> None:
    files = {
        "source.csv": ":ID,name,:LABEL,size:int\na,Zürich,Town,4\nb,Basel,Town,2\n",
        "target.csv": "townId:ID(Town),name:string,_LABEL\n1,Zurich,Town\n2,Bâle,Town\n",
        "links.csv": ":START_ID(Town),:END_ID(Town),:TYPE\na,1,SAME_AS\nb,2,SAME_AS\n",
    }
    pair = read_graph_pair(lay(tmp_path, files))
    assert (pair.source.names, pair.target.names) == ({0: "Zürich", 1: "Basel"}, {0: "Zurich", 1: "Bâle"})
    assert pair.source.types == pair.target.types == {0: "Town", 1: "Town"}
    assert pair.source.attributes == ["size"]
    assert pair.links.tolist() == [[0, 2], [1, 3]]


def test_a_colon_alone_makes_no_header_of_neo4j(tmp_path: Path) -> None:
    table = "id,name,dc:date,price:int\na,Zürich,1,2\nb,Basel,2,3\n"
    assert read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": table})).source.attributes == [
        "dc:date",
        "price:int",
    ]


@pytest.mark.parametrize(
    "links",
    [
        "cluster,record\n7,a\n7,1\n8,2\n8,b\n9,a2\n",
        "record,cluster_id,set,score\na,x,left,.7\n1,x,right,.7\nb,y,left,.8\n2,y,right,.8\nzz,y,left,.9\n",
    ],
)
def test_clusters_are_links_of_their_records(tmp_path: Path, links: str) -> None:
    more = {"source.csv": SIDES["source.csv"] + "a2,Zug\n", "links.csv": links}
    pair = read_graph_pair(lay(tmp_path, SIDES, more))
    assert sorted(pair.links.tolist()) == [[0, 3], [1, 4]]
    assert said(pair, "of both graphs, ")
    (left,) = [str(note) for note in pair.notes if "one graph only" in note.why or "neither graph" in note.why]
    assert "1 cluster left out" in left or "line 6: zz" in left


def test_short_ids_where_the_data_have_no_prefix(tmp_path: Path) -> None:
    rows = "".join(f"own:{one}\tskos:exactMatch\twd:{other}\n" for one, other in (("a", "1"), ("b", "2")))
    links = {"links.sssom.tsv": f"subject_id\tpredicate_id\tobject_id\n{rows}"}
    pair = read_graph_pair(lay(tmp_path, SIDES, links))
    assert pair.links.tolist() == [[0, 2], [1, 3]]
    assert said(pair, "found without it").count == 4


def test_a_column_that_says_yes_no_or_nothing_makes_no_links_of_denied_pairs(tmp_path: Path) -> None:
    links = {"links.csv": "mine;yours;Treffer\na;1;ja\nb;2;nein\na;2;\n"}
    pair = read_graph_pair(lay(tmp_path, SIDES, links))
    assert (pair.links.tolist(), pair.negatives.tolist()) == ([[0, 2]], [[1, 3]])
    assert said(pair, "not marked as the same or not the same").count == 1


def test_parts_of_pairs_without_a_header(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, {"links.tsv": "a\t1\t1.0\ttrain\nb\t2\t0.9\ttest\n"}))
    assert pair.splits["published"].test.tolist() == [[1, 3]]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("\n<!DOCTYPE HTML><html><body>Sign in</body></html>", "a web page: export the data themselves"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS: .*git lfs pull"),
    ],
)
def test_what_stands_for_the_data_is_named(tmp_path: Path, content: str, what: str) -> None:
    with pytest.raises(DataFormatError, match=f"source.csv: expected data, got {what}"):
        read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": content}))
