"""A share of a sample, with the interval in which the whole's share lies."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest


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
    interval = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return Proportion(right=right, n=n, low=float(interval.low), high=float(interval.high))
