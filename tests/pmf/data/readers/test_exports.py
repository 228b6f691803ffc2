"""Tables as spreadsheets, SPARQL services and other machines export them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import lay, png, said

TARGET = {"target.csv": "id,name\n1,Zurich\n2,Bâle\n", "links.csv": "source,target\na,1\nb,2\n"}
OUTSIDE = "a path from the root of a machine: looked for by its name, in the data folder alone"


@pytest.mark.parametrize("name", ["source.csv", "source.tsv"])
@pytest.mark.parametrize("query", ["item", "town"])
def test_results_of_a_sparql_query(tmp_path: Path, name: str, query: str) -> None:
    wikidata, number = "http://www.wikidata.org/entity", "http://www.w3.org/2001/XMLSchema#integer"
    rows = [("Q72", "Zürich", "4"), ("Q78", "Basel", '2 "or" 3')]
    if name.endswith("csv"):
        lines = [
            f"{query},{query}Label,size",
            *(f'{wikidata}/{i},{n},"{s.replace(chr(34), chr(34) * 2)}"' for i, n, s in rows),
        ]
    else:
        terms = [(i, n, s.replace('"', '\\"')) for i, n, s in rows]
        lines = [
            f"?{query}\t?{query}Label\t?size",
            *(f'<{wikidata}/{i}>\t"{n}"@de\t"{s}"^^<{number}>' for i, n, s in terms),
        ]
    links = {"links.csv": "source,target\nQ72,1\nQ78,2\n"}
    source = read_graph_pair(pair := lay(tmp_path, TARGET, links, {name: "\n".join(lines)})).source
    assert source.entities == [f"{wikidata}/{i}" for i, _, _ in rows]
    assert source.names == {0: "Zürich", 1: "Basel"}
    assert source.attribute_values == ["4", '2 "or" 3']
    assert len(read_graph_pair(pair).links) == 2


def test_a_column_of_names_that_tells_the_rows_apart_is_id_and_name(tmp_path: Path) -> None:
    files = {"source.csv": "name,size\nZürich,4\nBasel,2\n", "links.csv": "source,target\nZürich,1\n"}
    pair = read_graph_pair(lay(tmp_path, TARGET, files))
    assert pair.source.entities == ["Zürich", "Basel"]
    assert pair.source.names == {0: "Zürich", 1: "Basel"}
    assert pair.source.attribute_values == ["4", "2"]


def test_byte_order_marks_where_files_were_joined(tmp_path: Path) -> None:
    table = "\ufeffid,name\na,Zürich\n\ufeffid,name\nb,Basel\n"
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": table}))
    assert pair.source.entities == ["a", "b"]
    assert said(pair, "byte order mark").count == said(pair, "the header again").count == 1


@pytest.mark.parametrize("rows", ["'a','Zürich, city'\n'b','Basel'\n", "'a','Zürich, city'\nb,'Basel ''the\ttown'''\n"])
def test_texts_in_single_quotes_below_a_header_without(tmp_path: Path, rows: str) -> None:
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": f"id,name\n{rows}"}))
    assert (pair.source.entities, pair.source.names[0], len(pair.links)) == (["a", "b"], "Zürich, city", 2)


@pytest.mark.parametrize("rows", ["a,L'Aquila\nb,'s-Hertogenbosch\n", "a,'Zürich' city\nb,Basel\n"])
def test_apostrophes_are_no_quotes(tmp_path: Path, rows: str) -> None:
    names = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": f"id,name\n{rows}"})).source.names
    assert list(names.values()) == [row.partition(",")[2] for row in rows.splitlines()]


@pytest.mark.parametrize("mark", [",", ".", "'", "\u202f", " "])
def test_ids_with_marks_between_thousands(tmp_path: Path, mark: str) -> None:
    """1.000 is a thousand, not one."""
    files = {
        "source.csv": "id,name\n1,x\n1000,y\n2000000,z\n",
        "links.csv": f"source;target\n1{mark}000;1\n2{mark}000{mark}000;2\n",
    }
    assert read_graph_pair(lay(tmp_path, TARGET, files)).links.tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize("root", ["/home/me/pics/", "C:\\Users\\me\\", "file:///home/me/", "\\\\server\\share\\"])
def test_pictures_by_paths_of_another_machine(tmp_path: Path, root: str) -> None:
    table = f"id,name,image\na,Zürich,{root}z.png\nb,Basel,{root}b.png;{root}c.png\n"
    files = {"source/images/z.png": png(1), "source/images/b.png": png(2), "source.csv": table}
    pair = read_graph_pair(lay(tmp_path, TARGET, files))
    assert {row: path.name for row, path in pair.source.images.items()} == {0: "z.png", 1: "b.png"}
    assert said(pair, OUTSIDE).count == 3
    assert said(pair, "no such file").examples == ("line 3: c.png",)


@pytest.mark.parametrize("layout", ["own", "openea"])
def test_no_picture_outside_the_data_is_taken(tmp_path: Path, layout: str) -> None:
    outside = lay(tmp_path, {"away/z.png": png(1)}) / "away" / "z.png"
    if layout == "own":
        folder = lay(tmp_path / "d", TARGET, {"source.csv": f"id,name,image\na,Zürich,{outside}\nb,Basel,\n"})
    else:
        triples = {"rel_triples_1": "a\tr\tb\n", "rel_triples_2": "1\tr\t2\n", "ent_links": "a\t1\nb\t2\n"}
        folder = lay(tmp_path / "d", triples, {"images_1.tsv": f"a\t{outside}\n"})
    pair = read_graph_pair(folder)
    assert pair.source.images == {}
    assert said(pair, OUTSIDE).count == said(pair, "no such file").count == 1


@pytest.mark.parametrize("end", ["\n,,\nSource: register of towns,,\n", "\n,,\nPrepared by hand,,\nin May,,\n"])
def test_remarks_below_an_empty_row_are_left_out(tmp_path: Path, end: str) -> None:
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": f"id,name,size\na,Zürich,4\nb,Basel,2{end}"}))
    assert pair.source.entities == ["a", "b"]
    assert said(pair, "a total or a remark").count == end.count(",,\n") - 1


def test_rows_of_joined_cells_name_the_way_on(tmp_path: Path) -> None:
    table = "id,name,also\na,Zürich,Turicum\n,,Zurigo\nb,Basel,Basilea\n"
    note = said(read_graph_pair(lay(tmp_path, TARGET, {"source.csv": table})), "no id")
    assert (note.count, note.remedy[:33]) == (1, "If such a row goes on from the on")


def test_an_empty_file_of_links_says_that_there_are_none(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": "id,name\na,Zürich\nb,Basel\n", "links.csv": "\n"}))
    assert len(pair.links) == 0
    assert said(pair, "links.csv: it is empty: no links")


def test_links_between_names_say_which_column_to_choose(tmp_path: Path) -> None:
    files = {"source.csv": "id,name\na,Zürich\nb,Basel\n", "links.csv": "source,target\nZürich,1\n"}
    with pytest.raises(DataFormatError, match=r"by their ids .*: --read \"source.id=name\"\), got 1 row"):
        read_graph_pair(lay(tmp_path, TARGET, files))


def test_links_by_another_column_say_which(tmp_path: Path) -> None:
    table = "Column 1,Wikidata ID\nZürich,Q72\nBasel,Q78\n"
    with pytest.raises(DataFormatError, match=r"--read \"source.id=Wikidata ID\"\), got 2 rows"):
        read_graph_pair(lay(tmp_path, TARGET, {"source.csv": table, "links.csv": "source,target\nQ72,1\nQ78,2\n"}))


@pytest.mark.parametrize("listed", ["9783161484100", "978-3-16-148410-0", "978 3 16 148410 0"])
def test_numbers_of_books_with_and_without_hyphens(tmp_path: Path, listed: str) -> None:
    files = {"source.csv": "id,name\n978-3-16-148410-0,x\n0-8044-2957-X,y\n"}
    links = {"links.csv": f"source,target\n{listed},1\n080442957x,2\n"}
    assert read_graph_pair(lay(tmp_path, TARGET, files, links)).links.tolist() == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("id,Organisation name,city", "column Organisation name"),
        ("id,companyName,city", "column companyName"),
        ("id,first_name,last_name", ""),
        ("id,file_name,city", ""),
        ("id,city,brand_name", ""),
        ("id,shop_name,maker_name", ""),
    ],
)
def test_names_of_somebody(tmp_path: Path, header: str, named: str) -> None:
    rows = "a,Zürich,x\nb,Basel,x\n"
    pair = read_graph_pair(lay(tmp_path, TARGET, {"source.csv": f"{header}\n{rows}"}))
    assert pair.source.named_by == named


def test_columns_of_places_make_no_links_of_a_graph(tmp_path: Path) -> None:
    towns = {
        "mine.csv": "id,name,x,y\na,Zürich,8,47\nb,Basel,7,47\n",
        "other.csv": "id,name,x,y\n1,Zurich,8,47\n2,Bâle,7,47\n",
    }
    assert len(read_graph_pair(lay(tmp_path / "two", towns)).target) == 2
    pair = read_graph_pair(lay(tmp_path / "three", towns, {"known.csv": "mine,other\na,1\nb,2\n"}))
    assert (len(pair.source), len(pair.target), len(pair.links)) == (2, 2, 2)


def test_links_are_no_graph_where_both_graphs_are_in_one_table(tmp_path: Path) -> None:
    files = {"all.csv": "id,set,name\na,A,Zürich\n1,B,Zurich\n", "links.csv": "source,target\na,1\n"}
    with pytest.raises(DataFormatError, match=r"expected two tables .* got all.csv, links.csv"):
        read_graph_pair(lay(tmp_path, files))
