"""Audits: each fault is found where it was put in, nothing is found where there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pmf.audit.audit import audit
from pmf.audit.findings import percent
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.notes import Note
from pmf.data.readers import read_graph_pair
from tests.commands import pmf
from tests.pmf.audit.clean_pairs import clean_pair, linked_rows, of_check, the, with_source


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_found_in_clean_data_but_who_has_no_link(seed: int) -> None:
    result = audit(clean_pair(seed))
    assert [(f.check, f.side, f.severity, f.count, f.share) for f in result.findings] == [
        ("unlinked", "source", "info", 100, 0.25),
        ("unlinked", "target", "info", 100, 0.25),
    ]
    assert set(result.findings[0].examples).isdisjoint(linked_rows(clean_pair(seed))[0])


def test_links_that_are_repeated_or_not_one_to_one() -> None:
    pair = clean_pair()
    left, right = pair.links[0].tolist()
    again = np.array([[left, right], [left, pair.links[1, 1]], [pair.links[2, 0], right]])
    result = audit(replace(pair, links=np.concatenate([pair.links, again])))
    assert the(result, "repeated_links").count == 1
    source, target = of_check(result, "not_one_to_one")
    assert (source.side, source.count, set(source.examples)) == ("source", 2, {left, int(pair.links[2, 0])})
    assert (target.side, target.count, set(target.examples)) == ("target", 2, {right, int(pair.links[1, 1])})
    assert {source.severity, target.severity} == {"warning"}


def test_no_links_at_all() -> None:
    pair = replace(clean_pair(), links=np.zeros((0, 2), np.int64))
    assert [f.check for f in audit(pair).findings] == ["no_links"]


def test_splits_that_overlap_and_unlinked_entities_that_are_linked() -> None:
    pair = clean_pair()
    none = np.zeros((0, 2), np.int64)
    clean = PublishedSplit(train=pair.links[:100], valid=none, test=pair.links[100:])
    shared = PublishedSplit(train=pair.links[:100], valid=none, test=pair.links[99:])
    result = audit(replace(pair, splits={"fold/1": clean, "fold/2": shared}, unlinked=pair.links[:2, 0]))
    overlap = the(result, "split_overlap")
    assert "fold/2" in overlap.sentence
    assert (overlap.count, set(overlap.examples)) == (2, set(pair.links[99].tolist()))
    assert the(result, "unlinked_but_linked").count == 2


def test_what_is_wrong_with_a_graph() -> None:
    pair = clean_pair()
    lonely = int(pair.links[0, 0])
    graph = pair.source
    kept = graph.relation_triples[(graph.relation_triples[:, [0, 2]] != lonely).all(axis=1)]
    owned = graph.attribute_triples[:, 0] != lonely
    pair = with_source(
        pair,
        relation_triples=np.concatenate([kept, kept[:3], [[5, 0, 5]]]),
        attribute_triples=graph.attribute_triples[owned],
        attribute_values=["1"] * int(owned.sum()),
        names={},
        image_features={row: vector for row, vector in graph.image_features.items() if row != lonely},
    )
    result = audit(pair)
    assert (the(result, "name_on_one_side").side, the(result, "name_on_one_side").count) == ("target", 250)
    assert (the(result, "nothing_known").severity, the(result, "nothing_known").examples) == ("warning", (lonely,))
    assert the(result, "isolated").examples == (lonely,)
    assert (the(result, "repeated_triples").count, the(result, "self_loops").count) == (3, 1)
    assert the(result, "self_loops").examples == (5,)


def test_what_the_reader_had_to_say_is_repeated() -> None:
    finding = the(audit(replace(clean_pair(), notes=(Note(kind="left out", why="no pictures read"),))), "reader")
    assert (finding.severity, finding.sentence) == ("note", "left out: no pictures read.")


def test_coverage_and_distributions_by_hand() -> None:
    graph = KnowledgeGraph(
        entities=["a", "b", "c", "d"],
        relations=["r"],
        attributes=["p"],
        relation_triples=np.array([[0, 0, 1], [0, 0, 2], [0, 0, 1], [3, 0, 3]]),
        attribute_triples=np.array([[1, 0], [1, 0]]),
        attribute_values=["1", "2"],
        names={0: "a", 3: "d"},
    )
    pair = GraphPair(
        name="x", path=Path("x"), format="openea", source=graph, target=graph, links=np.array([[0, 4], [1, 5]])
    )
    result = audit(pair)
    rows = {(c.modality, c.group): (c.count, c.entities) for c in result.coverage if c.side == "source"}
    assert rows["structure", "all"] == (3, 4)
    assert (rows["structure", "linked"], rows["structure", "unlinked"]) == ((2, 2), (1, 2))
    assert (rows["attribute", "linked"], rows["attribute", "unlinked"]) == ((1, 2), (0, 2))
    assert (rows["name", "linked"], rows["name", "unlinked"], rows["image", "all"]) == ((1, 2), (1, 2), (0, 4))
    degree, linked, unlinked = [d for d in result.distributions if (d.what, d.side) == ("degree", "source")]
    assert (degree.mean, degree.quantiles[0], degree.quantiles[-1]) == (1.5, 0.0, 3.0)  # degrees 3, 2, 1, 0
    assert (degree.edges, degree.entities) == ((0, 1, 2, 3), (1, 1, 1, 1))
    assert (linked.entities, unlinked.entities) == ((0, 0, 1, 1), (1, 1, 0, 0))


def test_shares_are_exact_only_where_they_say_so() -> None:
    assert [percent(share) for share in (0, 1e-9, 0.5, 1 - 1e-9, 1)] == ["0 %", "0.1 %", "50.0 %", "99.9 %", "100 %"]


def test_the_command_prints_findings_worst_first_and_json(tiny_data: Path) -> None:
    told = pmf("data", "audit", tiny_data, "--no-pictures")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("WARNINGS (3)\n  both    equal_names: 100 % of the links join")
    headings = [line for line in told.stdout.splitlines() if line[:1].isupper()]
    assert headings == ["WARNINGS (3)", "NOTES (2)", "GOOD TO KNOW (4)"]
    assert max(map(len, told.stdout.splitlines())) <= 140
    assert "picture files were not looked at" in told.stdout
    first, *progress = told.stderr.splitlines()
    assert first.startswith("pmf data audit: what looks wrong with a data set")
    assert progress[0].startswith(f"reading {tiny_data}")
    answer = pmf("data", "audit", tiny_data, "--json")
    values = json.loads(answer.stdout)
    assert (values["pictures"], answer.stderr) == (True, "")
    entities = [entity for graph, _ in read_graph_pair(tiny_data).sides() for entity in graph.entities]
    names = next(f for f in values["findings"] if f["check"] == "equal_names")
    assert len(names["examples"]) == 5
    assert all(example["uri"] == entities[example["entity"]] for example in names["examples"])


def test_the_command_refuses_what_is_no_data_set(tmp_path: Path) -> None:
    done = pmf("data", "audit", tmp_path / "nowhere", "--quiet")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.real
@pytest.mark.full
def test_four_targets_of_fb15k237_db15k_are_linked_twice(datasets: Path) -> None:
    pair = read_graph_pair(datasets / "FB15K237-DB15K")
    result = audit(pair)
    finding = the(result, "not_one_to_one")
    assert (finding.side, finding.count) == ("target", 4)
    targets, times = np.unique(pair.links[:, 1], return_counts=True)
    assert finding.examples == tuple(targets[times == 2].tolist())
    assert the(result, "attribute_on_one_side").side == "source"
    assert not [f for f in result.findings if f.severity == "leak"]
