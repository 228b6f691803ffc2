"""Audits: each fault is found where it was put in, nothing is found where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pmf.audit.audit import SEVERITIES, Audit, Finding, audit
from pmf.audit.findings import percent
from pmf.audit.leaks import of_categories, of_numbers
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.notes import Note
from pmf.data.readers import read_graph_pair
from tests.commands import pmf

N, LINKED = 400, 300  # entities of each side


def clean_pair(seed: int = 0) -> GraphPair:
    """A pair in which nothing depends on having a counterpart, and rows are shuffled."""
    rng = np.random.default_rng(seed)
    source, target = (clean_graph(rng, side) for side in ("s", "t"))
    links = np.column_stack([rng.permutation(N)[:LINKED], N + rng.permutation(N)[:LINKED]])
    return GraphPair(name="made", path=Path("made"), format="openea", source=source, target=target, links=links)


def clean_graph(rng: np.random.Generator, side: str) -> KnowledgeGraph:
    ring = np.column_stack([np.arange(N), np.zeros(N, np.int64), np.roll(np.arange(N), 1)])
    more = np.column_stack([rng.integers(N, size=900), rng.integers(1, 5, size=900), rng.integers(N, size=900)])
    more = np.unique(more[more[:, 0] != more[:, 2]], axis=0)
    owners = rng.permutation(N)[:280]
    return KnowledgeGraph(
        entities=[f"http://{side}.example/{side}{number}" for number in rng.permutation(10_000)[:N]],
        relations=[f"r{i}" for i in range(5)],
        attributes=["a", "b"],
        relation_triples=np.concatenate([ring, more]),
        attribute_triples=np.column_stack([owners, rng.integers(2, size=280)]),
        attribute_values=["1"] * 280,
        names={int(row): f"{side} name {row}" for row in rng.permutation(N)[:250]},
        types={row: f"type {rng.integers(4)}" for row in range(N)},
        image_features={int(row): rng.normal(size=4).astype(np.float32) for row in rng.permutation(N)[:200]},
    )


def linked_rows(pair: GraphPair) -> tuple[set[int], set[int]]:
    return set(pair.links[:, 0].tolist()), set((pair.links[:, 1] - N).tolist())


def with_source(pair: GraphPair, **changes: Any) -> GraphPair:
    return replace(pair, source=replace(pair.source, **changes))


def found(result: Audit, check: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.check == check]


def the(result: Audit, check: str) -> Finding:
    (finding,) = found(result, check)
    return finding


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_found_in_clean_data_but_who_has_no_link(seed: int) -> None:
    result = audit(clean_pair(seed))
    assert [(f.check, f.side, f.severity, f.count, f.share) for f in result.findings] == [
        ("unlinked", "source", "info", 100, 0.25),
        ("unlinked", "target", "info", 100, 0.25),
    ]
    assert set(result.findings[0].examples).isdisjoint(linked_rows(clean_pair(seed))[0])


def only_linked(pair: GraphPair, table: dict[int, Any]) -> dict[int, Any]:
    return {row: value for row, value in table.items() if row in linked_rows(pair)[0]}


def first_half_of_linked(pair: GraphPair) -> dict[int, Any]:
    features = only_linked(pair, pair.source.image_features)
    return {row: features[row] for row in sorted(features)[: len(features) // 2]}


def without_unlinked_attributes(pair: GraphPair) -> GraphPair:
    triples = pair.source.attribute_triples
    kept = triples[[row in linked_rows(pair)[0] for row in triples[:, 0]]]
    return with_source(pair, attribute_triples=kept, attribute_values=["1"] * len(kept))


def with_linked_first(pair: GraphPair) -> GraphPair:
    order = np.argsort([row not in linked_rows(pair)[0] for row in range(N)], kind="stable")
    place = np.argsort(order)
    links = np.column_stack([place[pair.links[:, 0]], pair.links[:, 1]])
    graph = pair.source
    triples = np.column_stack(
        [place[graph.relation_triples[:, 0]], graph.relation_triples[:, 1], place[graph.relation_triples[:, 2]]]
    )
    attributes = np.column_stack([place[graph.attribute_triples[:, 0]], graph.attribute_triples[:, 1]])
    moved = {
        name: {int(place[row]): value for row, value in getattr(graph, name).items()}
        for name in ("names", "types", "image_features")
    }
    pair = with_source(pair, relation_triples=triples, attribute_triples=attributes, **moved)
    return replace(pair, links=links)


def with_telling_types(pair: GraphPair) -> GraphPair:
    linked = linked_rows(pair)[0]
    return with_source(pair, types={row: "thing" if row in linked else "category" for row in range(N)})


def with_busy_linked(pair: GraphPair) -> GraphPair:
    linked = sorted(linked_rows(pair)[0])
    hubs = np.column_stack([np.repeat(linked, 6), np.full(6 * LINKED, 1), np.roll(np.repeat(linked, 6), 7)])
    triples = np.unique(np.concatenate([pair.source.relation_triples, hubs]), axis=0)
    return with_source(pair, relation_triples=triples[triples[:, 0] != triples[:, 2]])


LEAKS: list[tuple[str, Callable[[GraphPair], GraphPair], str]] = [
    ("attribute_presence", without_unlinked_attributes, "warning"),  # 30 % of the linked lack attributes too
    ("image_presence", lambda p: with_source(p, image_features=first_half_of_linked(p)), "note"),
    ("name_presence", lambda p: with_source(p, names=only_linked(p, {i: f"s{i}" for i in range(N)})), "leak"),
    ("type_presence", lambda p: with_source(p, types=only_linked(p, p.source.types)), "leak"),
    ("type", with_telling_types, "leak"),
    ("degree", with_busy_linked, "leak"),
    ("row_number", with_linked_first, "leak"),
]


@pytest.mark.parametrize(("check", "plant", "severity"), LEAKS, ids=[leak[0] for leak in LEAKS])
def test_what_tells_who_has_a_counterpart_is_found_on_its_side(
    check: str, plant: Callable[[GraphPair], GraphPair], severity: str
) -> None:
    result = audit(plant(clean_pair()))
    finding = the(result, check)
    assert (finding.severity, finding.side, finding.count) == (severity, "source", 100)
    assert finding.strength is not None
    assert f"(AUC {finding.strength:.2f})" in finding.sentence
    others = {f.check for f in result.findings} - {check, "unlinked"}
    assert others <= ({"type"} if check == "type_presence" else set())


def test_one_side_without_unlinked_entities_has_nothing_to_give_away() -> None:
    pair = without_unlinked_attributes(clean_pair())
    linked = sorted(linked_rows(pair)[0])
    rest = [row for row in range(N) if row not in linked]
    more = np.column_stack([rest, N + np.arange(len(rest))])
    result = audit(replace(pair, links=np.concatenate([pair.links, more])))
    assert not found(result, "attribute_presence")
    assert [f.side for f in found(result, "unlinked")] in ([], ["target"])


def test_row_order_that_agrees_is_a_leak_and_a_slight_agreement_a_note() -> None:
    pair, rng = clean_pair(), np.random.default_rng(3)
    rows = np.sort(rng.permutation(N)[:LINKED])
    same = the(audit(replace(pair, links=np.column_stack([rows, N + rows]))), "row_order")
    assert (same.severity, same.share, same.count) == ("leak", 1.0, LINKED)
    assert same.strength == pytest.approx(1.0)
    half = rows.copy()
    moved = rng.permutation(LINKED)[:190]
    half[moved] = half[rng.permutation(moved)]
    slight = the(audit(replace(pair, links=np.column_stack([rows, N + half]))), "row_order")
    assert slight.severity == "note"
    assert slight.strength is not None
    assert 0.25 < slight.strength < 0.5


@pytest.mark.parametrize(("equal", "severity"), [(2, None), (10, "note"), (100, "warning")])
def test_names_equal_on_both_sides_are_a_shortcut(equal: int, severity: str | None) -> None:
    pair = clean_pair()
    source, target = dict(pair.source.names), dict(pair.target.names)
    for number, (left, right) in enumerate(pair.links[:equal].tolist()):
        source[left], target[right - N] = f"Zoë ({number})", f"ZOË {number}"
    spare = next(row for row in range(N) if row not in linked_rows(pair)[1])
    target[spare] = "Zoë 0"  # the same name again, on an entity without a link
    pair = replace(pair, source=replace(pair.source, names=source), target=replace(pair.target, names=target))
    result = audit(pair)
    if severity is None:
        assert not found(result, "equal_names")
        return
    finding = the(result, "equal_names")
    assert (finding.severity, finding.count, finding.strength) == (severity, equal, equal / LINKED)
    assert f"{percent(equal / (equal + 1))} of all pairs with equal ones are links" in finding.sentence
    assert all(pair.labels[entity].casefold().startswith("zoë") for entity in finding.examples)


def test_equal_uris_are_a_shortcut_even_where_they_are_numbers() -> None:
    pair = clean_pair()
    target = list(pair.target.entities)
    for left, right in pair.links.tolist():
        target[right - N] = f"http://t.example/{pair.source.entities[left].rpartition('/')[2]}"
    finding = the(audit(replace(pair, target=replace(pair.target, entities=target))), "equal_uris")
    assert (finding.severity, finding.count) == ("warning", LINKED)


def test_association_by_hand() -> None:
    linked = np.array([True, True, True, False, False])
    # pairs of a linked and an unlinked entity: 5 beats 1 and 4, 4 beats 1 and ties 4, 2 beats 1 and loses to 4
    assert of_numbers(np.array([5, 4, 2, 1, 4]), linked).auc == pytest.approx((2 + 1.5 + 1) / 6)
    table = of_categories(np.array([1, 1, 0, 0, 0]), linked)  # present: 2 of 3 linked, 0 of 2 unlinked
    assert table.auc == pytest.approx((1 + 2 / 3 - 0) / 2)
    many = of_categories(np.repeat([1, 0, 1, 0], [30, 10, 10, 30]), np.repeat([True, False], 40))
    chi_square = 80 * (30 * 30 - 10 * 10) ** 2 / (40 * 40 * 40 * 40)
    assert chi_square == 20.0
    assert many.p == pytest.approx(7.744e-6, rel=1e-3)  # of 20 with one degree of freedom
    assert (many.auc, many.severity) == (pytest.approx(0.75), "warning")
    few = of_categories(np.array([1, 1, 0, 0]), np.array([True, True, False, False]))
    assert (few.strength, few.severity) == (1.0, None)  # perfect, but it may be chance


def test_links_that_are_repeated_or_not_one_to_one() -> None:
    pair = clean_pair()
    left, right = pair.links[0].tolist()
    again = np.array([[left, right], [left, pair.links[1, 1]], [pair.links[2, 0], right]])
    result = audit(replace(pair, links=np.concatenate([pair.links, again])))
    assert the(result, "repeated_links").count == 1
    source, target = found(result, "not_one_to_one")
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


@pytest.fixture
def pictured(tmp_path: Path) -> GraphPair:
    """Source entity i has picture i of nine, target entity i that of source entity i where they are linked."""
    rng = np.random.default_rng(1)
    noise = [Image.fromarray(rng.integers(256, size=(8, 8, 3)).astype(np.uint8)) for _ in range(12)]
    files = [tmp_path / f"{i}.png" for i in range(12)]
    for file, picture in zip(files, noise, strict=True):
        picture.save(file)
    files[1].write_bytes(files[0].read_bytes())  # identical to another
    files[2].write_bytes(b"<html>not found</html>")
    files[3].write_bytes(files[4].read_bytes()[:-40])
    Image.new("1", (5001, 5000)).save(files[5])
    noise[0].save(files[6].with_suffix(".gif"), save_all=True, append_images=noise[1:3])
    source = dict(enumerate(files[:10])) | {6: files[6].with_suffix(".gif"), 10: files[9]}  # one file, two entities
    pair = with_source(clean_pair(), image_features={}, images=source)
    pair = replace(pair, target=replace(pair.target, image_features={}, images={0: files[8], 1: files[11]}))
    return replace(pair, links=np.array([[8, N], [7, N + 1]]))


def test_pictures_that_cannot_be_used_or_told_apart(pictured: GraphPair) -> None:
    seen: list[tuple[int, int]] = []
    result = audit(pictured, progress=lambda what, done, total: seen.append((done, total)))
    assert seen == [(done, 11) for done in range(1, 12)]  # files, not entities
    unreadable = the(result, "picture_unreadable")
    assert (unreadable.severity, unreadable.side, unreadable.examples) == ("warning", "source", (2, 3))
    assert (unreadable.count, unreadable.share) == (2, 2 / 11)
    assert unreadable.sentence.startswith("2 pictures cannot be read")
    assert the(result, "picture_too_large").examples == (5,)
    assert the(result, "picture_moving").examples == (6,)
    identical = the(result, "identical_pictures")
    assert (identical.side, set(identical.examples)) == ("source", {0, 1, 6, 9, 10})  # by pixels, whatever the format
    same = the(result, "same_picture_on_both_sides")
    assert (same.severity, same.count, same.share, same.examples) == ("warning", 1, 0.5, (8, N))


def test_pictures_are_looked_at_on_request_only(pictured: GraphPair) -> None:
    result = audit(pictured, pictures=False)
    assert not result.pictures
    assert not [f for f in result.findings if "picture" in f.check]


def test_picture_features_that_say_nothing() -> None:
    pair = clean_pair()
    features = dict(pair.source.image_features)
    first, second, third, *_ = sorted(features)
    features |= {first: np.zeros(4, np.float32), second: np.ones(4, np.float32), third: np.ones(4, np.float32)}
    result = audit(with_source(pair, image_features=features))
    assert the(result, "zero_picture_features").examples == (first,)
    assert (the(result, "identical_picture_features").examples, the(result, "identical_picture_features").severity) == (
        (second, third),
        "note",
    )


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


def test_worst_comes_first_and_everything_fits_into_json() -> None:
    pair = with_linked_first(with_telling_types(without_unlinked_attributes(clean_pair())))
    result = audit(pair)
    places = [SEVERITIES.index(f.severity) for f in result.findings]
    assert places == sorted(places)
    assert len(set(places)) >= 3
    assert json.loads(json.dumps(result.to_dict()))["findings"][0]["check"] == result.findings[0].check


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
    assert told.stderr == ""
    answer = pmf("data", "audit", tiny_data, "--json")
    values = json.loads(answer.stdout)
    assert (values["pictures"], answer.stderr) == (True, "")
    entities = [entity for graph, _ in read_graph_pair(tiny_data).sides() for entity in graph.entities]
    names = next(f for f in values["findings"] if f["check"] == "equal_names")
    assert len(names["examples"]) == 5
    assert all(example["uri"] == entities[example["entity"]] for example in names["examples"])


def test_the_command_refuses_what_is_no_data_set(tmp_path: Path) -> None:
    done = pmf("data", "audit", tmp_path / "nowhere")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def severities(findings: Iterable[Finding], side: str) -> dict[str, str]:
    return {f.check: f.severity for f in findings if f.side == side}


@pytest.mark.real
@pytest.mark.parametrize("name", ["zh_en", "fr_en"])
def test_dbp15k_gives_away_who_has_a_counterpart(datasets: Path, name: str) -> None:
    pair = read_graph_pair(datasets / "mmkg" / "DBP15K" / name)
    result = audit(pair)
    for graph, side in ((pair.source, "source"), (pair.target, "target")):
        told = severities(result.findings, side)
        assert (told["attribute_presence"], told["row_number"], told["unlinked"]) == ("leak", "leak", "info")
        finding = next(f for f in result.findings if (f.check, f.side) == ("attribute_presence", side))
        assert finding.strength is not None
        assert finding.strength > 0.999
        assert finding.count == len(graph) - 15000
        (unlinked,) = [c for c in result.coverage if (c.side, c.group, c.modality) == (side, "unlinked", "attribute")]
        assert (unlinked.count, unlinked.entities) == (0, len(graph) - 15000)
    assert severities(result.findings, "both")["row_order"] == "leak"
    assert severities(result.findings, "both")["equal_names"] == "warning"


@pytest.mark.real
def test_emoji_pictures_are_all_readable_and_some_the_same(datasets: Path) -> None:
    result = audit(read_graph_pair(datasets / "EMOJI_ZH_EN"))
    assert not found(result, "picture_unreadable")
    assert [(f.side, f.count) for f in found(result, "identical_pictures")] == [("source", 43), ("target", 23)]
    assert not found(result, "same_picture_on_both_sides")
    assert not found(result, "equal_names")
    assert {f.severity for f in found(result, "image_presence")} == {"leak"}  # tags and groups have none


@pytest.mark.real
def test_four_targets_of_fb15k237_db15k_are_linked_twice(datasets: Path) -> None:
    pair = read_graph_pair(datasets / "FB15K237-DB15K")
    result = audit(pair)
    finding = the(result, "not_one_to_one")
    assert (finding.side, finding.count) == ("target", 4)
    targets, times = np.unique(pair.links[:, 1], return_counts=True)
    assert finding.examples == tuple(targets[times == 2].tolist())
    assert the(result, "attribute_on_one_side").side == "source"
    assert not [f for f in result.findings if f.severity == "leak"]
