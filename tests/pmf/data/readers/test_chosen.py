"""Which entities are to be aligned, chosen by type, prefix or list."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.errors import DataFormatError
from tests.small_data import lay, said

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
