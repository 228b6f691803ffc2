"""One's own data: CSV files and RDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import pair_columns, read_graph_pair
from pmf.data.readers.rdf_graph import SAME_AS
from pmf.errors import DataFormatError
from tests.small_data import CSV, RDF, lay, png

FILES = {"csv": CSV, "rdf": RDF}


def test_csv_folders_read_in_full(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path / "cities", CSV))
    assert (pair.name, pair.format) == ("cities", "own data")
    assert pair.source.entities == ["paris", "lyon", "alps"]
    assert pair.source.names == {0: "Paris", 1: "Lyon"}
    assert pair.source.types == {0: "city", 1: "city"}
    assert pair.source.images == {0: tmp_path / "cities/source/images/p.png"}
    assert pair.source.relations == ["near"]
    assert pair.source.relation_triples.tolist() == [[0, 0, 1], [1, 0, 2]]
    assert pair.source.attributes == ["founded", "motto"]
    assert pair.source.attribute_triples.tolist() == [[0, 0], [1, 1], [1, 1]]
    assert pair.source.attribute_values == ["-52", "Avant, avant", "second"]
    assert pair.target.names == {0: "Parigi", 1: "Lione"}  # semicolons, byte order mark, CRLF
    assert pair.target.relation_triples.tolist() == [[0, 0, 1]]  # columns in another order
    assert pair.target.images == {0: tmp_path / "cities/target/images/P.png"}  # named after its entity
    assert pair.links.tolist() == [[0, 3], [1, 4]]
    assert pair.unlinked.tolist() == [2, 5]
    split = pair.splits["published"]
    assert (split.train.tolist(), split.valid.tolist(), split.test.tolist()) == ([[0, 3]], [], [[1, 4]])
    assert (split.unlinked_train.tolist(), split.unlinked_test.tolist()) == ([5], [2])


def test_a_list_of_entities_and_links_is_enough(tmp_path: Path) -> None:
    files = {name: text for name, text in CSV.items() if name.endswith("entities.csv") or name == "source/images/p.png"}
    pair = read_graph_pair(lay(tmp_path, files, {"links.csv": "target,source\nP,paris\n"}))
    assert pair.links.tolist() == [[0, 3]]
    assert pair.source.relation_triples.shape == (0, 3)
    assert not pair.splits
    assert not len(pair.unlinked)


def test_rdf_becomes_names_types_attributes_and_relations(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path, RDF))
    assert pair.source.entities == ["http://e/Paris", "http://e/Lyon", "_:1", "_:2"]
    assert pair.source.names == {0: "Paris"}  # the English one
    assert pair.source.types == {0: "http://e/City"}  # the first one
    relations = pair.source.relations
    triples = {(head, relations[relation], tail) for head, relation, tail in pair.source.relation_triples}
    assert triples == {(0, "http://e/near", 1), (1, "http://e/mayor", 2), (2, "http://e/knows", 3)}
    assert len(relations) == 3  # without owl:sameAs
    label = "http://www.w3.org/2000/01/rdf-schema#label"  # a name that is not the best one is a value
    assert pair.source.attributes == ["http://e/founded", "http://e/age", label]
    assert pair.source.attribute_values[:3] == ["-52", "60", "61"]
    assert pair.source.images == {0: tmp_path / "source/images/Paris.png"}
    assert pair.target.names == {0: "Parigi"}
    assert pair.target.images == {1: tmp_path / "target/images/1.png"}
    assert pair.links.tolist() == [[0, 4]]


def test_blank_nodes_are_called_the_same_every_time(tmp_path: Path) -> None:
    folder = lay(tmp_path, RDF)
    assert read_graph_pair(folder).fingerprint == read_graph_pair(folder).fingerprint


def test_names_by_rank_of_predicate_then_english_then_first(tmp_path: Path) -> None:
    skos, label, foaf = (
        "<http://www.w3.org/2004/02/skos/core#prefLabel>",
        "<http://www.w3.org/2000/01/rdf-schema#label>",
        "<http://xmlns.com/foaf/0.1/name>",
    )
    lines = [
        f'<http://e/1> {foaf} "foaf"@en .',
        f'<http://e/1> {skos} "skos"@fr .',
        f'<http://e/2> {label} "first"@fr .',
        f'<http://e/2> {label} "second"@de .',
        f'<http://e/3> {label} "premier"@fr .',
        f'<http://e/3> {label} "one"@en-GB .',
        f'<http://e/3> {label} "two"@en .',
        f'<http://e/4> {label} "   " .',
    ]
    other = {"source.ttl": None, "source/images/Paris.png": None, "links.ttl": None}
    files = {"source.nt": "\ufeff" + "\n".join(lines), "links.nt": f"<http://e/1> <{SAME_AS}> <http://f/P> ."}
    source = read_graph_pair(lay(tmp_path, RDF, other, files)).source
    assert source.names == {0: "skos", 1: "first", 2: "one"}
    assert source.attribute_values == ["foaf", "second", "premier", "two"]


def test_one_side_may_be_csv_and_the_other_rdf(tmp_path: Path) -> None:
    mixed = {name: text for name, text in CSV.items() if name.startswith("source")}
    mixed |= {name: text for name, text in RDF.items() if name.startswith("target")}
    pair = read_graph_pair(lay(tmp_path, mixed, {"links.csv": "source\ttarget\nlyon\t<http://f/L>\n"}))
    assert pair.links.tolist() == [[1, 4]]


@pytest.mark.parametrize(
    ("kind", "name", "content", "message"),
    [
        ("csv", "source/entities.csv", "id\n", "entities.csv: expected at least one entity, got only a header"),
        ("csv", "source/entities.csv", "", "entities.csv: expected a header, got an empty file"),
        ("csv", "source/entities.csv", 'id\n"a\n', "entities.csv:2: expected CSV, got a quote that is not closed"),
        ("csv", "source/entities.csv", "id\n" + "x" * (2**22 + 1), "expected CSV, got field larger than field limit"),
        ("csv", "source/entities.csv", "id,image\na,../../x.png\n", "entities.csv:2: expected a path inside the data"),
        ("csv", "target/entities.csv", None, "expected a table or RDF file called target, or target/entities.csv, got"),
        ("csv", "target/relations.csv", "head,relation,tail\nP,r,Q\n", "relations.csv:2: expected ids listed in"),
        ("csv", "target/relations.csv", "head,tail\nP,L\n", "columns head, relation, tail, got head, tail"),
        ("csv", "links.csv", "source,target\nparis,Q\n", "links.csv:2: expected links between entities"),
        ("csv", "links.csv", "source,target,split\nparis,P,tain\n", "--read links.split=none, got 'tain'"),
        ("csv", "links.csv", "source,target,split\nparis,P,\n", "--read links.split=none, got ''"),
        (
            "csv",
            "links.csv",
            "source,target,split\nparis,P,test\nparis,P,train\n",
            "links.csv:3: expected a row that is in one part only, got test and train",
        ),
        ("csv", "links.csv", "source,target\nparis,P\nparis,\n", "expected entities either with a counterpart or"),
        ("csv", "links.nt", "", "expected one file of a kind, got links.csv and links.nt"),
        ("rdf", "source.ttl", "e:a e:b e:c .", "source.ttl:1: expected Turtle, got Parser error"),
        ("rdf", "source.ttl", "", "source.ttl: expected at least one entity, got no triple"),
        ("rdf", "source.ttl", '<a:a> <a:b> "\\u0000" .', "source.ttl: expected Turtle, got a NUL character"),
        ("rdf", "source.ttl", "<a:a> <a:b> <<( <a:a> <a:b> <a:c> )>> .", "got a statement about a"),
        ("rdf", "target.nt", "<http://f/P>\n<http://f/r> 7 .\n", "target.nt:1: expected N-Triples, got Parser error"),
        ("rdf", "target.nt", b"<http://f/P> <http://f/r> \xff .\n", "target.nt:1: expected N-Triples, got Parser"),
        ("rdf", "links.ttl", "<http://e/Paris> <http://e/is> <http://f/P> .", "expected at least one link, got stat"),
        ("rdf", "links.ttl", f"<http://e/Nowhere> <{SAME_AS}> <http://f/P> .", "expected links between entities"),
        ("rdf", "target/images.csv", "entity,image\nhttp://f/L,../x.png\n", "images.csv:2: expected a path inside the"),
    ],
)  # fmt: skip
def test_broken_folders_are_refused(
    tmp_path: Path, kind: str, name: str, content: str | bytes | None, message: str
) -> None:
    lay(tmp_path / "d", FILES[kind], {name: content})
    with pytest.raises(DataFormatError) as caught:
        read_graph_pair(tmp_path / "d")
    assert message in str(caught.value)


def test_an_entity_has_one_picture_in_the_index(tmp_path: Path) -> None:
    index = "entity,image\nhttp://f/L,images/1.png\n<http://f/L>,images/2.png\n"
    lay(tmp_path, RDF, {"target/images.csv": index, "target/images/2.png": png(1)})
    pair = read_graph_pair(tmp_path)
    assert pair.target.images == {1: tmp_path / "target/images/1.png"}
    said = [str(note) for note in pair.notes]
    assert any(text.startswith("target/images.csv: 1 picture left out: its entity has one already") for text in said)


def test_a_side_that_is_a_link_to_elsewhere_gives_no_pictures(tmp_path: Path) -> None:
    lay(tmp_path / "d", RDF)
    (tmp_path / "d" / "source").rename(tmp_path / "outside")
    (tmp_path / "d" / "source").symlink_to(tmp_path / "outside")
    with pytest.raises(DataFormatError, match="expected a path inside the data folder"):
        read_graph_pair(tmp_path / "d")


def test_rows_of_empty_cells_are_dropped(tmp_path: Path) -> None:
    folder = lay(tmp_path, CSV, {"target/entities.csv": ",,\nID,Name,note\n,,\n P , Parigi ,\nL,,\nX,,x\n,,\n"})
    target = read_graph_pair(folder).target
    assert target.entities == ["P", "L", "X"]
    assert target.names == {0: "Parigi"}
    assert (target.attributes, target.attribute_values) == (["note"], ["x"])


def test_columns_of_ids_are_found_soon_and_also_far_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {f"{side}.csv": "id\n" + "\n".join(f"{side[0]}{i}" for i in range(900)) for side in ("source", "target")}
    known = [f"s{i},t{i}" for i in range(900)]
    looked: list[int] = []
    among = pair_columns._among
    monkeypatch.setattr(pair_columns, "_among", lambda table, n, *ids: looked.append(n) or among(table, n, *ids))
    for strangers, samples in ((0, [200]), (600, [200, 2000])):
        links = "\n".join(["left one,right one", *(f"x{i},y{i}" for i in range(strangers)), *known])
        folder = lay(tmp_path / str(strangers), tables | {"links.csv": links})
        assert len(read_graph_pair(folder).links) == 900
        assert looked == samples
        looked.clear()
