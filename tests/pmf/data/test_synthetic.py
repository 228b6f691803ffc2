"""Drawn graph pairs: the sizes asked for, the skew of real graphs, and nothing that gives the links away."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from pmf.arrays import Ids
from pmf.audit.summary import summarise
from pmf.cli import main
from pmf.data.graph_pair import GraphPair, degrees
from pmf.data.readers import read_graph_pair
from pmf.data.synthetic import SyntheticOptions, options_like, synthetic_pair


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_reader_reads_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "made"
    sizes = ["--entities", "2000", "--linked", "0.6", "--relations", "40", "--types", "7", "--mean-degree", "9"]
    assert main(["data", "synthesize", "--out", str(out), *sizes, "--mean-attributes", "4", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["entities"] == [2000, 2000]
    assert {"rel_triples_1", "attr_triples_2", "ent_links", "types.tsv", "image_truth.tsv"} <= set(digests(out))
    pair = read_graph_pair(out)
    summary = summarise(pair)
    assert summary["links"] == 1200
    for graph, side in ((pair.source, "source"), (pair.target, "target")):
        found = summary[side]
        assert found["entities"] == 2000
        assert found["linked"] == 1200
        assert found["relations"] == 40
        assert found["mean_degree"] == pytest.approx(9, rel=0.1)
        assert found["attribute_triples"] / 2000 == pytest.approx(4, rel=0.25)
        assert len(set(graph.types.values())) == 7
        assert found["coverage"]["structure"] == 1


def test_degrees_are_as_skewed_as_in_dbp15k() -> None:
    degree = np.sort(degrees(synthetic_pair(SyntheticOptions(entities=5000)).source))[::-1]
    assert np.median(degree) < 0.8 * degree.mean()
    # in DBP15K zh_en the commonest hundredth of the entities holds 12 % of all ends
    assert 0.08 < degree[:50].sum() / degree.sum() < 0.35
    assert degree.min() >= 1


def test_nothing_but_the_graphs_tells_who_belongs_to_whom() -> None:
    pair = synthetic_pair(SyntheticOptions(entities=2000))
    source, target = pair.links.T
    assert abs(np.corrcoef(source, target)[0, 1]) < 0.1
    assert abs(np.corrcoef(np.arange(len(source)), source)[0, 1]) < 0.1
    # URIs number the rows, so they tell no more than rows do
    for graph, side in ((pair.source, 1), (pair.target, 2)):
        assert graph.entities == [f"http://synthetic.example/{side}/e{i}" for i in range(2000)]
    # but the graphs do: counterparts have more relations in common than strangers
    common = relations_in_common(pair, np.arange(len(source)))
    assert common.mean() > 1.5 * relations_in_common(pair, np.roll(np.arange(len(source)), 1)).mean()


def relations_in_common(pair: GraphPair, order: Ids) -> Ids:
    """Relation names that each source entity shares with the target entity of another link."""
    found: list[set[str]] = [set() for _ in range(len(pair))]
    for graph, offset in pair.sides():
        for head, relation, tail in graph.relation_triples:
            found[offset + head].add(graph.relations[relation])
            found[offset + tail].add(graph.relations[relation])
    pairs = zip(pair.links[:, 0], pair.links[order, 1], strict=True)
    return np.array([len(found[s] & found[t]) for s, t in pairs])


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", "3"), ("two", "3"), ("other", "4")):
        assert main(["data", "synthesize", "--out", str(tmp_path / name), "--entities", "300", "--seed", seed]) == 0
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one") != digests(tmp_path / "other")


def test_sizes_like_those_of_another_data_set(tiny_data: Path, tmp_path: Path) -> None:
    options = options_like(read_graph_pair(tiny_data))
    assert (options.entities, options.relations, options.attributes) == (64, 4, 9)
    assert options.linked == 56 / 64
    out = tmp_path / "alike"
    assert main(["data", "synthesize", "--out", str(out), "--like", str(tiny_data), "--relations", "5"]) == 0
    again = options_like(read_graph_pair(out))
    assert (again.entities, again.relations, again.linked) == (64, 5, options.linked)
    assert again.mean_degree == pytest.approx(options.mean_degree, rel=0.25)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--entities", "1"], "entities must be at least 2, got 1"),
        (["--linked", "1.5"], "linked must lie in (0, 1], got 1.5"),
        (["--relations", "0"], "relations must be above 0, got 0"),
        (["--relevant", "0.9", "--irrelevant", "0.2"], "must be shares that add up to at most 1"),
        (["--onto", "demo", "--entities", "50"], "leave out entities"),
        (["--onto", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_options_are_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "synthesize", "--quiet", "--out", str(tmp_path / "made"), *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "made").exists()
