"""FB15K-DB15K and FB15K-YAGO15K, as first published and as converted."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import FBDB15K, MMKG, lay


@pytest.mark.parametrize("path", ["", "DB15K"])
def test_both_folders_are_read_from_above_or_from_the_target(tmp_path: Path, path: str) -> None:
    pair = read_graph_pair(lay(tmp_path, MMKG) / path)
    assert (pair.name, pair.format) == ("FB15K-DB15K", "mmkg")
    assert pair.source.entities == ["/m/06rf7", "/m/04258w", "/m/new"]  # the last one from the links
    assert pair.source.relations == ["/location/near"]
    assert pair.source.relation_triples.tolist() == [[0, 0, 1]]
    assert pair.target.entities == ["http://d/Kiel", "http://d/Rome"]
    assert pair.target.relation_triples.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert pair.source.attributes == ["http://rdf.freebase.com/ns/location.geocode.longitude"]
    assert pair.source.attribute_triples.tolist() == [[0, 0]]  # without the entity that has no triple
    assert pair.source.attribute_values == ["9.704"]
    assert pair.target.attribute_values == ["1285.3"]
    assert pair.links.tolist() == [[0, 3], [2, 4]]


def test_two_targets_are_a_question(tmp_path: Path) -> None:
    yago = {"YAGO15K/YAGO15K_SameAsLink.txt": "/m/06rf7\t<SameAs>\t<Kiel>\n", "YAGO15K/YAGO15K_EntityTriples.txt": ""}
    folder = lay(tmp_path, MMKG, yago)
    message = "expected one graph linked to FB15K, or the path of its folder, got DB15K and YAGO15K"
    with pytest.raises(DataFormatError, match=message):
        read_graph_pair(folder)
    assert read_graph_pair(folder / "YAGO15K").target.entities == ["Kiel"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "DB15K/DB15K_SameAsLink.txt",
            "/m/a <SameAs>\n",
            "_SameAsLink.txt:1: expected source entity, <SameAs>, target",
        ),
        ("DB15K/DB15K_EntityTriples.txt", "<a> <b> <c> <d> .\n", "_EntityTriples.txt:1: expected head, relation, tail"),
        ("DB15K/DB15K_EntityTriples.txt", "a b c\n\na b c\n", "_EntityTriples.txt:2: expected head, relation, tail"),
        ("FB15K/FB15K_EntityTriples.txt", None, "FB15K_EntityTriples.txt: expected a file, got nothing"),
        ("FB15K/FB15K_NumericalTriples.txt", "a\tb\n", "_NumericalTriples.txt:1: expected entity, attribute, value"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        read_graph_pair(lay(tmp_path, MMKG, {name: content}))
    assert message in str(caught.value)


def test_no_entities_are_refused(tmp_path: Path) -> None:
    empty = {"DB15K/DB15K_SameAsLink.txt": "", "FB15K/FB15K_EntityTriples.txt": ""}
    with pytest.raises(DataFormatError, match="expected at least one entity, got an empty file"):
        read_graph_pair(lay(tmp_path, MMKG, empty))


def test_the_converted_form_takes_its_values_from_the_numerical_triples(tmp_path: Path) -> None:
    pair = read_graph_pair(lay(tmp_path / "FBDB15K" / "norm", FBDB15K))
    assert (pair.name, pair.format) == ("FBDB15K", "dbp15k")
    assert pair.source.attribute_values == ["9.704"]  # and not once more without a value
    assert pair.target.attributes == ["http://dbpedia.org/ontology/areaTotal"]
    assert pair.target.attribute_triples.tolist() == [[1, 0]]
    assert pair.target.attribute_values == ["1285.3"]
    assert pair.links.tolist() == [[0, 2], [1, 3]]


def test_values_in_the_openea_form_beside_ids(tmp_path: Path) -> None:
    values = {"attr_triples_2": "http://dbpedia.org/resource/Kiel\thttp://p/motto\tone two\n"}
    pair = read_graph_pair(lay(tmp_path / "OEA_D_W_15K_V1", FBDB15K, values))
    assert pair.name == "OEA_D_W_15K_V1"
    assert pair.target.attribute_values == ["one two", "1285.3"]
