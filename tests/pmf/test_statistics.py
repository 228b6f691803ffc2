"""Tests of significance against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from pmf.statistics import holm, paired_bootstrap, proportion, query_test, seed_test


def answers(*seeds: str) -> pd.Series:
    """One text a seed, a character a query: 1 found, 0 not, blank not asked."""
    found = {(s, f"q{i}"): c == "1" for s, text in enumerate(seeds) for i, c in enumerate(text) if c != " "}
    return pd.Series(list(found.values()), index=pd.MultiIndex.from_tuples(found, names=["seed", "query"]))


def test_mcnemar_with_one_seed() -> None:
    # eight won, one lost, three alike: 2 · (C(9,0) + C(9,1)) / 2^9 = 20/512
    test = query_test(answers("111111110110"), answers("000000001110"))
    assert (test.queries, test.wins, test.losses) == (12, 8, 1)
    assert test.p == pytest.approx(20 / 512)


def test_a_query_counts_once_however_many_seeds_ask_it() -> None:
    # q0 won twice, q1 won and lost, q2 lost by one seed and asked by no other: 1 against 1
    test = query_test(answers("110", "10 "), answers("001", "01 "))
    assert (test.queries, test.wins, test.losses) == (3, 1, 1)
    assert test.p == 1


def test_only_what_both_were_asked_counts() -> None:
    test = query_test(answers("11 1"), answers("0 00"))
    assert (test.queries, test.wins, test.losses) == (2, 2, 0)
    assert test.p == pytest.approx(2 / 2**2)
    assert query_test(answers("101"), answers("101")).p == 1


def test_paired_t_over_seeds() -> None:
    # differences 1, 2, 3: t = 2 / (1 / √3) = √12 with two degrees of freedom, p = 1 - t / √(2 + t²)
    p = seed_test(np.array([0.2, 0.5, 0.9]) * 10, np.array([0.1, 0.3, 0.6]) * 10)
    assert p == pytest.approx(1 - math.sqrt(12) / math.sqrt(14))
    assert math.isnan(seed_test(np.array([0.2, 0.5]), np.array([0.1, 0.3])))
    assert math.isnan(seed_test(np.array([0.2, 0.5, 0.6]), np.array([0.1, 0.4, 0.5])))


def test_holm_by_hand() -> None:
    # sorted .01 .03 .04 by 3 2 1: .03 .06 .04, and the last may not be less than the one before
    assert holm(np.array([0.04, np.nan, 0.01, 0.03])) == pytest.approx([0.06, np.nan, 0.03, 0.06], nan_ok=True)
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_paired_bootstrap_is_as_wide_as_theory_says() -> None:
    # 100 won, 50 lost of 1000: mean .05, variance of one .15 - .05² = .1475, so ± 1.96 · √(.1475 / 1000) = ± .0238
    hits = np.repeat([1.0, -1.0, 0.0], [100, 50, 850])
    (low, high), halved = paired_bootstrap(np.stack([hits, hits / 2]))
    assert (low, high) == pytest.approx((0.05 - 0.0238, 0.05 + 0.0238), abs=0.002)
    assert halved == pytest.approx([low / 2, high / 2])  # the same queries are drawn for every figure
    assert paired_bootstrap(hits[None]).tolist() == [[low, high]]
    narrow = paired_bootstrap(hits[None], confidence=0.5)[0]
    assert low < narrow[0] < 0.05 < narrow[1] < high
    assert np.isnan(paired_bootstrap(np.empty((1, 0)))).all()
    assert paired_bootstrap(np.zeros((1, 9))).tolist() == [[0, 0]]


@pytest.mark.parametrize(("right", "n"), [(0, 7), (7, 7), (1, 1), (3, 10), (776, 1000), (428, 19_000)])
def test_the_interval_of_a_share_is_that_of_scipy(right: int, n: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    interval = proportion(right, n)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
