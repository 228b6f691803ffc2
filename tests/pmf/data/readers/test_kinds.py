"""The kinds that the small cases stand for, with other members of each."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from pmf.data.graph_pair import GraphPair
from pmf.data.notes import Note
from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.errors import DataFormatError
from tests.small_data import SRPRS, lay

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
NT = b"".join(f'<http://s/E{i}> <http://p/pop> "{i}" .\n'.encode() for i in range(4))
SIDES = {"source.csv": "id,name\na,Zürich\nb,Łódź\n", "target.csv": "id,name\n1,x\n2,y\n"}


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


def test_probabilities_go_before_similarities(tmp_path: Path) -> None:
    folder = lay(tmp_path, SIDES, {"links.csv": "source,target,similarity,probability\na,1,1.2,0.3\nb,2,0.4,0.9\n"})
    assert read_graph_pair(folder, reading=Reading(least_score="0.5")).links.tolist() == [[1, 3]]


def test_a_bomb_is_given_up(tmp_path: Path) -> None:
    bomb = gzip.compress(b"<http://a/b> <http://a/c> <http://a/d> .\n" * 2_000_000)
    with pytest.raises(DataFormatError, match="at most 67,108,864 bytes when unpacked, got more"):
        read_graph_pair(lay(tmp_path, {"source.nt.gz": bomb, "target.csv": SIDES["target.csv"]}))


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


def said(pair: GraphPair, word: str) -> Note:
    """The one note with a word in it."""
    (found,) = [note for note in pair.notes if word in str(note)]
    return found


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


WIKI = {
    "source.ttl": "@prefix e: <http://www.wikidata.org/entity/> . e:Q1 a e:Q5 ; e:P1 e:Q2 . e:Q2 a e:Q6 ; e:P1 e:Q1 ."
    " <https://en.wikipedia.org/wiki/Ada> <http://schema.org/about> e:Q1 .",
    "target.ttl": '@prefix d: <http://d/> . d:Ada a d:Person ; d:in d:Bath . d:Bath a d:City ; d:of d:Ada ; d:n "3" .',
    "links.csv": "source,target\nhttp://www.wikidata.org/entity/Q1,http://d/Ada\n"
    "http://www.wikidata.org/entity/Q2,http://d/Bath\n",
    "people.txt": "http://www.wikidata.org/entity/Q1\nhttp://d/Ada\n",
}


@pytest.mark.parametrize(
    ("reading", "aligned", "links"),
    [
        ({}, {"Q1", "Q2", "Q5", "Q6", "Ada", "Bath", "Person", "City"}, 2),
        ({"types": "Q5 Person"}, {"Q1", "Ada"}, 1),
        ({"prefixes": "http://www.wikidata.org/entity/Q1 http://d/"}, {"Q1", "Ada", "Bath"}, 1),
        ({"only": "people.txt"}, {"Q1", "Ada"}, 1),
    ],
)
def test_who_is_to_be_aligned(tmp_path: Path, reading: dict[str, str], aligned: set[str], links: int) -> None:
    pair = read_graph_pair(lay(tmp_path, WIKI), reading=Reading(**reading))
    names = [*pair.source.entities, *pair.target.entities]
    shown = {name.rpartition("/")[2] for row, name in enumerate(names) if row not in set(pair.context.tolist())}
    assert shown - {"Person", "City", "Q5", "Q6"} == aligned - {"Person", "City", "Q5", "Q6"}
    assert len(pair.links) == links
    assert len(pair.source.relation_triples) == 3  # who is not aligned is structure
    assert said(pair, "a page or file of Wikipedia").count == 1
    if reading:
        left_out = [note for note in pair.notes if "to be aligned" in note.why]
        assert {note.unit for note in left_out} == ({"entity", "link"} if links < 2 else {"entity"})


def test_what_was_chosen_and_fits_nobody_is_counted(tmp_path: Path) -> None:
    folder = lay(tmp_path, WIKI, {"people.txt": WIKI["people.txt"] + "http://d/Nobody\n"})
    every = {"types": "Q5 Person Q9", "prefixes": "http://www.wikidata.org/ http://d/ http://e/", "only": "people.txt"}
    pair = read_graph_pair(folder, reading=Reading(**every))
    lost = {note.unit: note.examples for note in pair.notes if "no entity has it" in note.why}
    assert lost == {"type": ("Q9",), "prefix": ("http://e/",), "id": ("http://d/Nobody",)}


def test_nobody_left_to_align_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="source entities that fit types Nobody, got none; types: "):
        read_graph_pair(lay(tmp_path, WIKI), reading=Reading(types="Nobody"))


@pytest.mark.parametrize("pairs", ["id1,id2\na,1\n", "mine,yours\na,1\nb,2\n"])
def test_links_that_are_not_wanted_are_no_graph(tmp_path: Path, pairs: str) -> None:
    files = {"mine.csv": SIDES["source.csv"], "other.csv": SIDES["target.csv"], "pairs.csv": pairs}
    pair = read_graph_pair(lay(tmp_path, files), reading=Reading(links="none"))
    assert (len(pair.source), len(pair.target), len(pair.links)) == (2, 2, 0)
