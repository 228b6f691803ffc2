"""Ranks, decisions and probabilities to figures (METHOD, "Reading the results"). NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def realistic_rank(greater: npt.NDArray[Any], equal: npt.NDArray[Any]) -> Array:
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


def f_measure(*, correct: int, predicted: int, true: int) -> dict[str, float]:
    """Precision, recall and F1 in [0, 1]; 0 where nothing was said, or nothing was true.

    Args:
        correct: said and true.
        predicted: said to be so, and known to be right or wrong.
        true: known to be so.
    """
    return {
        "precision": correct / predicted if predicted else 0.0,
        "recall": correct / true if true else 0.0,
        "f1": 2 * correct / (predicted + true) if predicted + true else 0.0,
    }


def alignment_metrics(partner: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> dict[str, float]:
    """Precision, recall and F1 of a whole one-to-one alignment, as far as the truth judges it.

    A pair is judged if either of its entities is in the truth: right if the truth has the pair, else wrong. About
    a pair of two entities outside the truth nothing is known, so it counts neither way. With open candidates
    these are the entities without any link; with closed ones only those of validation links.

    Args:
        partner: int64 `[s]`, target row of each source row, -1 for none.
        truth: int64 `[p, 2]`, (source row, target row).

    Returns:
        predicted: pairs decided on. judged: those of them that are judged, precision's denominator. correct,
        precision, recall (denominator: p) and f1.
    """
    source = np.flatnonzero(partner >= 0)
    target = partner[source]
    judged = np.isin(source, truth[:, 0]) | np.isin(target, truth[:, 1])
    correct = int((partner[truth[:, 0]] == truth[:, 1]).sum())
    figures = f_measure(correct=correct, predicted=int(judged.sum()), true=len(truth))
    return {"predicted": len(source), "judged": int(judged.sum()), "correct": correct, **figures}


def reliability(probability: Array, outcome: npt.NDArray[np.bool_], bins: int = 10) -> dict[str, Any]:
    """Whether what is said with probability p happens in a share p of the cases.

    Args:
        probability: `[m]` in [0, 1].
        outcome: bool `[m]`, what came true.
        bins: of equal width.

    Returns:
        brier: mean squared difference, 0 is perfect. base_rate_brier: that of always saying the observed share.
        curve: per bin that is not empty, its mean probability, the observed share and n.
    """
    share = float(outcome.mean())
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return {
        "brier": float(np.mean((probability - outcome) ** 2)),
        "base_rate_brier": share * (1 - share),
        "curve": [
            {"probability": float(probability[here].mean()), "observed": float(outcome[here].mean()), "n": len(here)}
            for here in (np.flatnonzero(place == b) for b in range(bins))
            if len(here)
        ],
    }
