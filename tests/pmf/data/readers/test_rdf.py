"""RDF files: in every spelling, wrong ones, broken ones, bombs; and their names and links."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.errors import DataFormatError
from tests.small_data import lay, said

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


SIDES = {"source.csv": "id,name\na,Zürich\nb,Łódź\n", "target.csv": "id,name\n1,x\n2,y\n"}


NT = b"".join(f'<http://s/E{i}> <http://p/pop> "{i}" .\n'.encode() for i in range(4))


def triples(form: RdfFormat) -> bytes:
    quads = list(parse(NT, format=RdfFormat.N_TRIPLES))
    return serialize(quads if form.supports_datasets else [quad.triple for quad in quads], format=form) or b""


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("source.NT", lambda: NT),
        ("source.nt.gz", lambda: gzip.compress(NT)),
        ("source.ttl.bz2", lambda: bz2.compress(triples(RdfFormat.TURTLE))),
        ("source.turtle", lambda: triples(RdfFormat.TURTLE)),
        ("source.owl", lambda: triples(RdfFormat.RDF_XML)),
        ("source.jsonld", lambda: triples(RdfFormat.JSON_LD)),
        ("source.nq", lambda: triples(RdfFormat.N_QUADS)),
        ("source.trig", lambda: triples(RdfFormat.TRIG)),
    ],
)
def test_rdf_in_every_spelling(tmp_path: Path, name: str, make: Callable[[], bytes]) -> None:
    pair = read_graph_pair(lay(tmp_path, {name: make(), "target.csv": SIDES["target.csv"]}))
    assert pair.source.entities == [f"http://s/E{i}" for i in range(4)]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("source.rdf", RdfFormat.TURTLE), ("source.owl", RdfFormat.N_TRIPLES), ("source.nt", RdfFormat.TURTLE),
        ("source.ttl", RdfFormat.RDF_XML), ("source.nt.gz", RdfFormat.RDF_XML), ("source.ttl", RdfFormat.JSON_LD),
        ("source.jsonld", RdfFormat.TURTLE), ("source.nq", RdfFormat.TRIG),
    ],
)  # fmt: skip
def test_rdf_under_the_ending_of_another_format(tmp_path: Path, name: str, form: RdfFormat) -> None:
    prefix = "@prefix s: <http://s/> . " if form in (RdfFormat.TURTLE, RdfFormat.TRIG) else ""
    content = prefix.encode() + triples(form)
    content = gzip.compress(content) if name.endswith(".gz") else content
    pair = read_graph_pair(lay(tmp_path, {name: content, "target.csv": SIDES["target.csv"]}))
    assert pair.source.entities == [f"http://s/E{i}" for i in range(4)]
    assert said(pair, "whatever its ending says").kind == "guessed"


@pytest.mark.parametrize(
    "text",
    ["[] <http://p/x> <http://s/1> .", "{}\n<http://s/1> <http://p/x> 1 .", "# <?xml\n<http://s/1> <http://p/x> 1 ."],
)
def test_what_only_looks_like_another_format(tmp_path: Path, text: str) -> None:
    pair = read_graph_pair(lay(tmp_path, {"source.trig": text, "target.csv": SIDES["target.csv"]}))
    assert "http://s/1" in pair.source.entities
    assert not [note for note in pair.notes if "ending says" in note.why]


@pytest.mark.parametrize("name", ["source.rdf", "source.ttl", "source.jsonld", "source.nt", "source.trig"])
@pytest.mark.parametrize("part", [0.6, 0.7, 0.9])
def test_a_file_that_ends_too_early_says_so(tmp_path: Path, name: str, part: float) -> None:
    forms = {"source.rdf": RdfFormat.RDF_XML, "source.ttl": RdfFormat.TURTLE, "source.jsonld": RdfFormat.JSON_LD}
    whole = triples(forms.get(name, RdfFormat.N_TRIPLES)).rstrip()
    read_graph_pair(lay(tmp_path, {name: whole, "target.csv": SIDES["target.csv"]}))
    cut = whole[: int(len(whole) * part)]
    if name == "source.rdf":  # between two elements, where the parser finds no fault
        cut = cut[: cut.rindex(b"</rdf:Description>") + len(b"</rdf:Description>")]
    pair = read_graph_pair(lay(tmp_path, {name: cut}))
    assert said(pair, "cannot be parsed").count == 1


NAMESPACES = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:p="http://p/"'


def xml_with(entities: str, used: str, above: str = "") -> str:
    thing = f'<rdf:Description rdf:about="http://s/1"><p:x>{used}</p:x></rdf:Description>'
    return f'<?xml version="1.0"?>{above}<!DOCTYPE rdf:RDF [{entities}]>\n<rdf:RDF {NAMESPACES}>{thing}</rdf:RDF>'


TENFOLD = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    ("entities", "used"),
    [
        (f'<!ENTITY e0 "0123456789">{TENFOLD}', "&e11;"),
        (f"<!ENTITY e0 '{'x' * 70_000}'>", "&e0;" * 1000),
        ('<!ENTITY e0 "&e1;"><!ENTITY e1 "&e0;">', "&e0;"),
    ],
)
@pytest.mark.parametrize("above", ["", f"<!-- {'x' * 9000} -->"])
def test_entities_that_are_a_bomb_are_refused(tmp_path: Path, entities: str, used: str, above: str) -> None:
    with pytest.raises(DataFormatError, match="entities that stand for at most 67,108,864 bytes, got more"):
        read_graph_pair(
            lay(tmp_path, {"source.owl": xml_with(entities, used, above), "target.csv": SIDES["target.csv"]})
        )


def test_entities_for_names_of_places_are_read(tmp_path: Path) -> None:
    text = xml_with('<!ENTITY s "http://s/"><!ENTITY t "&s;t/">', "&t;1")
    pair = read_graph_pair(lay(tmp_path, {"source.owl": text, "target.csv": SIDES["target.csv"]}))
    assert pair.source.attribute_values == ["http://s/t/1"]


@pytest.mark.parametrize(
    "text", ["Prefix(:=<http://s/>)\nOntology(<http://s/>)", '<?xml version="1.0"?>\n<Ontology ontologyIRI="x"/>',
             "# by hand\nPrefix: s: <http://s/>\nOntology: <http://s/>"]
)  # fmt: skip
def test_other_syntaxes_of_owl_name_the_way_on(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataFormatError, match="save the ontology as RDF/XML or Turtle, got another syntax of OWL"):
        read_graph_pair(lay(tmp_path, {"source.owl": text, "target.csv": SIDES["target.csv"]}))


def test_links_to_the_text_of_an_id(tmp_path: Path) -> None:
    same = "<http://www.w3.org/2002/07/owl#sameAs>"
    text = '"http://t/1"^^<http://www.w3.org/2001/XMLSchema#anyURI>'
    links = f'<http://s/E0> {same} {text} .\n<http://s/E1> {same} "Bern" .\n'
    files = {"source.nt": NT, "target.csv": "id,name\nhttp://t/1,x\n", "links.nt": links}
    pair = read_graph_pair(lay(tmp_path, files))
    assert (pair.links.tolist(), said(pair, "a text that is the id").count) == ([[0, 4]], 1)
    assert said(pair, "a text, not an entity").count == 1


@pytest.mark.parametrize("ending", ["ttl", "trig", "n3"])
def test_a_quote_that_is_not_closed_costs_its_statement_only(tmp_path: Path, ending: str) -> None:
    things = [f's:{i} s:n "thing {i}"@en ; s:of s:{i + 1} ; s:at [ s:x {i}.5 ; s:y "7" ] .\n' for i in range(9)]
    things[3:3] = ['s:bad s:n "unclosed .\n']
    things[7:7] = ['s:worse s:n "uncl\n', 'osed" ; s:of "x .\n']
    text = "@prefix s: <http://s/> .\n" + "".join(things)
    pair = read_graph_pair(lay(tmp_path, {f"source.{ending}": text, "target.csv": SIDES["target.csv"]}))
    assert [value for value in pair.source.attribute_values if "thing" in value] == [f"thing {i}" for i in range(9)]
    note = said(pair, "cannot be parsed")
    assert note.count <= 5
    assert note.examples[0].startswith("line 5: ")
    assert any(example.startswith("line 9: ") for example in note.examples)


def test_a_graph_that_holds_the_links_itself(tmp_path: Path) -> None:
    same = "http://www.w3.org/2002/07/owl#sameAs"
    graph = NT.decode() + "".join(f"<http://s/E{i}> <{same}> <http://t/{i}> .\n" for i in (0, 1, 9))
    for one, other in (("source", "target"), ("mine", "other")):
        files = {f"{one}.nt": graph, f"{other}.csv": "id,name\nhttp://t/0,x\nhttp://t/1,y\n"}
        folder = lay(tmp_path / one, files)
        remedy = said(read_graph_pair(folder), "3 statements left out: what is the same").remedy
        assert f"--read links={one}.nt" in remedy
        pair = read_graph_pair(folder, reading=Reading(links=f"{one}.nt"))
        assert len(pair.links) == 2
        assert [note.count for note in pair.notes if note.kind == "left out"] == [1]  # about somebody else
        assert said(pair, "in neither graph")


def test_an_empty_text_says_nothing_and_is_counted(tmp_path: Path) -> None:
    graph = f'<http://s/1> <{LABEL}> "" ; <http://p/nick> " ", "x" .'
    pair = read_graph_pair(lay(tmp_path, {"source.ttl": graph, "target.csv": SIDES["target.csv"]}))
    assert (pair.source.names, pair.source.attribute_values) == ({}, ["x"])
    assert said(pair, "an empty text").count == 2


def test_a_bomb_is_given_up(tmp_path: Path) -> None:
    bomb = gzip.compress(b"<http://a/b> <http://a/c> <http://a/d> .\n" * 2_000_000)
    with pytest.raises(DataFormatError, match="at most 67,108,864 bytes when unpacked, got more"):
        read_graph_pair(lay(tmp_path, {"source.nt.gz": bomb, "target.csv": SIDES["target.csv"]}))


def test_names_of_rdf_by_any_usual_property(tmp_path: Path) -> None:
    own = '<http://s/1> <http://own/name> "Ada" . <http://s/2> <http://own/title> "Bea"@de .'
    usual = (
        '<http://t/1> <http://www.w3.org/2000/01/rdf-schema#label> "Ada", "Adelheid"@de ; <http://own/name> "A." .'
        ' <http://t/2> <http://own/name> "B." .'
    )
    pair = read_graph_pair(lay(tmp_path, {"source.ttl": own, "target.ttl": usual}))
    assert (pair.source.names, pair.source.named_by) == ({0: "Ada", 1: "Bea"}, "property http://own/name")
    assert said(pair, "is taken as the name").kind == "guessed"
    assert pair.target.names == {0: "Ada"}
    assert sorted(pair.target.attribute_values) == ["A.", "Adelheid", "B."]  # further names are values
