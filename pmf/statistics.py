"""Is a difference more than chance? Over queries, over seeds, and corrected for how often one looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import bdtr

LEAST_SEEDS = 3
"""A spread of two is none."""

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class QueryTest:
    """Queries found by one setting and not by the other.

    Args:
        queries: how many both were asked.
        wins: how many more often found than with the reference.
        losses: how many less often.
        p: two-sided.
    """

    queries: int
    wins: int
    losses: int
    p: float


def query_test(hits: pd.Series, reference: pd.Series) -> QueryTest:
    """Exact McNemar test on the same queries.

    A query that several seeds ask counts once, by the sign of its summed difference, because its answers under
    several seeds are not independent; with one seed this is McNemar's test.

    Args:
        hits: bool, indexed by (seed, query).
        reference: likewise; only what is in both counts.

    Source: McNemar (1947), exact binomial form.
    """
    ours, theirs = hits.astype(int).align(reference.astype(int), join="inner")
    difference = (ours - theirs).groupby(level="query").sum()
    wins, losses = int((difference > 0).sum()), int((difference < 0).sum())
    p = min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5)))  # of a fair coin, either way
    return QueryTest(len(difference), wins, losses, p)


def resampled(counts: npt.NDArray[np.int64], seed: int, times: int = RESAMPLES) -> npt.NDArray[np.int64]:
    """Counts `[k]` drawn anew with replacement, `[times, k]`."""
    n = counts.sum()
    return np.random.default_rng(seed).multinomial(n, counts / n, size=times)


def paired_bootstrap(
    differences: npt.NDArray[np.float64], *, confidence: float = 0.95, seed: int = 0
) -> npt.NDArray[np.float64]:
    """How far the mean difference over the queries would stray, had other queries like these been asked.

    Args:
        differences: `[f, q]`, of f figures on the same queries, ours less the reference's.
        confidence: share of the resamples inside the interval.
        seed: of the resamples.

    Returns:
        `[f, 2]`, lower and upper end; all NaN without a query.

    Source: Efron and Tibshirani (1993), percentile interval. Queries with equal differences are drawn as a group,
    which is the same and quicker.
    """
    n = differences.shape[1]
    if n == 0:
        return np.full((len(differences), 2), np.nan)
    values, counts = np.unique(differences, axis=1, return_counts=True)
    drawn = resampled(counts, seed)
    return percentile_interval(drawn @ values.T / n, confidence)


def percentile_interval(samples: npt.NDArray[np.float64], confidence: float = 0.95) -> npt.NDArray[np.float64]:
    """Ends `[f, 2]` of the middle part of resampled figures `[times, f]`; NaN samples do not count."""
    outside = 50 * (1 - confidence)
    ends: npt.NDArray[np.float64] = np.nanpercentile(samples, [outside, 100 - outside], axis=0)
    return ends.T


def seed_test(figures: npt.NDArray[np.float64], reference: npt.NDArray[np.float64]) -> float:
    """Two-sided paired t-test over seeds `[s]`; NaN below three seeds, or where all differ by the same."""
    if len(figures) < LEAST_SEEDS or np.ptp(figures - reference) < 1e-12:
        return float("nan")
    from scipy.stats import ttest_rel  # here, not above: it takes seconds to import

    return float(ttest_rel(figures, reference).pvalue)


def holm(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """P-values `[k]` corrected for k looks; NaN was no look.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    corrected = np.full(len(p), np.nan)
    looked = np.flatnonzero(np.isfinite(p))
    order = looked[np.argsort(p[looked], kind="stable")]
    left = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * left))
    return corrected


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """`right` of `n`, and the 95 % Wilson interval `low … high`; all of [0, 1] where there is no sample.

    Source: Wilson, JASA 1927.
    """

    right: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """In [0, 1]; NaN without a sample."""
        return self.right / self.n if self.n else float("nan")


def proportion(right: int, n: int) -> Proportion:
    """The share `right / n` with its interval."""
    if not n:
        return Proportion(right=0, n=0, low=0.0, high=1.0)
    share, z = right / n, NormalDist().inv_cdf(0.975)  # `scipy.stats` has this too, but takes seconds to import
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    low, high = ((middle + side * reach) / (1 + z * z / n) for side in (-1, 1))
    return Proportion(right=right, n=n, low=low if right else 0.0, high=high if right < n else 1.0)
