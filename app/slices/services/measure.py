"""How good a run is on a slice, and how sure one can be of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.run_view import RunView, not_yet
from app.slices.services import kept as saved_slices
from app.slices.services import names as slices
from app.slices.services.names import Mask
from pmf.errors import RunFormatError
from pmf.statistics import RESAMPLES, paired_bootstrap, proportion

EVERYTHING = "Everything"
COLUMNS = (
    *("slice", "title", "queries", "wrong"),
    *("hits_at_1", "hits_low", "hits_high"),
    *("mrr", "mrr_low", "mrr_high"),
)
SCOPE = (
    "Test links of this direction whose query is in the slice. Hits@1 with its 95 % Wilson interval, MRR with its "
    f"95 % bootstrap interval ({RESAMPLES:,} resamples, seed 0)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFigures:
    """Figures of the queries of a slice; those in [0, 1] are NaN, and their intervals all of it, where it has none.

    Args:
        size: queries.
        wrong: those whose truth is not first.
        hits_interval: 95 % Wilson interval.
        mrr_interval: 95 % percentile bootstrap interval over the queries.
    """

    size: int
    wrong: int
    hits_at_1: float
    hits_interval: tuple[float, float]
    mrr: float
    mrr_interval: tuple[float, float]


def ranks(run: RunView, direction: str, split: str = "test") -> pd.Series:
    """Rank of the truth of every ranked query of a direction, by entity id.

    Args:
        run: a run with predictions.
        direction: `layout.SOURCE_TO_TARGET` or its opposite.
        split: "test", "validation", or "all" ranked links.

    Raises:
        RunFormatError: it has none yet.
    """
    if run.predictions is None:
        raise RunFormatError(not_yet(run, "Predictions are"))
    table = run.predictions
    wanted = (table["direction"] == direction) & table["rank"].notna()
    if split != "all":
        wanted &= table["split"] == split
    return table.loc[wanted, "rank"]


def figures(run: RunView, name_or_mask: str | Mask, direction: str, split: str = "test") -> SliceFigures:
    """Size, errors, Hits@1 and MRR of a slice's queries.

    Args:
        run: a run with predictions.
        name_or_mask: a slice of `app.slices.services.names`, "" for everything, or a mask `[entities]`.
        direction: `layout.SOURCE_TO_TARGET` or its opposite.
        split: "test", "validation", or "all" ranked links.

    Raises:
        ConfigError: there is no such slice.
        RunFormatError: the run has no predictions yet.
    """
    ranked = ranks(run, direction, split)
    if isinstance(name_or_mask, str):
        mask = slices.members(run, name_or_mask) if name_or_mask else np.ones(run.n, np.bool_)
    else:
        mask = name_or_mask
    return of_ranks(ranked[mask[ranked.index.to_numpy()]].to_numpy(np.float64))


def of_ranks(rank: npt.NDArray[np.float64]) -> SliceFigures:
    """The figures of queries by the ranks `[q]` of their truth, 1-based."""
    right = int((rank <= 1).sum())
    share = proportion(right, len(rank))
    reciprocal = 1 / rank
    return SliceFigures(
        size=len(rank),
        wrong=len(rank) - right,
        hits_at_1=share.share,
        hits_interval=(share.low, share.high),
        mrr=float(reciprocal.mean()) if len(rank) else float("nan"),
        mrr_interval=mean_interval(reciprocal),
    )


def mean_interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of values `[q]` in [0, 1]; all of it where there is none."""
    low, high = paired_bootstrap(values[None])[0].tolist() if len(values) else (0.0, 1.0)
    return low, high


def table(run: RunView, direction: str) -> pd.DataFrame:
    """Figures of everything, of every elementary slice and kept list that has test queries of a direction.

    Returns:
        `slice, title, queries, wrong, hits_at_1, hits_low, hits_high, mrr, mrr_low, mrr_high`, without the slices of a
        single epoch; the slice "" is everything.

    Raises:
        RunFormatError: the run has no predictions yet.
    """
    ranked = ranks(run, direction)
    masks = {"": np.ones(run.n, np.bool_)} | slices.masks(run)
    titles = {"": EVERYTHING} | slices.names(run) | saved_slices.titles(run)
    rows = []
    for name, title in titles.items():
        if name.startswith("froze-at:"):
            continue
        mask = masks[name] if name in masks else slices.members(run, name)
        part = of_ranks(ranked[mask[ranked.index.to_numpy()]].to_numpy(np.float64))
        if part.size:
            hits, mrr = (
                (part.hits_at_1, *part.hits_interval),
                (part.mrr, *part.mrr_interval),
            )
            rows.append((name, title, part.size, part.wrong, *hits, *mrr))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def queries(run: RunView, name: str, direction: str) -> pd.DataFrame:
    """The test queries of a slice, worst rank first.

    Returns:
        Uri and label of `query`, `truth` and `prediction`, and `rank`; "" where there is no such entity.

    Raises:
        ConfigError: there is no such slice.
        RunFormatError: the run has no predictions yet.
    """
    ranked = ranks(run, direction).sort_values(ascending=False, kind="stable")
    if name:
        ranked = ranked[slices.members(run, name)[ranked.index.to_numpy()]]
    ids = ranked.index.to_numpy()
    truth = run.predictions.loc[ids, "truth"].to_numpy() if run.predictions is not None else ids[:0]
    table = {"query": ids, "truth": truth, "prediction": run.best[ids]}
    columns = {}
    for column, entities in table.items():
        columns[column] = np.where(entities >= 0, run.uris[entities], "")
        columns[f"{column}_label"] = np.where(entities >= 0, run.labels[entities], "")
    return pd.DataFrame({**columns, "rank": ranked.to_numpy()})
