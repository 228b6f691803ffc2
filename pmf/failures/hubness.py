"""Hubs: candidates that are near to unusually many queries.

Source: Radovanović, Nanopoulos and Ivanović, "Hubs in space", JMLR 11 (2010): k-occurrence, its skewness as the
measure of hubness, and a hub as a point beyond the mean and two standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

NEIGHBOURS = 10
"""k of the k-occurrence, as in the paper."""


def occurrence(candidates: Sequence[npt.NDArray[np.integer]], n: int) -> Counts:
    """How many queries have an entity among their k best candidates.

    Args:
        candidates: of each query, best first.
        n: entities.

    Returns:
        int64 `[n]`.
    """
    lists = [row[:NEIGHBOURS] for row in candidates]
    return np.bincount(np.concatenate(lists).astype(np.int64), minlength=n) if lists else np.zeros(n, np.int64)


def skewness(times: Counts) -> float:
    """Of the k-occurrence, its third standardised moment; 0 where all are the same."""
    spread = times.std()
    return float(((times - times.mean()) ** 3).mean() / spread**3) if spread else 0.0


def hub_limit(times: Counts) -> float:
    """The k-occurrence above which a candidate is a hub; infinite where there are no candidates."""
    return float(times.mean() + 2 * times.std()) if len(times) else float("inf")
