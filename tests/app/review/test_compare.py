"""How far attributes lie apart, and which neighbours speak for a pair."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from app.review.services import faces
from app.review.services.compare import Difference, date, differences, readings
from app.review.services.linked import CONFIRMED, PREDICTED, SEED, linked_neighbours
from app.review.services.usual import usual_attributes, usual_types
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from pmf.data.graph_pair import GraphPair


def one(source: str | list[str], target: str | list[str]) -> Difference:
    rows = differences(*({"key": [v] if isinstance(v, str) else v} for v in (source, target)))
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("648000", [(648000, "")]),
        ("-4.00", [(-4, "")]),
        ("+3,5", [(3.5, "")]),
        ("1.5e3", [(1500, "")]),
        ("12 km2", [(12, "km2")]),
        ("99%", [(99, "%")]),
        ("7,5° n", [(7.5, "°")]),
        ("24.4°w", [(-24.4, "°")]),
        ("7,5° o", [(7.5, "°"), (-7.5, "°")]),
        ("boeing 747", []),
        ("747 boeing jets", []),
        ("1e999", []),
        ("", []),
        ("1.2.3", []),
    ],
)
def test_numbers(text: str, values: list[tuple[float, str]]) -> None:
    assert readings(text) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2018-04-18", datetime.date(2018, 4, 18)),
        ("1969-07-20t20:17:40z", datetime.date(1969, 7, 20)),
        ("1949年10月1日", datetime.date(1949, 10, 1)),
        ("2023-02-30", None),
        ("2023", None),
        ("0000-01-01", None),
    ],
)
def test_dates(text: str, value: datetime.date | None) -> None:
    assert date(text) == value


def test_numbers_differ_by_a_share_of_the_larger() -> None:
    row = one("650000", "637000")
    assert (row.kind, row.row.mark) == ("number", "differs")
    assert row.relative == pytest.approx(0.02)
    assert row.said == "differs by 2.0%"
    assert one("54.40", "-54.40").relative == pytest.approx(2)
    assert one("0", "5").relative == 1
    assert one("1,234,567", "1 234 567").relative == 0


def test_the_closest_of_several_values_counts() -> None:
    assert one(["1", "100"], ["90", "7"]).relative == pytest.approx(0.1)


def test_units_have_to_agree() -> None:
    assert one("5 km", "5 m").kind == "text"
    assert one("5 km", "4 km").relative == pytest.approx(0.2)
    assert one("5 km", "4").relative == pytest.approx(0.2)


def test_a_latitude_is_south_with_a_minus_or_with_a_letter() -> None:
    assert one("-7.50", "7,5° S").relative == 0
    assert one("8.00", "7,5° S").relative == pytest.approx(15.5 / 8)
    assert one("-7.50", "7,5° O").relative == one("7.50", "7,5° O").relative == 0


def test_dates_are_days_apart() -> None:
    row = one("2020-02-28", "2020-03-01")
    assert (row.kind, row.days, row.said) == ("date", 2, "2 days apart")
    assert one("2020-02-28", "2020-02-29T10:00:00").said == "1 day apart"


def test_literals_are_compared_without_their_types() -> None:
    row = one('"12"^^<http://www.w3.org/2001/XMLSchema#int>', "15")
    assert row.relative == pytest.approx(0.2)
    assert one('"2001-01-01"^^<xsd:date>', "2001-01-02").days == 1


@pytest.mark.parametrize(
    ("source", "target", "contained", "said"),
    [
        ("New York", "New York City", True, "one holds the other"),
        ("Yorkshire", "York", False, "differs"),
        ("Paris", "Lutetia", False, "differs"),
        ("PARIS", "paris ", True, "equal"),
    ],
)
def test_texts(source: str, target: str, contained: bool, said: str) -> None:
    row = one(source, target)
    assert (row.kind, row.contained, row.said) == ("text", contained, said)


def test_what_stands_alone_has_no_difference() -> None:
    source, target = {"a": ["1"], "only": ["x"], "named": [""]}, {"a": ["2"], "other": ["y"], "named": [""]}
    rows = differences(source, target)
    assert [(d.row.mark, d.kind) for d in rows] == [
        ("differs", "number"),
        ("named", ""),
        ("source only", ""),
        ("target only", ""),
    ]
    assert [d.said for d in rows][1:] == ["named", "source only", "target only"]


def test_a_thousand_values_are_compared_in_no_time() -> None:
    many = [f"value {i}" for i in range(2000)]
    assert one(many, [f"other {i}" for i in range(2000)]).kind == "text"
    assert readings("9" * 100_000) == []


def entity(pair: GraphPair, name: str, *, target: bool = False) -> int:
    return [i for i, label in enumerate(pair.labels) if label == name][-1 if target else 0]


def test_linked_neighbours_say_how_they_are_known(small: RunView, pair: GraphPair) -> None:
    """A city's only neighbour is its country: linked by a seed, by a prediction, by a verdict, or not at all."""
    data = Dataset(pair)
    known = []
    for name in [label for label in pair.labels[: pair.n_source] if not label.endswith("City")]:
        country, other = entity(pair, name), entity(pair, name, target=True)
        cities = entity(pair, f"{name} City"), entity(pair, f"{name} City", target=True)
        neighbours = linked_neighbours(small, data, *cities)
        if small.split[country] == "seed" or small.best[country] == other:
            assert [(p.source, p.target) for p in neighbours] == [(country, other)]
            assert neighbours[0].source_relations == ("← capital",)
            assert neighbours[0].target_relations == ("← seat",)
            known.append(neighbours[0].known)
        else:
            assert neighbours == []  # its link is a test link: it is not looked at
            assert linked_neighbours(small, data, *cities, {country: other})[0].known == CONFIRMED
            known.append("")
        assert known[-1] == (SEED if small.split[country] == "seed" else PREDICTED if neighbours else "")
    assert set(known) == {SEED, PREDICTED, ""}


def test_the_surest_neighbours_come_first(atlas: RunView, atlas_data: Dataset) -> None:
    pairs = [(s, int(atlas.partner[s])) for s in range(atlas.n_source) if atlas.split[s] == "test"]
    neighbours = max((linked_neighbours(atlas, atlas_data, *pair) for pair in pairs[:80]), key=len)
    order = [(SEED, CONFIRMED, PREDICTED).index(p.known) for p in neighbours]
    assert order == sorted(order)
    assert len(set(order)) > 1
    for p in neighbours:
        assert p.source < atlas.n_source <= p.target


@pytest.mark.parametrize(
    ("source", "target", "decisive"),
    [
        ("1912-06-23", "1954-06-07", True),
        ("1912-06-23", "1912-06-24", False),
        ("144,478,050", "44 623 000", True),
        ("144,478,050", "143,000,000", False),
        ("Turing", "Church", False),
        ("5 km", "5 km", False),
    ],
)
def test_a_date_or_number_far_apart_speaks_against_a_match(source: str, target: str, decisive: bool) -> None:
    assert one(source, target).decisive == decisive


@pytest.mark.parametrize(("apart", "links", "decisive"), [(0, 0, True), (1, 10, True), (2, 10, False), (1, 2, False)])
def test_what_differs_in_many_training_links_is_not_decisive(apart: int, links: int, decisive: bool) -> None:
    usual = {("born", "born"): (apart, links)}
    rows = differences({"born": ["1912-06-23"]}, {"born": ["1954-06-07"]}, usual)
    assert rows[0].far
    assert rows[0].decisive == decisive


def test_what_is_usual_is_learned_from_training_links_alone(atlas: RunView, atlas_data: Dataset) -> None:
    blind = RunView(atlas.reader)
    blind.partner = np.where(atlas.split == "seed", atlas.partner, -1)
    usual = usual_attributes(blind, atlas_data)
    assert usual == usual_attributes(atlas, atlas_data)
    assert usual["population", "population"] == (2, 32)
    assert usual_types(blind) == usual_types(atlas)


def test_a_type_that_links_mix_rules_nothing_out(atlas: RunView, atlas_data: Dataset) -> None:
    country = int(np.flatnonzero(atlas.types == "country")[0])
    other = atlas.n_source + int(np.flatnonzero(atlas.types[atlas.n_source :] == "language")[0])
    (row, *_) = faces.pair(atlas, atlas_data, country, other, {}, blind=True)["rows"]
    assert (row["key"], row["decisive"]) == ("type", True)
    assert row["usual"] == "as in 0 of 52 training links"
    mixed = RunView(atlas.reader)
    mixed.types = atlas.types.copy()
    mixed.types[np.flatnonzero((atlas.split == "seed") & (atlas.types == "country"))[1::2]] = "language"
    (row, *_) = faces.pair(mixed, atlas_data, country, other, {}, blind=True)["rows"]
    assert (row["key"], row["decisive"], row["usual"]) == ("type", False, "")


def test_what_is_decisive_comes_first() -> None:
    rows = differences({"a": ["x"], "b": ["1912-06-23"], "c": ["y"]}, {"a": ["z"], "b": ["1954-06-07"], "c": ["y"]})
    assert [difference.row.source_key for difference in rows] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("one", "other", "mark", "said"),
    [
        ("399.99", "400", "equal", "equal"),
        ("48.8566", "48.85661", "equal", "equal"),
        ("12,5 km", "12.46 km", "equal", "equal"),
        ("648000", "648123", "differs", "differs by less than 0.1%"),
        ("399.99", "398.99", "differs", "differs by 0.3%"),
        ("400 m", "399.99 ft", "differs", "differs"),
    ],
)
def test_what_rounding_explains_is_equal_and_nothing_differs_by_nothing(
    one: str, other: str, mark: str, said: str
) -> None:
    (found,) = differences({"size": [one]}, {"size": [other]})
    assert (found.row.mark, found.said) == (mark, said)
