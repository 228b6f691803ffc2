"""Links that rules speak against: by hand on a chain, and on the bundled data with a fifth of the seeds wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pmf.config.rules import RuleConfig
from pmf.data.readers import read_graph_pair
from pmf.data.split import split_links, with_wrong_seeds
from pmf.logic.doubt import CLEAR, doubtful, wrong_seeds
from pmf.logic.facts import FactPair
from pmf.logic.inference import Known, infer
from tests.small_graphs import Triples, graph_pair, links

OPTIONS = RuleConfig()
CHAIN: Triples = [(i, 0, i + 1) for i in range(7)]
FACTS = FactPair.of(graph_pair((CHAIN, CHAIN), (8, 8)))


def test_a_wrong_link_stands_alone_and_has_a_rival() -> None:
    pairs = links((0, 8), (1, 9), (2, 10), (3, 15), (4, 12), (5, 13), (6, 14))
    doubt = doubtful(FACTS, infer(FACTS, Known(seeds=pairs), OPTIONS), pairs, OPTIONS)
    assert doubt.places.tolist() == [3]
    assert doubt.own.tolist() == [0]
    assert doubt.rivals.tolist() == [[3, 11]]
    assert doubt.rival_probability[0] > 0.9


def test_a_link_without_a_rival_is_not_doubted() -> None:
    pairs = links((0, 8), (7, 15))
    doubt = doubtful(FACTS, infer(FACTS, Known(seeds=pairs), OPTIONS), pairs, OPTIONS)
    assert not len(doubt.places)


def test_of_seeds_a_fifth_wrong_most_wrong_ones_are_found() -> None:
    pair = read_graph_pair("demo")
    right = split_links(pair.links, seed_ratio=0.5, validation_share=0.1, seed=0)
    split = with_wrong_seeds(right, 0.2, seed=0)
    assert (split.test_links == right.test_links).all()
    wrong = (split.seed_links != right.seed_links).any(axis=1)
    assert wrong.mean() == pytest.approx(0.2, abs=0.01)
    doubt = wrong_seeds(FactPair.of(pair), Known(seeds=split.seed_links), OPTIONS)[1]
    for found in (doubt, doubt.clear()):
        doubted = np.isin(np.arange(len(wrong)), found.places)
        assert (doubted & wrong).sum() / doubted.sum() >= 0.8
        assert (doubted & wrong).sum() / wrong.sum() >= 0.8
    assert (doubt.clear().rival_probability >= CLEAR).all()


@pytest.mark.parametrize(
    ("published", "rival", "doubted"), [(False, "Delft", []), (False, "Bern", [3]), (True, "Delft", [3])]
)
def test_names_speak_for_a_link_in_own_data(published: bool, rival: str, doubted: list[int]) -> None:
    pairs = links((0, 8), (1, 9), (2, 10), (3, 15), (4, 12), (5, 13), (6, 14))
    pair = graph_pair((CHAIN, CHAIN), (8, 8))
    source = replace(pair.source, names={3: "City of Bern"})
    target = replace(pair.target, names={3: rival, 7: "Bern (city)" if rival != "Bern" else "Utrecht"})
    facts = FactPair.of(replace(pair, published=published, source=source, target=target))
    doubt = doubtful(facts, infer(facts, Known(seeds=pairs), OPTIONS), pairs, OPTIONS)
    assert doubt.places.tolist() == doubted


@pytest.mark.real
def test_right_links_of_tables_are_not_doubted_and_wrong_ones_are(datasets: Path) -> None:
    pair = read_graph_pair(datasets / "tables" / "dblp-acm")
    right = split_links(pair.links, seed_ratio=0.3, validation_share=0.1, seed=0)
    facts = FactPair.of(pair)
    for share in (0.0, 0.2):
        seeds = with_wrong_seeds(right, share, seed=0).seed_links
        wrong = (seeds != right.seed_links).any(axis=1)
        doubt = wrong_seeds(facts, Known(seeds=seeds), OPTIONS)[1]
        assert wrong[doubt.places].sum() >= 0.9 * wrong.sum()
        assert (~wrong[doubt.places]).sum() <= 0.01 * len(wrong)
