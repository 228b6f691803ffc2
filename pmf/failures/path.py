"""A query's way through the epochs: when the truth was ahead, and when it fell behind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmf.alignment.metrics import realistic_rank
from pmf.runs import layout
from pmf.runs.reader import RunReader


def path(run: RunReader, query: int) -> pd.DataFrame | None:
    """What the snapshots say of a query, among the sampled entities of the other side.

    Args:
        run: any run.
        query: entity id.

    Returns:
        One row a snapshot: epoch; rank of the truth among the `candidates` sampled ones, by plain similarity;
        similarity_truth; similarity_prediction, NaN where the run's prediction is not in the sample. None where the
        query or its truth is not in the sample, or there are no snapshots.

    Raises:
        RunFormatError: the snapshots are damaged.
    """
    snapshots, predictions = run.snapshots(), run.predictions(["query", "truth", "candidates"])
    if snapshots is None or predictions is None:
        return None
    rows = predictions[predictions["query"] == query]
    sample = snapshots["sample"]
    if rows.empty or not np.isin([query, rows["truth"].iloc[0]], sample).all():
        return None
    candidates = np.flatnonzero((sample >= run.n_source) == (query < run.n_source))
    fused = snapshots["fused"].astype(np.float64)  # [e, s, width]
    scores = np.einsum("ed,ecd->ec", fused[:, np.searchsorted(sample, query)], fused[:, candidates])
    truth = scores[:, sample[candidates] == rows["truth"].iloc[0]]  # [e, 1]
    listed = rows["candidates"].iloc[0]
    prediction = scores[:, sample[candidates] == (listed[0] if len(listed) else layout.MISSING)]
    return pd.DataFrame(
        {
            "epoch": snapshots["epochs"],
            "rank": realistic_rank((scores > truth).sum(axis=1), (scores == truth).sum(axis=1) - 1),
            "candidates": len(candidates),
            "similarity_truth": truth[:, 0],
            "similarity_prediction": prediction[:, 0] if prediction.size else np.nan,
        }
    )
