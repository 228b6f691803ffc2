"""What attribute values have in common, whatever their keys and languages."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import normalize

from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.data.split import split_links
from pmf.features import values
from pmf.features.bags import attribute_bags
from pmf.features.names import names_of
from pmf.features.values import value_bags, value_tokens, with_values

Make = Callable[..., GraphPair]


@pytest.mark.parametrize(
    "written",
    [
        "1961-03-01",
        "+1961-03-01T00:00:00Z",
        "1961/3/1",
        "1961.03.01",
        "1961年3月1日",
        '"1961-03-01"^^<http://www.w3.org/2001/XMLSchema#date>',
    ],
)
def test_a_date_is_its_day_month_and_year(written: str) -> None:
    assert value_tokens(written) == {"number 1961": 1, "month 1961-3": 1, "day 1961-3-1": 1}
    assert "number 1961" in value_tokens("1961")


@pytest.mark.parametrize("written", ["1961-03", "1961年3月"])
def test_a_month_without_a_day(written: str) -> None:
    assert value_tokens(written) == {"number 1961": 1, "month 1961-3": 1}


@pytest.mark.parametrize("written", ["1961-13-01", "1961-02-32", "1961-00"])
def test_what_cannot_be_a_date_is_text(written: str) -> None:
    assert f"text {written}" in value_tokens(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("648000", "648000"),
        ("648 000", "648000"),
        ("648\xa0000", "648000"),
        ("６４８０００", "648000"),
        ("1,234,567.5", "1234567.5"),
        ("1.234.567,5", "1234567.5"),
        ("1'234'567", "1234567"),
        ("00227", "227"),
        ("+84", "84"),
        ("-66.88", "66.88"),
        ("−66,88", "66.88"),
        ("$12", "12"),
        ("1.5e3", "1500"),
        ("1990.58333333", "1990.58333333"),
        ('"42"^^<http://www.w3.org/2001/XMLSchema#integer>', "42"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, number: str) -> None:
    assert value_tokens(written) == value_tokens(number)
    assert {token.split()[0] for token in value_tokens(written)} <= {"number", "digits", "bin", "gram"}
    assert f"number {number}" in value_tokens(written)


def test_a_mark_before_three_digits_is_read_both_ways() -> None:
    assert {"number 1234", "number 1.234"} <= value_tokens("1,234").keys()
    assert {"number 1234", "number 1.234"} <= value_tokens("1.234").keys()
    assert "number 1.2345" in value_tokens("1.2345")
    assert "number 12345" not in value_tokens("1.2345")


def test_the_bins_of_near_numbers_overlap_and_those_of_far_ones_do_not() -> None:
    def bins(number: float) -> dict[str, float]:
        return {token: weight for token, weight in value_tokens(f"{number:f}").items() if token.startswith("bin")}

    def cosine(a: float, b: float) -> float:
        return sum(weight * bins(b).get(token, 0) for token, weight in bins(a).items())

    assert cosine(5000, 5000) == pytest.approx(1)
    assert cosine(5000, 5050) > 0.9
    assert cosine(5000, 5250) > 0.2
    assert cosine(5000, 6000) == 0
    assert value_tokens("0") == {"number 0": 1, "gram  0 ": 1}


def test_a_unit_is_text_beside_its_number() -> None:
    tokens = value_tokens("176 220 km²")
    assert {"number 176220", "text km2", "gram  km", "gram km2", "gram m2 "} <= tokens.keys()
    assert not any("176 220" in token for token in tokens)


def test_a_slip_in_a_long_number_leaves_something() -> None:
    assert len({t for t in value_tokens("5304218") if t.startswith("gram")} & value_tokens("5304281").keys()) == 4


def test_a_text_is_itself_its_words_and_their_trigrams_as_often_as_they_occur() -> None:
    tokens = value_tokens("Ｆree  Town town")
    assert {token: weight for token, weight in tokens.items() if not token.startswith("gram")} == {
        "text free town town": 1,
        "word free": 1,
        "word town": 2,
    }
    assert {token.removeprefix("gram "): weight for token, weight in tokens.items() if token.startswith("gram")} == {
        **dict.fromkeys((" fr", "fre", "ree", "ee "), 1),
        **dict.fromkeys((" to", "tow", "own", "wn "), 2),
    }
    tokens = value_tokens("Ｆree  Town")
    assert value_tokens('"Free Town"@en') == tokens
    assert value_tokens(" ") == {}


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_finite_tokens(text: str) -> None:
    tokens = value_tokens(text)
    assert all(0 < weight < 4001 for weight in tokens.values())
    assert value_tokens(f"  {text} ") == tokens


@pytest.mark.parametrize("piece", ["1", "1,234", "1 ", '"^^ ', "e", ".", "2001-1", "字"])
def test_a_hostile_value_takes_no_time(piece: str) -> None:
    start = time.process_time()
    value_tokens(piece * 300_000)
    value_tokens(piece * 300_000 + "!")
    assert time.process_time() - start < 2


@pytest.fixture
def pair(make_graph: Make, make_pair: Make) -> GraphPair:
    """`a` and `A` share a number and a date under other keys; `b` and `B` nothing with the other side."""
    source = make_graph(
        ["a", "b", "c"], attributes=[("a", "size", "648 000"), ("a", "born", "1961-03-01"), ("b", "motto", "alone")]
    )
    target = make_graph(["A", "B"], attributes=[("A", "Größe", "648000"), ("A", "né", "1961"), ("B", "né", "zzz")])
    return make_pair(source, target)


def test_only_tokens_of_both_graphs_are_left(pair: GraphPair) -> None:
    bags = value_bags(pair)
    # Of 648000 itself, to three digits, two bins and six trigrams; the year. Its trigrams, the month and the day are on
    # one side only: dates have no trigrams, 1961 alone has.
    assert bags.shape == (5, 11)
    assert (bags.format, bags.dtype) == ("csr", np.float32)
    assert np.diff(bags.indptr).tolist() == [11, 0, 0, 11, 0]
    assert (bags @ bags.T).toarray()[0, 3] == pytest.approx(1, abs=1e-6)


def test_a_name_is_one_more_value(make_graph: Make, make_pair: Make) -> None:
    """The code is in the name on one side, in the description on the other."""
    source = make_graph(["a", "b"], names={0: "Sony PSLX350H", 1: "Bose AM53BK"})
    target = make_graph(["A"], attributes=[("A", "text", "belt drive, pslx350h")])
    pair = make_pair(source, target)
    assert value_bags(pair).shape == (3, 0)
    bags = value_bags(pair, names_of)
    assert (bags @ bags.T).toarray()[0, 2] > 0.9
    assert not (bags @ bags.T).toarray()[1, 2]


def test_words_that_repeat_count_less_each_time(make_graph: Make, make_pair: Make) -> None:
    graphs = [make_graph([e], attributes=[(e, "p", "aa aa aa aa bb")]) for e in ("a", "A")]
    bags = value_bags(make_pair(*graphs)).toarray()[0]
    assert max(bags) / min(bags) == pytest.approx(1 + np.log(4), rel=1e-5)


def test_the_rarer_token_weighs_more(make_graph: Make, make_pair: Make) -> None:
    entities = [f"e{i}" for i in range(8)]
    common = [(entity, "p", "XY") for entity in entities]
    source = make_graph(entities, attributes=[*common, ("e0", "p", "QR")])
    bags = value_bags(make_pair(source, make_graph(["A"], attributes=[("A", "p", "XY"), ("A", "p", "QR")])))
    weights = sorted(set(np.round(bags[[0]].data.tolist(), 5)))
    assert len(weights) == 2  # common and rare
    assert np.linalg.norm(bags[[0]].toarray()) == pytest.approx(1, abs=1e-6)
    assert bags[[0]].toarray() @ bags[[1]].toarray().T < 0.7


def test_the_order_of_values_makes_no_difference(make_graph: Make, make_pair: Make) -> None:
    values = [("a", "p", "abc"), ("a", "p", "ab")]  # both begin with the trigram " ab", at different weights
    target = make_graph(["A"], attributes=[("A", "p", "abc"), ("A", "p", "ab")])
    there, back = (
        value_bags(make_pair(make_graph(["a"], attributes=order), target)) for order in (values, values[::-1])
    )
    np.testing.assert_allclose(there.toarray(), back.toarray(), rtol=1e-6)


def test_more_tokens_than_columns_share_them(pair: GraphPair) -> None:
    assert value_bags(pair, width=2).shape == (5, 2)
    assert np.linalg.norm(value_bags(pair, width=2).toarray(), axis=1) == pytest.approx([1, 0, 0, 1, 0])


def test_graphs_without_common_values_have_no_columns_and_keep_their_names(make_graph: Make, make_pair: Make) -> None:
    one_sided = make_pair(make_graph(["a"], attributes=[("a", "p", "5")]), make_graph(["A"], attributes=[("A", "p")]))
    assert value_bags(one_sided).shape == (2, 0)
    names = attribute_bags(one_sided, 1000)
    assert with_values(names, value_bags(one_sided)) is names


def test_texts_are_read_once_for_the_account_and_the_training(pair: GraphPair, monkeypatch: pytest.MonkeyPatch) -> None:
    first = value_bags(pair)
    monkeypatch.setattr(values, "value_tokens", None)
    assert (value_bags(pair) != first).nnz == 0


def test_names_and_values_weigh_the_same(pair: GraphPair) -> None:
    names, values = attribute_bags(pair, 1000), value_bags(pair)
    both = with_values(names, values)
    assert (both.format, both.dtype, both.shape) == ("csr", np.float32, (5, names.shape[1] + values.shape[1]))
    np.testing.assert_allclose(both.toarray()[:, : names.shape[1]], normalize(names).toarray())
    np.testing.assert_allclose(np.linalg.norm(both.toarray(), axis=1) ** 2, [2, 1, 0, 2, 1], rtol=1e-6)


def test_on_the_bundled_data_values_find_what_names_of_attributes_cannot() -> None:
    pair = read_graph_pair("demo")
    source, target = split_links(pair.links, seed_ratio=0.3, validation_share=0, seed=0).seed_links.T
    names, values = attribute_bags(pair, 1000), value_bags(pair)

    def hits_at_1(bags: np.ndarray) -> float:
        rows = normalize(bags)
        similarity = (rows[source] @ rows[target].T).toarray()
        truth = similarity.diagonal()[:, None]
        beaten = (similarity < truth - 1e-6).sum(axis=1)
        return float((beaten == len(source) - 1).mean())  # a tie is no hit

    assert hits_at_1(names) < 0.05
    assert hits_at_1(with_values(names, values)) > 0.8


@pytest.mark.real
def test_values_on_one_side_only_change_nothing(datasets: Path) -> None:
    pair = read_graph_pair(datasets / "FB15K237-DB15K")
    assert any(pair.source.attribute_values)
    assert value_bags(pair).shape == (len(pair), 0)
