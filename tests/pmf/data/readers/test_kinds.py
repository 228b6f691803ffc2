"""The kinds that the small cases stand for, with other members of each."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse, serialize

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import SRPRS, lay

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
