"""Leaks and shortcuts: each is found where it was put in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmf.audit.audit import SEVERITIES, Finding, audit
from pmf.audit.findings import percent
from pmf.audit.leaks import of_categories, of_numbers
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from tests.pmf.audit.clean_pairs import LINKED, N, clean_pair, linked_rows, of_check, the, with_source


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
    assert not of_check(result, "attribute_presence")
    assert [f.side for f in of_check(result, "unlinked")] in ([], ["target"])


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
        assert not of_check(result, "equal_names")
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


def test_worst_comes_first_and_everything_fits_into_json() -> None:
    pair = with_linked_first(with_telling_types(without_unlinked_attributes(clean_pair())))
    result = audit(pair)
    places = [SEVERITIES.index(f.severity) for f in result.findings]
    assert places == sorted(places)
    assert len(set(places)) >= 3
    assert json.loads(json.dumps(result.to_dict()))["findings"][0]["check"] == result.findings[0].check


def severities(findings: Iterable[Finding], side: str) -> dict[str, str]:
    return {f.check: f.severity for f in findings if f.side == side}


@pytest.mark.real
@pytest.mark.parametrize("name", ["zh_en", pytest.param("fr_en", marks=pytest.mark.full)])
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
