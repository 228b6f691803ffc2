"""Small inputs that people really have, each with its right outcome; they lie beside the project, see their READMEs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pmf.audit.audit import audit
from pmf.cli import main
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import Note
from pmf.data.pictures import open_picture
from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.errors import ConfigError
from pmf.runs.reader import RunReader
from pmf.training.links.verdicts import read_verdicts

pytestmark = pytest.mark.real

Case = Callable[[str], Path]
QUICK = [
    part
    for setting in ("train.epochs=2", "train.freeze_epochs=2", "train.project=false", "model.width=16")
    for part in ("--set", setting)
]


@pytest.fixture(scope="session")
def case(datasets: Path) -> Case:
    def folder(name: str) -> Path:
        assert (datasets.parent / "cases" / name).is_dir()
        return datasets.parent / "cases" / name

    return folder


def noted(pair: GraphPair, kind: str, word: str) -> Note:
    """The one note of a kind with a word in it."""
    (found,) = [note for note in pair.notes if note.kind == kind and word in str(note)]
    return found


def sizes(pair: GraphPair) -> tuple[int, int, int]:
    return len(pair.source), len(pair.target), len(pair.links)


@pytest.mark.parametrize("name", ["csv-pipe", "csv-sep-line", "csv-pandas-index", "csv-cp1252"])
def test_tables_of_every_make(case: Case, name: str) -> None:
    pair = read_graph_pair(case(name))
    assert sizes(pair) == (24, 24, 24)
    assert pair.source.names[1] == "München"
    assert set(pair.source.attributes) == {"population", "area"}


def test_cp1252_is_read_and_said(case: Case) -> None:
    note = noted(read_graph_pair(case("csv-cp1252")), "guessed", "cp1252")
    assert (note.setting, note.examples) == ("encoding=cp1252", ("München",))


def test_words_for_missing_values_are_missing_unless_somebody_wants_them(case: Case) -> None:
    pair = read_graph_pair(case("csv-null-words"))
    assert not {"NULL", "nan", "N/A", "-"} & {*pair.source.names.values(), *pair.source.attribute_values}
    note = noted(pair, "changed", "column name")
    assert note.setting == "missing=none"
    kept = read_graph_pair(case("csv-null-words"), reading=Reading(missing="none"))
    assert "NULL" in kept.source.names.values()


@pytest.mark.parametrize(
    ("name", "how"), [("float-ids", "without “.0”"), ("nfd-links", "once letters and accents are joined")]
)
def test_ids_that_nearly_fit_are_found_and_counted(case: Case, name: str, how: str) -> None:
    pair = read_graph_pair(case(name))
    assert sizes(pair) == (24, 24, 24)
    assert noted(pair, "changed", how).count in (7, 24)


def test_what_names_an_unknown_entity_is_left_out_alone(case: Case) -> None:
    pair = read_graph_pair(case("relation-dangling"))
    assert noted(pair, "left out", "relations.csv").examples == ("line 50: zz9",)
    assert len(pair.source.relation_triples) == 48
    pair = read_graph_pair(case("links-third-dataset"))
    assert len(pair.links) == 24
    assert "geonames" in noted(pair, "left out", "neither graph").examples[0]


def test_one_bad_statement_costs_one_statement(case: Case) -> None:
    pair = read_graph_pair(case("one-bad-iri"))
    note = noted(pair, "left out", "cannot be parsed")
    assert (sizes(pair), note.count) == ((24, 24, 24), 1)
    assert note.examples[0].startswith("line 97: <http://source.example/resource/Weird name>")


def test_same_as_in_both_directions_is_one_link(case: Case) -> None:
    pair = read_graph_pair(case("sameas-both-ways"))
    assert sizes(pair) == (24, 24, 24)
    assert noted(pair, "changed", "target stands first").count == 24


def test_rdf_xml_is_read(case: Case) -> None:
    pair = read_graph_pair(case("rdfxml"))
    assert pair.source.entities == ["http://source.example/resource/E1"]
    assert (len(pair.links), noted(pair, "left out", "neither graph").count) == (1, 23)


def test_published_links_with_a_header_or_turned_round(case: Case) -> None:
    for name, kind in (("openea-header", "left out"), ("openea-reversed", "changed")):
        pair = read_graph_pair(case(name))
        assert sizes(pair) == (24, 24, 24)
        assert noted(pair, kind, "ent_links")


def test_columns_beside_the_links(case: Case, tmp_path: Path) -> None:
    for name in ("labels-0-1", "own-alignment-refused"):
        assert sizes(read_graph_pair(case(name))) == (24, 24, 24)
    for file in ("source", "target"):
        (tmp_path / file).symlink_to(case("labels-0-1") / file)
    (tmp_path / "links.csv").write_text("ltable_id,rtable_id,label\na1,b1,1\na2,b9,0\na3,b3,1\n")
    pair = read_graph_pair(tmp_path)
    assert len(pair.links) == 2
    assert pair.negatives.tolist() == [[1, pair.n_source + 8]]
    assert noted(pair, "known", "not the same").count == 1


def test_blank_nodes_are_never_aligned(case: Case, tmp_path: Path) -> None:
    pair = read_graph_pair(case("blank-nodes-matched"))
    assert all(pair.source.entities[row].startswith("_:") for row in pair.source.context)
    assert len(pair.context) == 24
    run = tmp_path / "run"
    assert main(["train", "--data", str(case("blank-nodes-matched")), "--run", str(run), *QUICK]) == 0
    assert main(["match", str(run), "--out", str(tmp_path / "pairs.tsv")]) == 0
    assert "_:" not in (tmp_path / "pairs.tsv").read_text()
    predictions = RunReader(run).predictions()
    assert predictions is not None
    shown = {*predictions["query"], *np.concatenate(predictions["candidates"].to_list())}
    assert not shown & set(pair.context.tolist())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("few-links", []),
        ("split-all-known", ["--set", "split=published"]),
        ("no-links", ["--set", "seeds=char", "--modalities", "structure,char"]),
    ],
)
def test_any_number_of_links_trains(case: Case, tmp_path: Path, name: str, settings: list[str]) -> None:
    assert main(["train", "--data", str(case(name)), "--run", str(tmp_path / "run"), *QUICK, *settings]) == 0
    results = RunReader(tmp_path / "run").results()
    assert results is not None
    assert ("source_to_target" in results) == (name == "few-links")


def test_no_links_and_nothing_to_start_from_names_what_would_do(case: Case) -> None:
    from pmf.config.config import Config
    from pmf.training.links.seeds import links_of

    with pytest.raises(ConfigError, match=r"no links to learn from\. Start from what is alike instead: .*seeds=char"):
        links_of(Config(data=str(case("no-links"))), read_graph_pair(case("no-links")), {})


def test_a_split_column_is_a_split(case: Case) -> None:
    split = read_graph_pair(case("split-column-ignored")).splits["published"]
    assert (len(split.train), len(split.valid), len(split.test)) == (8, 2, 14)


@pytest.mark.parametrize("name", ["two-tables-default", "two-tables-raw"])
def test_two_tables_go_in_as_they_are(case: Case, name: str) -> None:
    pair = read_graph_pair(case(name))
    assert sizes(pair) == (120, 120, 120)
    assert len(pair.source.names) == 120
    assert "title" in noted(pair, "guessed", "the name").why


def test_verdicts_as_the_review_page_exports_them(case: Case, tmp_path: Path) -> None:
    pair = read_graph_pair(case("labels-0-1"))
    verdicts = read_verdicts(case("own-verdicts-refused") / "verdicts.csv", pair)
    assert (len(verdicts.matched), len(verdicts.rejected)) == (1, 1)
    assert verdicts.unsure >= 1


def test_pictures_of_16_bits_differ(case: Case) -> None:
    pair = read_graph_pair(case("picture-16bit"))
    seen = {picture.tobytes() for path in pair.source.images.values() if (picture := open_picture(path))}
    assert len(seen) == 24
    assert not [finding for finding in audit(pair).findings if finding.check == "picture_one_colour"]


def test_pictures_of_other_formats_are_read(case: Case) -> None:
    pair = read_graph_pair(case("picture-formats-silent"))
    assert len(pair.source.images) == 24
    assert all(open_picture(path) for path in pair.source.images.values())
