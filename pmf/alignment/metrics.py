"""Ranks to figures (METHOD, "Reading the results"). NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def realistic_rank(greater: npt.NDArray[Any], equal: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """1-based rank of the truth, the mean of the optimistic and the pessimistic one.

    Args:
        greater: how many candidates score above the truth.
        equal: how many score the same, the truth itself not counted.
    """
    return 1 + greater + equal / 2


def rank_metrics(ranks: npt.NDArray[np.floating[Any]]) -> dict[str, float]:
    """Hits@1, Hits@10 and MRR in [0, 1], and the mean rank, of 1-based ranks `[q]`.

    Raises:
        ValueError: there are no ranks, so there is no figure.
    """
    if len(ranks) == 0:
        raise ValueError("no queries: a metric over nothing has no value")
    return {
        "hits@1": float(np.mean(ranks <= 1)),
        "hits@10": float(np.mean(ranks <= 10)),
        "mrr": float(np.mean(1 / ranks)),
        "mean_rank": float(np.mean(ranks)),
    }
