"""Whether a run finds more than blind guesses would, and what is to blame."""

from __future__ import annotations

import subprocess
import sys

import pytest
from scipy.stats import binom

from pmf.audit.chance import LIKELY, at_chance, chance_in_words, is_at_chance, why_at_chance
from tests.conftest import ROOT


def _figures(hits1: float, hits10: float, candidates: int = 200) -> list[tuple[dict[str, float], int]]:
    return [({"hits@1": hits1, "hits@10": hits10}, candidates)] * 2


@pytest.mark.parametrize(
    ("figures", "links", "expected"),
    [
        (_figures(0, 0), 60, True),
        (_figures(1 / 60, 3 / 60), 60, True),  # as many as guesses find: one in twenty among the ten best
        (_figures(0.1, 0.3), 60, False),
        (_figures(0, 0.2), 60, False),
        (_figures(1, 1), 5, False),
        (_figures(0, 0), 4, False),  # too few to tell
        (_figures(1, 1, candidates=1), 60, True),  # nobody can be wrong
        ([], 60, False),
    ],
)
def test_guesses_are_told_from_finds(figures: list[tuple[dict[str, float], int]], links: int, expected: bool) -> None:
    assert at_chance(figures, links) is expected


@pytest.mark.parametrize("links", [5, 60, 4000])
def test_it_ends_where_the_binomial_tail_does(links: int) -> None:
    tails = [binom.sf(found - 1, links, 10 / 200) * 2 > LIKELY for found in range(links + 1)]
    told = [at_chance([({"hits@1": 0, "hits@10": found / links}, 200)], links) for found in range(links + 1)]
    assert told == tails
    assert True in tails
    assert False in tails


def test_it_needs_none_of_the_modules_that_take_a_second_to_import() -> None:
    script = "import sys; from pmf.audit.chance import at_chance; at_chance([({'hits@1': 1, 'hits@10': 1}, 9)], 60)"
    command = [sys.executable, "-c", f"{script}; print('scipy.stats' in sys.modules)"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_one_direction_that_finds_is_enough() -> None:
    blind, finds = _figures(0, 0)[0], _figures(0.3, 0.5)[0]
    assert not at_chance([blind, finds], 60)


def _use(modality: str, *, used: bool, alike: bool = False, there: float = 1.0) -> dict[str, object]:
    return {"modality": modality, "used": used, "alike": alike, "source": there, "target": there}


def test_what_is_true_is_blamed() -> None:
    account = {
        "modalities": [
            _use("attribute", used=True, alike=True),
            _use("value", used=False),
            _use("char", used=False),
            _use("image", used=False, there=0),
        ]
    }
    why = "Every feature in use is the same for everybody; attribute values and names were not used."
    assert why_at_chance(account) == why
    results = {"chance": {"split": "validation", "links": 33, "at_chance": True}}
    assert is_at_chance(results)
    assert chance_in_words(results, account) == (
        f"At chance: of its 33 validation links it finds no more than blind guesses would. {why}"
    )


def test_features_that_differ_are_said_to_tell_too_little() -> None:
    account = {"modalities": [_use("structure", used=True), _use("value", used=False)]}
    assert why_at_chance(account) == "What it uses (structure) tells too little; attribute values were not used."


def test_names_of_which_one_form_is_used_are_not_said_to_be_unused() -> None:
    account = {"modalities": [_use("value", used=True), _use("char", used=True), _use("name", used=False)]}
    assert why_at_chance(account) == "What it uses (attribute values and names) tells too little."


@pytest.mark.parametrize("results", [None, {}, {"chance": None}, {"chance": "yes"}, {"chance": {"at_chance": 1}}])
def test_a_run_that_does_not_say_is_not_at_chance(results: dict[str, object] | None) -> None:
    assert not is_at_chance(results)
    assert why_at_chance(None) == ""
