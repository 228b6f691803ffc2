"""What people's files are like: a title above the header, lists in a cell, ids as powers of ten, a mark left out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pmf.audit.account import usual_account
from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.errors import ConfigError, DataFormatError
from tests.small_data import lay, png, said

SIDES = {"source.csv": "id,name\na,Zürich\nb,Basel\n", "target.csv": "id,name\n1,Zurich\n2,Bâle\n"}
LINKS = {"links.csv": "source,target\na,1\nb,2\n"}
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


def test_a_line_that_names_the_separator_is_obeyed_and_not_left_out(tmp_path: Path) -> None:
    table = "sep=|\nShops of 2026\nid|name, in full, with commas, and more\na|Zürich\nb|Basel\n"
    pair = read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": table}))
    assert pair.source.entities == ["a", "b"]
    assert said(pair, "above the header").count == 1


@pytest.mark.parametrize(
    ("above", "lines"),
    [("Exported by a shop\n", 1), ("Shops, all\nof 2026\n\n", 3), ('"A title, long"\n', 1), ("", 0)],
)
def test_lines_above_the_header(tmp_path: Path, above: str, lines: int) -> None:
    table = f"{above}id,name,kind\na,Zürich,x\nb,Basel,y\n"
    pair = read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": table}))
    assert (pair.source.entities, pair.source.names[1]) == (["a", "b"], "Basel")
    assert sum(note.count for note in pair.notes if "above the header" in note.why) == lines


def test_a_usual_word_in_a_row_makes_no_header_of_it(tmp_path: Path) -> None:
    table = "code,word\na,name\nb,title\n"
    pair = read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": table}))
    assert pair.source.entities == ["a", "b"]


def test_a_first_line_of_data_is_said_to_be_taken_as_a_header(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": "x,Bern,12\na,Zürich,30\nb,Basel,20\n"}))
    assert said(pair, "though it holds a number").remedy.startswith("If it is data")
    years = read_graph_pair(lay(tmp_path, {"source.csv": "id,2019,2020\na,1,2\nb,2,3\n"}))
    assert not [note for note in years.notes if "though it holds" in note.why]


def test_a_quote_that_is_not_closed_is_found_where_it_opens(tmp_path: Path) -> None:
    table = 'id,name\na,"Zürich\nb,Basel\nc,Bern\n'
    with pytest.raises(DataFormatError, match=r"source\.csv:2: .*a quote that is not closed"):
        read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": table}))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(tmp_path: Path, encoding: str) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": SIDES["source.csv"].encode(encoding)}))
    assert pair.source.names == {0: "Zürich", 1: "Basel"}
    assert said(pair, "read as UTF-16").kind == "guessed"


@pytest.mark.parametrize("content", [b"\0", b"id,name\na,\0x\n", b"\0" * 40])
def test_a_nul_alone_is_no_utf_16(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataFormatError, match="got a NUL byte"):
        read_graph_pair(lay(tmp_path, SIDES, LINKS, {"source.csv": content}))


def test_rdf_in_another_encoding(tmp_path: Path) -> None:
    graph = "".join(f'<http://s/{i}> <{LABEL}> "{name}" .\n' for i, name in enumerate(["Zürich", "Bern", "Chur"]))
    folder = lay(tmp_path, {"source.nt": graph.encode("cp1252"), "target.csv": SIDES["target.csv"]})
    note = said(read_graph_pair(folder), "1 statement left out")
    assert note.setting == "encoding=cp1252"
    named = read_graph_pair(folder, reading=Reading().with_settings(dict([note.setting.split("=")])))
    assert named.source.names[0] == "Zürich"


def test_a_context_on_the_web_is_not_fetched_and_said_to_be_missing(tmp_path: Path) -> None:
    graph = '{"@context": "https://schema.org/", "@graph": [{"@id": "http://s/1", "http://p/name": "x"}]}'
    pair = read_graph_pair(lay(tmp_path, {"source.jsonld": graph, "target.csv": SIDES["target.csv"]}))
    assert "Write the context into the file" in said(pair, "from where nothing is fetched").remedy


def test_headers_with_accents(tmp_path: Path) -> None:
    table = "Identifiant,Dénomination\n1,Zurich\n2,Bâle\n"
    assert read_graph_pair(lay(tmp_path, SIDES, LINKS, {"target.csv": table})).target.names[1] == "Bâle"


@pytest.mark.parametrize("separator", [";", "|", ", "])
def test_several_ids_in_a_cell_are_several_links(tmp_path: Path, separator: str) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, {"links.csv": f'source,target\na,"1{separator}2"\nb,2\n'}))
    assert pair.links.tolist() == [[0, 2], [0, 3], [1, 3]]
    assert said(pair, "each of which makes a link").count == 1


def test_an_id_with_a_comma_is_one_id(tmp_path: Path) -> None:
    target = 'id,name\n"1,2",Zurich\n1,x\n2,y\n'
    pair = read_graph_pair(lay(tmp_path, SIDES, {"target.csv": target, "links.csv": 'source,target\na,"1,2"\n'}))
    assert pair.links.tolist() == [[0, 2]]


def test_long_ids_that_a_spreadsheet_wrote_as_powers_of_ten(tmp_path: Path) -> None:
    sides = {
        "source.csv": "id,name\n120300000001,x\n120000000000,y\n120300000002,z\n",
        "target.csv": SIDES["target.csv"],
    }
    links = "source,target\n1.20300000001E+11,1\n1.2E+11,2\n"  # of the second one digits are lost: it may be any
    pair = read_graph_pair(lay(tmp_path, sides, {"links.csv": links}))
    assert pair.links.tolist() == [[0, 3]]
    assert said(pair, "powers of ten").count == 1
    assert said(pair, "in neither graph").count == 1


@pytest.mark.parametrize("column", ["label", "gold"])
def test_one_word_that_says_neither_makes_no_links_of_denied_pairs(tmp_path: Path, column: str) -> None:
    rows = ["a,1,1", "b,2,1", "a,2,0", "b,1,0", "b,1,0", "a,1,maybe"]
    pair = read_graph_pair(lay(tmp_path, SIDES, {"links.csv": "\n".join([f"source,target,{column}", *rows])}))
    assert (pair.links.tolist(), pair.negatives.tolist()) == ([[0, 2], [1, 3]], [[0, 3], [1, 2]])
    assert said(pair, "not marked as the same or not the same").count == 1


@pytest.mark.parametrize(
    ("yes", "no"),
    [("ja", "nein"), ("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("yes", "no"), ("richtig", "falsch"), ("是", "否")],
)
@pytest.mark.parametrize("column", ["label", "Treffer"])
def test_labels_in_other_words_and_languages(tmp_path: Path, column: str, yes: str, no: str) -> None:
    rows = [f"source,target,{column}", f"a,1,{yes}", f"b,2,{yes}", f"a,2,{no}"]
    pair = read_graph_pair(lay(tmp_path, SIDES, {"links.csv": "\n".join(rows)}))
    assert (pair.links.tolist(), pair.negatives.tolist()) == ([[0, 2], [1, 3]], [[0, 3]])
    if column == "Treffer":
        assert said(pair, f"column Treffer says which pairs are the same ({yes.casefold()})").kind == "guessed"


@pytest.mark.parametrize(
    ("scores", "least"),
    [(("95 %", "40%"), "0.5"), (("0,95", "0,4"), "0.5"), (("95\u00a0%", "4e-1"), "50 %"), ((".95", "0.4"), "0,5")],
)
@pytest.mark.parametrize("header", ["id1;id2;score\n", ""])
def test_scores_as_people_write_them(tmp_path: Path, header: str, scores: tuple[str, str], least: str) -> None:
    folder = lay(tmp_path, SIDES, {"links.csv": f"{header}a;1;{scores[0]}\nb;2;{scores[1]}\n"})
    assert len(read_graph_pair(folder).links) == 2
    pair = read_graph_pair(folder, reading=Reading(least_score=least))
    assert (pair.links.tolist(), said(pair, "a score below").count) == ([[0, 2]], 1)


def test_scores_of_another_scale_than_the_least_one_are_said(tmp_path: Path) -> None:
    folder = lay(tmp_path, SIDES, {"links.csv": "id1,id2,score\na,1,95\nb,2,40\n"})
    pair = read_graph_pair(folder, reading=Reading(least_score="0.5"))
    assert (len(pair.links), said(pair, "scores go up to 95").kind) == (2, "known")
    with pytest.raises(ConfigError, match="least_score is a number, not high"):
        Reading(least_score="high")


def test_words_for_missing_values_are_no_ids(tmp_path: Path) -> None:
    table = SIDES["source.csv"] + "NULL,Chur\nnan,Bern\n"
    links = "source,target,score\na,1,\nb,NULL,\nnan,2,\nNULL,NaN,\n,,3\n"
    pair = read_graph_pair(lay(tmp_path, SIDES, {"source.csv": table, "links.csv": links}))
    assert (pair.source.entities, pair.links.tolist(), pair.unlinked.tolist()) == (["a", "b"], [[0, 2]], [1, 3])
    assert [note.count for note in pair.notes if note.why == "no id"] == [2, 2]
    kept = read_graph_pair(tmp_path, reading=Reading(missing="none"))
    assert kept.source.entities == ["a", "b", "NULL", "nan"]


def test_errors_of_spreadsheets_are_missing_values(tmp_path: Path) -> None:
    cells = ["#DIV/0!", "#N/A", "#WERT!", "#NAME?", "#NV", "#1"]
    table = f"id,{','.join('uvwxyz')}\na,{','.join(cells)}\n"
    assert read_graph_pair(lay(tmp_path, SIDES, {"source.csv": table})).source.attribute_values == ["#1"]


def test_ids_that_differ_in_signs_that_nobody_sees(tmp_path: Path) -> None:
    sides = {"source.csv": "id,name\nA\u00a0 1,x\nA 2,y\n", "target.csv": SIDES["target.csv"]}
    pair = read_graph_pair(lay(tmp_path, sides, {"links.csv": "source,target\nA 1,1\u200b\n\u2060A 2,2\n"}))
    assert (len(pair.links), said(pair, "signs that nobody sees").count) == (2, 3)


def test_links_about_nobody_say_what_ids_are_like(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="first Zürich, Bâle; ids are like a in the source, 1 in the target"):
        read_graph_pair(lay(tmp_path, SIDES, {"links.csv": "source,target\nZürich,Bâle\n"}))
    with pytest.raises(DataFormatError, match="1 with one and without, such as b"):
        read_graph_pair(lay(tmp_path, {"links.csv": "source,target\nb,2\nb,\n"}))


def test_a_header_without_links_is_said(tmp_path: Path) -> None:
    assert said(read_graph_pair(lay(tmp_path, SIDES, {"links.csv": "source,target\n"})), "no row below the header")


def test_measures_of_an_alignment_are_scores(tmp_path: Path) -> None:
    name = "http://knowledgeweb.semanticweb.org/heterogeneity/alignment#"
    cells = "".join(
        f"_:c{i} <{name}entity1> <http://s/{i}> . _:c{i} <{name}entity2> <http://t/{i}> . "
        f'_:c{i} <{name}relation> "=" . _:c{i} <{name}measure> "{measure}" .\n'
        for i, measure in enumerate(["1.0", "0.4"])
    )
    sides = {f"{side}.csv": f"id\nhttp://{side[0]}/0\nhttp://{side[0]}/1\n" for side in ("source", "target")}
    folder = lay(tmp_path, sides, {"links.ttl": cells})
    pair = read_graph_pair(folder)
    assert len(pair.links) == 2
    assert said(pair, "1 measure left out").remedy.endswith("--read least_score=NUMBER.")
    assert len(read_graph_pair(folder, reading=Reading(least_score="0.5")).links) == 1


def test_another_part_than_train_valid_test_names_the_way_on(tmp_path: Path) -> None:
    folder = lay(tmp_path, SIDES, {"links.csv": "source,target,split\na,1,train\nb,2,holdout\n"})
    with pytest.raises(DataFormatError, match=r"--read links\.split=none, got 'holdout'"):
        read_graph_pair(folder)
    assert len(read_graph_pair(folder, reading=Reading(links_split="none")).links) == 2


@pytest.mark.parametrize(
    ("name", "way"), [("x.xlsx", "as CSV"), ("x.feather", "as CSV"), ("x.json", "as CSV"), ("x.zip", "Unpack")]
)
def test_files_that_no_layout_has_name_the_way_on(tmp_path: Path, name: str, way: str) -> None:
    with pytest.raises(DataFormatError, match=way):
        read_graph_pair(lay(tmp_path / "alone", {name: b"PK"}))
    pair = read_graph_pair(lay(tmp_path / "beside", SIDES, LINKS, {name: b"PK"}))
    assert way in said(pair, "no reader of this layout").remedy


def test_a_side_in_a_file_that_no_reader_takes_is_named_with_the_way_on(tmp_path: Path) -> None:
    folder = lay(tmp_path, SIDES, {"source.csv": None, "source.feather": "{}"})
    with pytest.raises(
        DataFormatError, match=r"called source, or .* got source\.feather, target\.csv\. Save tables as CSV"
    ):
        read_graph_pair(folder)


def test_files_beside_the_folder_of_the_data_are_counted(tmp_path: Path) -> None:
    lay(tmp_path / "data", SIDES)
    pair = read_graph_pair(lay(tmp_path, LINKS, {"old/x.zip": b"PK", "README.md": "x", ".hidden": "x"}))
    note = said(pair, "beside the data set")
    assert (note.kind, note.count, note.examples) == ("left out", 2, ("links.csv", "old/x.zip"))


@pytest.mark.parametrize(
    ("ending", "separator", "header"),
    [(".csv", ",", ("head", "relation", "tail")), (".tsv", "\t", ("subject", "predicate", "object")),
     (".csv.gz", ";", ("from", "type", "to"))],
)  # fmt: skip
def test_relations_and_attributes_in_any_table_and_by_other_names(
    tmp_path: Path, ending: str, separator: str, header: tuple[str, str, str]
) -> None:
    def table(*rows: tuple[str, ...]) -> bytes:
        text = "".join(separator.join(row) + "\n" for row in rows).encode()
        return gzip.compress(text) if ending.endswith(".gz") else text

    folder = lay(tmp_path, {
        f"source/entities{ending}": table(("id", "name"), ("a", "Zürich"), ("b", "Basel")),
        f"source/relations{ending}": table(header, ("a", "near", "b")),
        f"source/attributes{ending}": table(("id", "property", "value"), ("a", "size", "4")),
        "target.csv": SIDES["target.csv"],
    })  # fmt: skip
    pair = read_graph_pair(folder)
    assert (pair.source.relation_triples.tolist(), pair.source.relations) == ([[0, 0, 1]], ["near"])
    assert pair.source.attribute_values == ["4"]
    assert not [note for note in pair.notes if note.unit == "file"]


@pytest.mark.parametrize(
    ("header", "file"), [("entity,attribute,value", "attributes"), ("Head,Relation,Tail", "relations")]
)
def test_statements_where_entities_should_be_are_pointed_at(tmp_path: Path, header: str, file: str) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, {"source.csv": f"{header}\na,size,4\na,kind,x\n"}))
    assert f"source/{file}.csv" in said(pair, "a row is taken as an entity").remedy


@pytest.mark.parametrize("place", ["", "images/", "source/", "source/images/"])
def test_pictures_of_a_column_are_found_where_pictures_usually_lie(tmp_path: Path, place: str) -> None:
    table = "id,name,Pictures\na,Zürich,one.png;two.png\nb,Basel,three.png | http://x/four.png\n"
    names = ("one.png", "two.png", "three.png")
    files = {f"{place}{name}": png(number) for number, name in enumerate(names)}
    if place.endswith("images/"):
        files |= {"source/entities.csv": table, "source.csv": None}
        files = {f"source/images/{Path(name).name}" if name.endswith("png") else name: x for name, x in files.items()}
    pair = read_graph_pair(lay(tmp_path, {"target.csv": SIDES["target.csv"], "source.csv": table}, files))
    assert {row: path.name for row, path in pair.source.images.items()} == {0: "one.png", 1: "three.png"}
    assert said(pair, "one already").examples == ("line 2: two.png",)
    assert said(pair, "on the web").count == 1


def test_pictures_beside_the_graphs_name_their_place(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, SIDES, LINKS, {"images/a.png": png(1), "images/1.png": png(2)}))
    assert "source/images" in said(pair, "2 files left out").remedy


def test_where_nothing_tells_entities_apart_nothing_is_said_to_be_used(tmp_path: Path) -> None:
    rows = "".join(f"{i},x\n" for i in range(20))
    pair = read_graph_pair(lay(tmp_path, {"source.csv": f"id,kind\n{rows}", "target.csv": f"id,kind\n{rows}"}))
    account = usual_account(pair)
    assert account.used == ()
    assert any(line.startswith("structure: not used: no entity has a neighbour") for line in account.lines)
