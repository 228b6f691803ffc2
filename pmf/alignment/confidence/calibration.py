"""How sure to be of a best candidate: probabilities fitted without test links, and how good they are.

A query without counterpart is made from one that has a counterpart by withholding it. Everything here
stands on that: a calibrator is fitted on queries with and without their counterpart, as many of each, so
its probabilities hold where half of the queries have none; where fewer lack one they are too careful.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from pmf.alignment.confidence.pair_features import View
from pmf.alignment.metrics import Array, f_measure, reliability
from pmf.runs.layout import DIRECTIONS, HELD_BACK_COLUMNS

_FEWEST = 20  # best candidates of validation queries, both directions, that must be right for a fit on them

FITTED_ON = {
    "validation": "validation links, seen while nothing was fitted to them",
    "decoys": "decoys: queries whose best candidate is withheld",
}
"""What probabilities are fitted on, in words."""

FEATURES = tuple(HELD_BACK_COLUMNS)[:5]

Features = npt.NDArray[np.floating[Any]]
Probability = Callable[[Features], Array]


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Probabilities from the evidence for a query's best candidate `[m, 5]`.

    Args:
        fitted_on: "validation" links, or "decoys", see `FITTED_ON`.
        right: that the candidate is the query's counterpart, `[m]` in [0, 1].
        counterpart: that the query has a counterpart among its candidates, `[m]` in [0, 1].
    """

    fitted_on: Literal["validation", "decoys"]
    right: Probability
    counterpart: Probability


def calibrate(held_back: Observations | None, views: tuple[View, View], queries: tuple[Tensor, Tensor]) -> Calibrator:
    """Fit on validation links, or on decoys where too few are found.

    Seed links do not serve: training has pulled them together, so the evidence for them is stronger than for
    any other pair, and what is fitted on them doubts every good candidate. For the same reason validation links are
    observed while nothing is fitted to them (`pmf.training.recording.held_back`). Decoys need no link at all: every
    query that is no seed, with its best candidate withheld, against the same query as it is (the idea of
    target-decoy search, Elias and Gygi 2007). That tells who has a counterpart; some of the best candidates
    are wrong all the same, and look like decoys, so their share is read off where decoys are densest.

    Args:
        held_back: validation links, as `observe_both` gives them; None where they were not observed.
        views: both directions.
        queries: rows of each direction's queries that are no seeds.
    """
    if held_back is not None and held_back.right.sum() >= _FEWEST:
        right, counterpart = (_logistic(held_back.features, so) for so in (held_back.right, held_back.counterpart))
        return Calibrator("validation", right, counterpart)
    return _from_decoys(views, queries)


def _from_decoys(views: tuple[View, View], queries: tuple[Tensor, Tensor]) -> Calibrator:
    real, decoys = [], []
    for view, rows in zip(views, queries, strict=True):
        nothing = torch.full_like(rows, -1)
        best = view.choose(rows, nothing)
        real.append(view.features(rows, best, nothing))
        decoys.append(view.features(rows, view.choose(rows, best), best))
    n = sum(map(len, real))
    features = torch.cat([*real, *decoys]).cpu().numpy()
    counterpart = _logistic(features, np.arange(2 * n) < n)
    score = counterpart(features)
    middle = np.median(score[n:])
    wrong = min(1.0, float(np.mean(score[:n] <= middle) / np.mean(score[n:] <= middle)))

    def right(features: Features) -> Array:
        """A best candidate that is there, less the wrong ones, which are spread as the decoys are."""
        there = counterpart(features)
        return np.clip(there - wrong * (1 - there), 0, 1)

    return Calibrator("decoys", right, counterpart)


def _logistic(features: Features, outcome: npt.NDArray[np.bool_]) -> Probability:
    from sklearn.linear_model import LogisticRegression  # here, not above: it takes a second to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # that features are finite is checked there; products of single precision at times warn of lanes beyond the last row
    with np.errstate(invalid="ignore"):
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, outcome)

    def probability(features: Features) -> Array:
        with np.errstate(invalid="ignore"):
            column: Array = model.predict_proba(features)[:, 1] if len(features) else np.empty(0)
        return column

    return probability


@dataclass(frozen=True, slots=True)
class Observations:
    """Best candidates of queries whose counterpart is known.

    Args:
        features: `[m, 5]`, see `View.features`.
        right: bool `[m]`, the candidate is the counterpart.
        counterpart: bool `[m]`, the counterpart is among the candidates.
    """

    features: Features
    right: npt.NDArray[np.bool_]
    counterpart: npt.NDArray[np.bool_]


def together(parts: Sequence[Observations]) -> Observations:
    """All of them, one below the other."""
    return Observations(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Observations)))


def observations_of(table: pd.DataFrame) -> Observations:
    """What `table_of` has made a table of."""
    return Observations(
        table[list(FEATURES)].to_numpy(), table["right"].to_numpy(bool), table["counterpart"].to_numpy(bool)
    )


def table_of(seen: Observations) -> pd.DataFrame:
    """Columns as in `pmf.runs.layout.HELD_BACK_COLUMNS`."""
    return pd.DataFrame(seen.features, columns=FEATURES).assign(right=seen.right, counterpart=seen.counterpart)


def observe_both(views: tuple[View, View], links: Tensor) -> Observations:
    """The links as queries with their counterpart, then all of them without; see `observe`."""
    return together([observe(views, links, torch.full((len(links),), gone)) for gone in (False, True)])


def observe(views: tuple[View, View], links: Tensor, withheld: Tensor) -> Observations:
    """The links as queries of the first direction, then of the second.

    Args:
        views: both directions.
        links: int64 `[p, 2]`, (source row, target row).
        withheld: bool `[p]`, the counterpart is not among the candidates.
    """
    withheld = withheld.to(links.device)
    features, right = [], []
    for view, (query, truth) in zip(views, (links.T, links.T.flip(0)), strict=True):
        gone = torch.where(withheld, truth, -1)
        best = view.choose(query, gone)
        features.append(view.features(query, best, gone))
        right.append(best == truth)
    there = (~withheld).repeat(2)
    return Observations(torch.cat(features).cpu().numpy(), torch.cat(right).cpu().numpy(), there.cpu().numpy())


def measure(calibrator: Calibrator, views: tuple[View, View], links: Tensor, seed: int) -> dict[str, Any]:
    """How well the probabilities hold, with the counterparts of half of the links withheld at random.

    Args:
        calibrator: fitted on other links.
        views: both directions.
        links: int64 `[p, 2]`, (source row, target row).
        seed: of the choice.

    Returns:
        Direction → "right" and "counterpart", each as `reliability` gives it, and "dangling": precision,
        recall and f1 of saying "has no counterpart" where the probability of one is below a half.
    """
    withheld = torch.zeros(len(links), dtype=torch.bool)
    withheld[torch.randperm(len(links), generator=torch.Generator().manual_seed(seed))[: len(links) // 2]] = True
    seen = observe(views, links, withheld)
    right, counterpart = calibrator.right(seen.features), calibrator.counterpart(seen.features)
    gone = withheld.numpy()
    result: dict[str, Any] = {"calibrated_on": calibrator.fitted_on}
    for d, direction in enumerate(DIRECTIONS):
        part = slice(d * len(links), (d + 1) * len(links))
        called = counterpart[part] < 0.5
        result[direction] = {
            "right": reliability(right[part], seen.right[part]),
            "counterpart": reliability(counterpart[part], ~gone),
            "dangling": f_measure(
                correct=int((called & gone).sum()), predicted=int(called.sum()), true=int(gone.sum())
            ),
        }
    return result
