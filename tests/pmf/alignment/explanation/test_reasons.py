"""Sentences of the rules for pairs of the bundled run: what they say is in the data, and shares add up."""

from __future__ import annotations

import numpy as np
import pytest

from pmf.alignment.explanation.reasons import RunReasons
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.runs.reader import RunReader
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def graphs() -> GraphPair:
    return read_graph_pair("demo")


@pytest.fixture(scope="module")
def known(graphs: GraphPair) -> RunReasons:
    return RunReasons(RunReader(ROOT / "assets" / "runs" / "atlas"), graphs)


def entity(graphs: GraphPair, label: str, side: int) -> int:
    ids = [i for i, name in enumerate(graphs.labels) if name == label and (i >= graphs.n_source) == bool(side)]
    return ids[0]


def test_a_capital_speaks_for_its_country(graphs: GraphPair, known: RunReasons) -> None:
    why = known.about(entity(graphs, "Eritrea", 0), entity(graphs, "Érythrée", 1))
    assert why.probability > 0.99
    assert sum(reason.share for reason in why.speak_for) == pytest.approx(1)
    assert [reason.share for reason in why.speak_for] == sorted((r.share for r in why.speak_for), reverse=True)
    code = next(reason for reason in why.speak_for if reason.labels == ("eri", "eri"))
    assert code.how == "same value"
    assert code.neighbours is None
    assert code.sentence.startswith("both have ISO 3166-1 alpha-3 code / code pays ISO → eri, the same value; ")
    capital = next(reason for reason in why.speak_for if reason.relations == ("capital", "est la capitale de"))
    assert (
        "the source has capital → Asmara and the target is reached by est la capitale de from Asmara"
        in capital.sentence
    )


def test_seeds_alone_tell_nothing_that_the_model_thinks(graphs: GraphPair) -> None:
    seeds_alone = RunReasons(RunReader(ROOT / "assets" / "runs" / "atlas"), graphs, seeds_alone=True)
    why = seeds_alone.about(entity(graphs, "Eritrea", 0), entity(graphs, "Érythrée", 1))
    assert why.speak_for
    assert "found by rules" not in {reason.how for reason in (*why.speak_for, *why.speak_against)}


def test_another_country_has_little_for_it_and_much_against(graphs: GraphPair, known: RunReasons) -> None:
    source = entity(graphs, "Eritrea", 0)
    right, wrong = (known.about(source, entity(graphs, name, 1)) for name in ("Érythrée", "Birmanie"))
    assert wrong.probability < right.probability
    assert wrong.objection > 0.99
    assert all(", the target " in reason.words for reason in wrong.speak_against)


def test_only_seeds_verdicts_and_what_the_run_finds_are_known(known: RunReasons) -> None:
    run = RunReader(ROOT / "assets" / "runs" / "atlas")
    links = run.links
    seeds = set(map(tuple, links.loc[links["split"] == "seed", ["source", "target"]].to_numpy().tolist()))
    assert set(map(tuple, known.known.seeds.tolist())) == seeds
    assert not np.isin(known.known.supposed, known.known.seeds).any()
