"""What rules say for a pair and against it: the factors that make its probability, worked out by hand."""

from __future__ import annotations

import pytest

from pmf.config.rules import RuleConfig
from pmf.logic.facts import FactPair
from pmf.logic.inference import Known, infer
from pmf.logic.reasons import reasons
from tests.small_graphs import Triples, graph_pair, links

ONE_ROUND = RuleConfig(inference_rounds=1)

# 0 and 1 wrote 2 and 3; 5 wrote 4
WORKS: Triples = [(0, 0, 2), (0, 0, 3), (1, 0, 3), (5, 0, 4)]
PAIR = graph_pair((WORKS, WORKS), (6, 6))
FACTS = FactPair.of(PAIR)
FOUND = infer(FACTS, Known(seeds=links((4, 10), (5, 11), (2, 8), (3, 9))), ONE_ROUND)


def test_factors_make_the_probability_and_shares_add_up() -> None:
    why = reasons(FACTS, FOUND, 0, 6, ONE_ROUND)
    # either work speaks in both directions: contained 1 / 1.5, works have 4 / 3 writers
    assert why.probability == pytest.approx(1 - (1 - 2 / 3 * 3 / 4) ** 4)
    assert why.probability == pytest.approx(FOUND.probability[FOUND.pairs.tolist().index([0, 6])])
    assert [(f.source_neighbour, f.target_neighbour) for f in why.speak_for] == [(2, 8), (3, 9)]
    assert [f.share for f in why.speak_for] == pytest.approx([0.5, 0.5])
    assert [(f.agreement, f.tells) for f in why.speak_for] == [pytest.approx((2 / 3, 3 / 4))] * 2
    assert why.speak_against == ()
    assert why.objection == 0


def test_what_leads_elsewhere_speaks_against() -> None:
    why = reasons(FACTS, FOUND, 0, 7, ONE_ROUND)
    # both wrote 3, but 0 wrote 2, too, and 7 did not write 8; a writer has 4 / 3 works
    assert [(f.source_neighbour, f.target_neighbour) for f in why.speak_for] == [(3, 9)]
    assert [(f.source_neighbour, f.target_neighbour, f.share) for f in why.speak_against] == [(2, 8, 1)]
    assert why.objection == pytest.approx(2 / 3 * 3 / 4)


def test_of_nothing_nothing_is_said() -> None:
    why = reasons(FACTS, FOUND, 2, 10, ONE_ROUND)
    assert why.speak_for == ()
    assert why.probability == 0
