"""Verdicts on pairs of relations: the file, the account, and the rules of the run that trains with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pmf.alignment.explanation.reasons import RunReasons
from pmf.cli import main
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from pmf.model.relation_edges import RelationEdges
from pmf.runs.reader import RunReader
from pmf.training.links.relation_verdicts import kinds_of_edges, read_relation_verdicts
from tests.commands import TINY


@pytest.fixture(scope="module")
def pair(tiny_data: Path) -> GraphPair:
    return read_graph_pair(tiny_data)


def write(path: Path, *lines: str, header: str = "source,target,inverse,verdict") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_a_file_says_which_relations_and_attributes_mean_the_same(pair: GraphPair, tmp_path: Path) -> None:
    one, other = pair.source, pair.target
    lines = [
        f"{one.attributes[0]},{other.attributes[0]},,not",
        f"{one.relations[0]},{other.relations[0]},yes,match",
        f"{one.relations[0]},{other.relations[0]},no,not",
    ]
    attributes = 2 * len(one.relations), 2 * len(other.relations)
    read = read_relation_verdicts(write(tmp_path / "r.csv", *lines), pair)
    assert read.tolist() == [[0, 0, 0], [0, 1, 1], [*attributes, 0]]
    plain = write(tmp_path / "p.csv", f"{one.relations[0]},{other.relations[0]},1", header="source,target,verdict")
    assert read_relation_verdicts(plain, pair).tolist() == [[0, 0, 1]]


def test_the_apostrophe_that_exports_put_before_a_formula_is_no_part_of_a_name(pair: GraphPair, tmp_path: Path) -> None:
    odd = replace(pair, source=replace(pair.source, relations=["-1", *pair.source.relations[1:]]))
    file = write(tmp_path / "r.csv", f"'-1,{pair.target.relations[0]},,match")
    assert read_relation_verdicts(file, odd).tolist() == [[0, 0, 1]]


def test_what_cannot_be_used_is_refused_with_its_line(pair: GraphPair, tmp_path: Path) -> None:
    relations = f"{pair.source.relations[0]},{pair.target.relations[0]}"
    attributes = f"{pair.source.attributes[0]},{pair.target.attributes[0]}"
    for lines, says in (
        ([f"{relations},,perhaps"], ":2: expected match or not"),
        ([f"{relations},,match", f"{relations},no,not"], ":3: expected no verdict that contradicts another"),
        ([f"{attributes},yes,match"], ":2: expected two relations of"),
        ([f"{pair.source.relations[0]},nowhere,,match"], "two relations or two attributes of"),
    ):
        with pytest.raises(DataFormatError, match=says):
            read_relation_verdicts(write(tmp_path / "r.csv", *lines), pair)
    with pytest.raises(DataFormatError, match="expected the column verdict"):
        read_relation_verdicts(write(tmp_path / "r.csv", relations, header="source,target"), pair)


def test_edges_have_kinds_of_their_own(pair: GraphPair) -> None:
    """A verdict on relations is seen from either end; the target's kinds follow the source's, attributes stay out."""
    before = 2 * len(pair.source.relations)
    judged = np.array([[0, 1, 1], [2, 2, 0], [before, 2 * len(pair.target.relations), 1]])
    expected = [[0, before + 1, 1], [2, before + 2, 0], [1, before, 1], [3, before + 3, 0]]
    assert kinds_of_edges(judged, pair).tolist() == expected
    edges = RelationEdges.from_pair(pair)
    assert set(edges.kind[edges.row < pair.n_source].tolist()) <= set(range(before))


def test_a_training_takes_them_as_certain_and_says_so(
    tiny_data: Path, pair: GraphPair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    relations = f"{pair.source.relations[0]},{pair.target.relations[0]}"
    file = write(tmp_path / "relations.csv", f"{relations},,not", f"{relations},yes,match")
    train = ["train", "--data", str(tiny_data), *TINY, "--set", f"verdicts.relations={file}", "--run"]
    assert main([*train, str(tmp_path / "without"), "--set", "rules.rounds=0", "--set", "model.propagation=0"]) == 2
    assert "there are neither: set rules.rounds to 2" in capsys.readouterr().err
    quick = ["--set", "rules.rounds=1", "--set", "train.epochs=1", "--set", "train.freeze_epochs=1"]
    assert main([*train, str(tmp_path / "run"), *quick]) == 0
    sentence = "relations: 2 verdicts of people, which training takes as certain: 1 the same, 1 not"
    assert sentence in capsys.readouterr().out
    run = RunReader(tmp_path / "run")
    assert sentence in json.dumps(run.facts.account)
    contained = RunReasons(run, pair).found.contained
    for kinds, probability in (((0, 0), 0), ((1, 1), 0), ((0, 1), 1), ((1, 0), 1)):
        place = contained.place(*kinds)
        assert contained.forward[place] == contained.backward[place] == probability
