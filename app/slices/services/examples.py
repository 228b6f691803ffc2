"""A few errors of each cause to look at: the nearest misses, those first that have pictures to show."""

from __future__ import annotations

import pandas as pd

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView

A_CAUSE = 3
LOOKED_AT = 60
"""Of a cause with many errors, the nearest misses among which those with pictures are looked for."""


def examples(run: RunView, data: Dataset, wrong: pd.DataFrame, each: int = A_CAUSE) -> dict[str, list[int]]:
    """Cause → its queries, the commonest cause first.

    Args:
        run: the run.
        data: its data.
        wrong: errors, see `app.slices.services.errors.errors`.
        each: most queries of a cause.
    """
    causes = wrong["cause"].value_counts().index
    return {str(cause): _of_one(run, data, wrong[wrong["cause"] == cause], each) for cause in causes}


def _of_one(run: RunView, data: Dataset, errors: pd.DataFrame, most: int) -> list[int]:
    nearest = errors.sort_values("rank", kind="stable").head(LOOKED_AT)

    def pictured(query: int, truth: int) -> int:
        return sum(data.picture(e) is not None for e in (query, truth, int(run.best[query])) if e >= 0)

    shown = [pictured(int(query), int(truth)) for query, truth in zip(nearest.index, nearest["truth"], strict=True)]
    order = sorted(range(len(nearest)), key=lambda i: -shown[i])
    return [int(nearest.index[i]) for i in order[:most]]
