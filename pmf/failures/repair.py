"""What would have to change for the truth to win: the smallest change of the modalities' weights.

Every modality's share of the similarities of one query is multiplied by a factor, 1 as it is and 0 without it. The
rows are not normalised anew, as in the counterfactual ranks: a factor of 0 gives the rank "without" exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmf.alignment.explanation.shares import Ids, candidate_pools, shares
from pmf.alignment.metrics import realistic_rank
from pmf.errors import ConfigError
from pmf.runs.reader import RunReader

Floats = npt.NDArray[np.float64]

MARGIN = 1e-6
"""By how much the truth must then be ahead; similarities lie in [-1, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """The smallest changes after which the truth is ahead of its rivals, by plain similarity.

    Args:
        rank: of the truth among the rivals as things are.
        factors: by modality, the nearest factors that do it together (least squares); None where none do.
        single: by modality, the factor nearest to 1 that does it alone; only where one does.
        without: by modality, the rank of the truth without it.
    """

    rank: float
    factors: dict[str, float] | None
    single: dict[str, float]
    without: dict[str, float]


def smallest_change(
    run: RunReader, query: int, truth: int, rivals: Ids | None = None, *, scope: str = "closed"
) -> Repair:
    """How the modalities would have to be weighted for the truth to win.

    Args:
        run: a run with embeddings.
        query: entity id.
        truth: its counterpart, or any candidate that should win.
        rivals: entity ids it must beat, of the truth's side; None for every candidate of `scope`.
        scope: "closed" or "open".

    Raises:
        ConfigError: query and truth are of one side, or there are no such entities.
        RunFormatError: the run has no embeddings yet, or is damaged.
    """
    if not 0 <= min(query, truth) < run.n_source <= max(query, truth) < run.n_entities:
        raise ConfigError(f"there is no pair {query}, {truth} in {run.run_id}")
    if rivals is None:
        rivals = candidate_pools(run, scope)[int(query < run.n_source)]
    rivals = rivals[rivals != truth]
    parts = shares(run, np.array(query), np.concatenate([[truth], rivals]))  # [m, 1 + r]
    ahead = parts[:, :1] - parts[:, 1:]  # [m, r], of the truth
    names = run.modalities
    nearest = nearest_factors(ahead)
    single = {name: _single(ahead, m) for m, name in enumerate(names)}
    without = {name: _rank(ahead.sum(axis=0) - ahead[m]) for m, name in enumerate(names)}
    return Repair(
        rank=_rank(ahead.sum(axis=0)),
        factors=None if nearest is None else dict(zip(names, nearest.tolist(), strict=True)),
        single={name: factor for name, factor in single.items() if factor is not None},
        without=without,
    )


def nearest_factors(ahead: Floats) -> Floats | None:
    """The factors f ≥ 0 `[m]` nearest to 1 for which `f · ahead ≥ MARGIN`; None where there are none.

    Args:
        ahead: `[m, r]`, by how much each modality prefers the truth to each rival.

    Source: Lawson and Hanson, "Solving least squares problems" (1974), chapter 23, problem LDP.
    """
    from scipy.optimize import nnls  # here, not above: pages import this, and need not wait for it

    conditions = np.concatenate([ahead.T, np.eye(len(ahead))])  # of the change x = f - 1: conditions · x ≥ least
    least = np.concatenate([MARGIN - ahead.sum(axis=0), -np.ones(len(ahead))])
    wanted = np.concatenate([np.zeros(len(ahead)), [1.0]])
    system = np.vstack([conditions.T, least])
    rest = system @ nnls(system, wanted)[0] - wanted
    if abs(rest[-1]) < 1e-9:
        return None
    factors: Floats = np.maximum(1 - rest[:-1] / rest[-1], 0)
    return factors if (factors @ ahead >= 0).all() else None


def _single(ahead: Floats, m: int) -> float | None:
    """The factor of one modality nearest to 1 that puts the truth ahead of all rivals, None where there is none."""
    rest, own = ahead.sum(axis=0) - ahead[m] - MARGIN, ahead[m]  # rest + factor · own ≥ 0
    if (rest[own == 0] < 0).any():
        return None
    low = max(0.0, float((-rest[own > 0] / own[own > 0]).max(initial=0.0)))
    high = float((-rest[own < 0] / own[own < 0]).min(initial=np.inf))
    return None if low > high else float(np.clip(1.0, low, high))


def _rank(ahead: Floats) -> float:
    return float(realistic_rank((ahead < 0).sum(), (ahead == 0).sum()))
