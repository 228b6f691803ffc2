"""Short ids are found whether the graphs have them in full or short, at every door that reads pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pmf
from pmf.data.readers import read_graph_pair
from pmf.data.readers.curies import Curies
from pmf.data.readers.near_ids import NearIds
from pmf.errors import DataFormatError
from pmf.training.links.verdicts import read_verdicts

WIKIDATA, OBO = "http://www.wikidata.org/entity/", "http://purl.obolibrary.org/obo/"
FULL = [f"{WIKIDATA}Q{i}" for i in range(4)], [f"{OBO}HP_{i}" for i in range(4)]
SHORT = [f"wd:Q{i}" for i in range(4)], [f"HP:{i}" for i in range(4)]
OWN_MAP = ["#curie_map:", f'#  wd: "{WIKIDATA}"', f"#  HP: {OBO}HP_", '#mapping_set_id: "http://x.example/set"']
IN_BRACES = [f"# curie_map: {{wd: '{WIKIDATA}', HP: {OBO}HP_}}", "# license: http://x.example/l"]
HEADER = "subject_id\tpredicate_id\tobject_id\tconfidence"
REFUSED = r"a curie_map at the top of the file explains, got 1 id with odd, e\.g\. line \d+: odd:9"


def data(folder: Path, ids: tuple[list[str], list[str]], links: str = "") -> Path:
    for side, names in zip(("source", "target"), ids, strict=True):
        (folder / side).mkdir(parents=True)
        rows = "".join(f"{name},thing {i}\n" for i, name in enumerate(names))
        (folder / side / "entities.csv").write_text(f"id,name\n{rows}")
    if links:
        (folder / "links.sssom.tsv").write_text(links)
    return folder


def mapping(ids: tuple[list[str], list[str]], comments: list[str], *, odd: bool = False) -> str:
    rows = [f"{a}\tskos:exactMatch\t{b}\t0.9" for a, b in zip(*ids, strict=True)]
    rows += [f"odd:9\tskos:exactMatch\t{ids[1][0]}\t0.9"] if odd else []
    return "\n".join([*comments, HEADER, *rows, ""])


FEW_WAYS = pytest.mark.parametrize(
    ("in_data", "in_file", "comments"), [(FULL, SHORT, OWN_MAP), (FULL, SHORT, []), (SHORT, FULL, [])]
)
BOTH_WAYS = pytest.mark.parametrize(
    ("in_data", "in_file", "comments"),
    [(FULL, SHORT, OWN_MAP), (FULL, SHORT, IN_BRACES), (FULL, SHORT, []), (SHORT, FULL, OWN_MAP), (SHORT, FULL, []),
     (SHORT, SHORT, OWN_MAP), (SHORT, SHORT, []), ((SHORT[0], FULL[1]), (FULL[0], SHORT[1]), [])],
)  # fmt: skip


@BOTH_WAYS
def test_the_links_of_a_data_set(tmp_path: Path, in_data: tuple, in_file: tuple, comments: list[str]) -> None:
    pair = read_graph_pair(data(tmp_path / "data", in_data, mapping(in_file, comments, odd=True)))
    assert pair.links.tolist() == [[i, 4 + i] for i in range(4)]
    said = [str(note) for note in pair.notes if "curie_map" in str(note)]
    assert len(said) == 1
    assert "1 id: the prefix odd is explained by no curie_map" in said[0]
    assert "odd:9" in said[0]


@BOTH_WAYS
def test_verdicts(tmp_path: Path, in_data: tuple, in_file: tuple, comments: list[str]) -> None:
    pair = read_graph_pair(data(tmp_path / "data", in_data, mapping(in_data, [])))
    (tmp_path / "v.tsv").write_text(mapping(in_file, comments))
    assert read_verdicts(tmp_path / "v.tsv", pair).matched.tolist() == [[i, 4 + i] for i in range(4)]
    (tmp_path / "odd.tsv").write_text(mapping(in_file, comments, odd=True))
    with pytest.raises(DataFormatError, match=REFUSED):
        read_verdicts(tmp_path / "odd.tsv", pair)


@FEW_WAYS
def test_adopt(tmp_path: Path, in_data: tuple, in_file: tuple, comments: list[str]) -> None:
    folder = data(tmp_path / "data", in_data, mapping(in_data, []))
    (tmp_path / "m.sssom.tsv").write_text(mapping(in_file, comments, odd=True))
    run = pmf.adopt(folder, tmp_path / "m.sssom.tsv", run=tmp_path / "run", maps=False)
    results = run.results()
    assert results is not None
    assert results["source_to_target"]["hits@1"] == 1
    assert run.facts.adopted is not None
    lines = " ".join(run.facts.adopted.lines)
    assert "1 id: the prefix odd is explained by no curie_map (e.g. line" in lines
    assert "left out 1 row that name no two entities" in lines


@FEW_WAYS
def test_a_file_of_test_links(tmp_path: Path, in_data: tuple, in_file: tuple, comments: list[str]) -> None:
    folder = data(tmp_path / "data", in_data, mapping(in_data, []))
    (tmp_path / "test.sssom.tsv").write_text(mapping(in_file, comments, odd=True))
    vectors = np.random.default_rng(0).normal(size=(8, 3))
    run = pmf.adopt(
        folder, {"fused": vectors}, split=str(tmp_path / "test.sssom.tsv"), run=tmp_path / "run", maps=False
    )
    assert (run.links["split"] == "test").sum() == 4
    assert run.facts.adopted is not None
    assert any("1 id: the prefix odd" in line for line in run.facts.adopted.lines)


def test_pairs_that_stand_the_other_way_round(tmp_path: Path) -> None:
    turned = mapping((SHORT[1], SHORT[0]), [])
    pair = read_graph_pair(data(tmp_path / "data", (FULL[0], SHORT[1]), turned))
    assert pair.links.tolist() == [[i, 4 + i] for i in range(4)]


def test_predicates_that_say_something_else(tmp_path: Path) -> None:
    folder = data(tmp_path / "data", SHORT, mapping(SHORT, []))
    lines = [HEADER + "\tpredicate_modifier", "wd:Q0\tskos:exactMatch\tHP:0\t1\t", "wd:Q1\tskos:broadMatch\tHP:1\t1\t",
             "wd:Q2\tskos:exactMatch\tHP:2\t1\tNot"]  # fmt: skip
    (tmp_path / "m.sssom.tsv").write_text("\n".join(lines))
    verdicts = read_verdicts(tmp_path / "m.sssom.tsv", read_graph_pair(folder))
    assert (verdicts.matched.tolist(), verdicts.rejected.tolist(), verdicts.unsure) == ([[0, 4]], [[2, 6]], 1)
    run = pmf.adopt(folder, tmp_path / "m.sssom.tsv", run=tmp_path / "run", maps=False)
    assert len(pmf.match(run).alignment) == 1
    assert run.facts.adopted is not None
    said = " ".join(run.facts.adopted.lines)
    assert "1 row left out: another relation than sameness (e.g. line 3: wd:Q1 HP:1)" in said
    assert "1 row left out: marked as not the same (e.g. line 4: wd:Q2 HP:2)" in said


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("a:1", "a:1", "a:1"),
        ("a:b%20c", "http://a.example/b c", "http://a.example/b c"),
        ("dbpedia-fr:Paris", "http://fr.dbpedia.org/resource/Paris", "http://fr.dbpedia.org/resource/Paris"),
        ("dbr:Paris", "http://other.example/Paris", "http://dbpedia.org/resource/Paris"),
        ("http://a.example/1", "a:1", "a:1"),
        ("zz:1", "http://a.example/1", "zz:1"),
        ("http://zz.example/1", "a:1", "http://zz.example/1"),
        ("12:30", "x", "12:30"),
    ],
)
def test_one_id(text: str, known: str, found: str) -> None:
    curies = Curies(Path("m.tsv"), ["#curie_map:", "# a: http://a.example/", "#license: http://l.example/"])
    assert curies.spelled(text, NearIds({known: 0})) == found
    if text == "zz:1":
        with pytest.raises(DataFormatError, match="1 id with zz"):
            curies.require_known()
    else:
        curies.require_known()


@pytest.mark.parametrize("beside", ["links.sssom.yml", "links.yml", "links.sssom.yaml"])
def test_prefixes_in_a_file_of_metadata_beside_the_table(tmp_path: Path, beside: str) -> None:
    ids = [f"http://odd.example/{i}" for i in range(4)], FULL[1]
    folder = data(tmp_path / "data", ids, mapping(([f"odd:{i}" for i in range(4)], SHORT[1]), []))
    (folder / beside).write_text("mapping_set_id: http://x.example/set\ncurie_map:\n  odd: http://odd.example/\n")
    pair = read_graph_pair(folder)
    assert pair.links.tolist() == [[i, 4 + i] for i in range(4)]
    assert not [note for note in pair.notes if note.unit in ("file", "link")]


def test_short_ids_tell_which_column_is_which(tmp_path: Path) -> None:
    rows = "".join(f"{a},{b}\n" for a, b in zip(SHORT[0], FULL[1], strict=True))
    folder = data(tmp_path / "data", FULL)
    (folder / "links.csv").write_text(f"wikidata,ontology\n{rows}")
    assert read_graph_pair(folder).links.tolist() == [[i, 4 + i] for i in range(4)]
