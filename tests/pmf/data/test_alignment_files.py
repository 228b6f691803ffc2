"""What the product writes it reads: every form of an alignment comes back as the same links."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pmf.data.alignment_files import entity_of, iri_of, write_alignment
from pmf.data.readers import read_graph_pair

IDS = {
    "plain": (["a1", "a 2", "conf/sigmod/X", "Łódź"], ["b1", "b,2", "b;3", 'b"4"']),
    "iris": (
        ["http://s/r/Paris", "http://s/r/Zürich", "urn:isbn:1", "http://s/r#Rome_(city)"],
        ["http://t/1", "http://t/2", "http://t/x?y=1&z=2", "http://t/%C3%A9"],
    ),
}
FORMS = ["links.tsv", "links.csv", "links.sssom.tsv", "links.nt", "links.rdf"]


def laid(folder: Path, kind: str, name: str, table: pd.DataFrame) -> Path:
    for side, ids in zip(("source", "target"), IDS[kind], strict=True):
        (folder / side).mkdir(parents=True)
        pd.DataFrame({"id": [*ids, "another"], "name": "x"}).to_csv(folder / side / "entities.csv", index=False)
    write_alignment(table, folder / name, data="two & more")
    return folder


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("kind", IDS)
def test_every_form_comes_back(tmp_path: Path, kind: str, name: str) -> None:
    source, target = IDS[kind]
    table = pd.DataFrame({"source": source, "target": target, "similarity": 0.5, "probability": [1, 0.25, 0.5, 0]})
    pair = read_graph_pair(laid(tmp_path, kind, name, table))
    assert pair.links.tolist() == [[0, 5], [1, 6], [2, 7], [3, 8]]
    assert not [note for note in pair.notes if note.unit in ("link", "pair", "id", "row")]


def test_an_id_that_is_no_iri_becomes_one_and_back() -> None:
    for entity in ("a 1", "conf/sigmod/X", "Łódź", "50%"):
        iri = iri_of(entity, "source")
        assert iri.startswith("http://source.invalid/")
        assert entity_of(iri) == entity
    assert iri_of("http://x/1", "target") == entity_of("http://x/1") == "http://x/1"


def test_sssom_says_who_reviewed_and_how_sure(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"source": ["http://s/1"], "target": ["http://t/1"], "probability": [0.75], "reviewer": ["Ann"]}
    )
    write_alignment(table, tmp_path / "a.sssom.tsv", data="d")
    lines = (tmp_path / "a.sssom.tsv").read_text().splitlines()
    comments, header, row = [x for x in lines if x.startswith("#")], lines[-2].split("\t"), lines[-1].split("\t")
    assert '#  skos: "http://www.w3.org/2004/02/skos/core#"' in comments
    assert dict(zip(header, row, strict=True)) == {
        "subject_id": "ns1:1",
        "predicate_id": "skos:exactMatch",
        "object_id": "ns2:1",
        "mapping_justification": "semapv:ManualMappingCuration",
        "confidence": "0.75",
        "reviewer_label": "Ann",
    }
