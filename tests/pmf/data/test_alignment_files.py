"""What the product writes it reads: every form of an alignment comes back as the same links."""

from __future__ import annotations

import re
import shutil
import subprocess
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


_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")  # RFC 3986


@pytest.mark.parametrize("kind", IDS)
def test_sssom_holds_what_its_schema_asks_for(tmp_path: Path, kind: str) -> None:
    """Every id is a CURIE in letters of URIs whose prefix is declared; slots that a mapping and a set must have."""
    source, target = IDS[kind]
    path = tmp_path / "a.sssom.tsv"
    write_alignment(pd.DataFrame({"source": source, "target": target, "probability": 0.5}), path, data="two & more")
    lines = path.read_text().splitlines()
    comments = [line.removeprefix("#") for line in lines if line.startswith("#")]
    meta = dict(line.split(": ", 1) for line in comments if ": " in line)
    assert {"mapping_set_id", "license"} <= meta.keys()
    prefixes = {name.strip(): base.strip('"') for name, base in meta.items() if name.startswith(" ")}
    assert all(map(_URI.fullmatch, prefixes.values()))
    table = pd.read_csv(path, sep="\t", skiprows=len(comments))
    assert table["confidence"].between(0, 1).all()
    for slot in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
        assert all(map(_URI.fullmatch, table[slot]))
        assert set(table[slot].str.partition(":")[0]) <= prefixes.keys()


def test_the_sssom_package_accepts_it(tmp_path: Path) -> None:
    """Where the package is installed: it is too large for the tests' own environment."""
    validate = shutil.which("sssom")
    if validate is None:
        pytest.skip("the package sssom is not installed")
    source, target = IDS["iris"]
    path = tmp_path / "a.sssom.tsv"
    write_alignment(pd.DataFrame({"source": source, "target": target, "probability": 0.5}), path, data="d")
    done = subprocess.run([validate, "validate", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, "not well-formed" in done.stderr + done.stdout) == (0, False), done.stderr
