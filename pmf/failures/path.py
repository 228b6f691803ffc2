"""A query's way through the epochs: when the truth was ahead, and when it fell behind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmf.alignment.metrics import realistic_rank
from pmf.runs.reader import RunReader

COLUMNS = ["epoch", "rank", "candidates", "similarity_truth", "rival", "similarity_rival"]


def path(run: RunReader, query: int) -> pd.DataFrame | None:
    """How a test query stood at the kept epochs, by plain similarity.

    Args:
        run: any run.
        query: entity id.

    Returns:
        `COLUMNS`, one row a kept epoch, as in `layout.COURSE_COLUMNS`; of several truths the first linked one's.
        Runs of older versions keep no more than a sample of entities: ranks are then among those of it, `attrs`
        has "sampled", and it is None where the query or its truth is not in the sample.

    Raises:
        RunFormatError: what was kept is damaged.
    """
    course = run.course(query)
    if course is None:
        return _sampled(run, query)
    if course.empty:
        return None
    first: pd.DataFrame = course[course["truth"] == course["truth"].iloc[0]]
    return first[COLUMNS].reset_index(drop=True)


def _sampled(run: RunReader, query: int) -> pd.DataFrame | None:
    """The same from the snapshots' embeddings."""
    snapshots, predictions = run.snapshots(), run.predictions(["query", "truth"])
    if snapshots is None or predictions is None:
        return None
    rows = predictions[predictions["query"] == query]
    sample = snapshots["sample"]
    if rows.empty or not np.isin([query, rows["truth"].iloc[0]], sample).all():
        return None
    candidates = np.flatnonzero((sample >= run.n_source) == (query < run.n_source))
    fused = snapshots["fused"].astype(np.float64)  # [e, s, width]
    scores = np.einsum("ed,ecd->ec", fused[:, np.searchsorted(sample, query)], fused[:, candidates])
    is_truth = sample[candidates] == rows["truth"].iloc[0]
    truth = scores[:, is_truth]  # [e, 1]
    others = np.where(is_truth, -np.inf, scores)
    table = pd.DataFrame(
        {
            "epoch": snapshots["epochs"],
            "rank": realistic_rank((scores > truth).sum(axis=1), (scores == truth).sum(axis=1) - 1),
            "candidates": len(candidates),
            "similarity_truth": truth[:, 0],
            "rival": sample[candidates][others.argmax(axis=1)],
            "similarity_rival": others.max(axis=1),
        }
    )
    table.attrs["sampled"] = True
    return table
