"""Attribute values as neighbours: what is equal, close or alike, and what follows from it."""

from __future__ import annotations

import pytest

from pmf.config.rules import RuleConfig
from pmf.logic import literals
from pmf.logic.facts import FactPair
from pmf.logic.inference import Known, infer
from pmf.logic.literals import Literals, as_number, normalised
from tests.small_graphs import graph_pair, links


def same(here: list[str], there: list[str]) -> dict[tuple[str, str], float]:
    """Values of one graph and of the other that may be the same."""
    owned = [(i, 0, v) for i, v in enumerate(here)], [(i, 0, v) for i, v in enumerate(there)]
    pair = graph_pair(([], []), (len(here), len(there)), values=owned)
    found = Literals.of(pair)
    rows = zip(found.source.tolist(), found.target.tolist(), found.probability.tolist(), strict=True)
    return {(found.texts[a], found.texts[b]): p for a, b, p in rows}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"Été 1999"@fr', "été 1999"),
        ('"12"^^<http://www.w3.org/2001/XMLSchema#integer>', "12"),
        ("  Ａ  b ", "a b"),
        ("", ""),
    ],
)
def test_values_as_they_are_compared(value: str, text: str) -> None:
    assert normalised(value) == text


def test_numbers_and_dates() -> None:
    assert as_number("1956-12-01") == pytest.approx(1956.91667, abs=1e-4)
    assert as_number("1956-12") == pytest.approx(1956.91667, abs=1e-4)
    assert as_number("-3.5e2") == -350
    assert as_number("nan") is None
    assert as_number("twelve") is None


def test_equal_values_are_the_same() -> None:
    assert same(["Paris ", "x"], ["paris", "y"]) == {("paris", "paris"): 1}


def test_close_numbers_are_the_same_as_far_as_they_are_close() -> None:
    assert same(["1000000"], ["1004000", "1020000"]) == pytest.approx({("1000000", "1004000"): 0.6})
    assert same(["1956.91666667"], ["1956-12-01", "1958-01-01"]) == pytest.approx(
        {("1956.91666667", "1956-12-01"): 1}, abs=1e-3
    )


def test_alike_texts_are_the_same_as_far_as_they_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ["university of cambridge", "university of oxford", "trinity college", "4711"]
    there = ["the university of cambridge", "oxford university press", "trinity college dublin"]
    pairs = same(here, there)
    assert ("university of cambridge", "the university of cambridge") in pairs
    assert ("university of cambridge", "oxford university press") not in pairs
    assert all(0.7 <= p < 1 for p in pairs.values())
    monkeypatch.setattr(literals, "_BLOCK", 1)
    assert same(here, there) == pytest.approx(pairs)


def test_an_equal_value_of_attributes_that_agree_is_evidence() -> None:
    """Two seeds teach that both attributes are the same; a third value then finds its owner."""
    values = [(0, 0, "11"), (1, 0, "22"), (2, 0, "33"), (3, 0, "44")]
    pair = graph_pair(([], []), (4, 4), values=(values, [(e, 0, v) for e, _, v in values]))
    inferred = infer(FactPair.of(pair), Known(seeds=links((0, 4), (1, 5))), RuleConfig(inference_rounds=1))
    assert inferred.pairs.tolist() == [[2, 6], [3, 7]]
    # contained 2 / 2.5, and every value has one owner
    assert inferred.probability.tolist() == pytest.approx([1 - 0.2**2] * 2)
    assert not len(infer(FactPair.of(pair, literals=False), Known(seeds=links((0, 4))), RuleConfig()).pairs)


def test_a_value_that_many_share_says_little() -> None:
    values = [(i, 0, "red") for i in range(20)] + [(i, 1, str(i)) for i in range(20)]
    pair = graph_pair(([], []), (20, 20), values=(values, values))
    facts = FactPair.of(pair)
    assert facts.source.inverse_functionality[-2:].tolist() == pytest.approx([1 / 20, 1])
