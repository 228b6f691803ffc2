"""Relevance as it was measured: how it is spread, and how the two sides of a linked pair compare."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.freezing_record import measured_by
from app.shared.services.run_view import RunView

BINS = 50
EDGES = np.linspace(0, 1, BINS + 1)
MIDDLES = (EDGES[:-1] + EDGES[1:]) / 2

Floats = npt.NDArray[np.float32]

MOST_SENT = 3_000_000
"""Relevances that the browser is sent; of larger runs as many linked pairs as fit, drawn evenly."""


def counts(run: RunView) -> npt.NDArray[np.uint32]:
    """`[measurements, modalities, 2, BINS]`: features by their relevance, in use and frozen by then."""
    epochs = run.reader.measured_epochs()
    stored = run.reader.relevance()
    made = np.zeros((len(epochs), len(run.modalities), 2, BINS), np.uint32)
    for at, epoch in enumerate(epochs):
        for m, modality in enumerate(run.modalities):
            relevance = np.asarray(stored[epoch, m], np.float32)
            measured = np.isfinite(relevance)
            bins = np.minimum((relevance[measured] * BINS).astype(np.int64), BINS - 1)
            places = bins + BINS * frozen_by(run, modality, epoch)[measured]
            made[at, m] = np.bincount(places, minlength=2 * BINS).reshape(2, BINS)
    return made


def counts_table(run: RunView) -> pd.DataFrame:
    """The same in rows: `epoch, modality, relevance` (the middle of a bin), `in use, frozen`; none of empty bins."""
    made = counts(run)
    at, m, bin_ = np.nonzero(made.sum(axis=2))
    table = {
        "epoch": np.array(run.reader.measured_epochs(), np.int64)[at],
        "modality": np.array(run.modalities, object)[m],
        "relevance": MIDDLES[bin_],
        "in use": made[at, m, 0, bin_],
        "frozen": made[at, m, 1, bin_],
    }
    return pd.DataFrame(table)


def links_sent(run: RunView) -> pd.DataFrame:
    """The links whose relevance the browser is sent: all, or of a large run some, evenly; as the run has them."""
    of_an_entity = max(1, len(run.reader.measured_epochs()) * len(run.modalities))
    if run.n * of_an_entity <= MOST_SENT:
        return run.reader.links
    return run.reader.links[:: -(-2 * len(run.reader.links) * of_an_entity // MOST_SENT)]


def relevance_at(run: RunView, modality: str, epoch: int) -> Floats:
    """`[entities]` as last measured by an epoch; NaN = not measured."""
    measured = measured_by(run, epoch)
    if measured is None:
        return np.full(run.n, np.nan, np.float32)
    return np.asarray(run.reader.relevance()[measured, run.modalities.index(modality)], np.float32)


def frozen_by(run: RunView, modality: str, epoch: int) -> npt.NDArray[np.bool_]:
    """`[entities]`: frozen up to and in an epoch."""
    if run.frozen_at is None:
        return np.zeros(run.n, np.bool_)
    row = run.frozen_at[run.modalities.index(modality)]
    return (row >= 0) & (row <= epoch)


def linked_pairs(run: RunView, modality: str, epoch: int) -> pd.DataFrame:
    """Linked pairs both of whose features were measured by an epoch.

    Args:
        run: the run.
        modality: one of it.
        epoch: measured by then, frozen by then.

    Returns:
        `source, target, split, relevance_source, relevance_target, state`; state is "in use", "one side frozen" or
        "both frozen".
    """
    links = run.reader.links
    source, target = links["source"].to_numpy(), links["target"].to_numpy()
    relevance, frozen = relevance_at(run, modality, epoch), frozen_by(run, modality, epoch)
    count = frozen[source].astype(int) + frozen[target]
    table = pd.DataFrame(
        {
            "source": source,
            "target": target,
            "split": links["split"].to_numpy(),
            "relevance_source": relevance[source],
            "relevance_target": relevance[target],
            "state": np.array(["in use", "one side frozen", "both frozen"], object)[count],
        }
    )
    return table[table["relevance_source"].notna() & table["relevance_target"].notna()].reset_index(drop=True)


def first_and_last(run: RunView, modality: str, count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The linked pairs that froze first, least relevant before, and those that froze last, most relevant before.

    A pair froze when its first side did; pairs that lack the feature on a side are left out, and so is the second
    table where it would repeat the first.

    Returns:
        Two tables of at most `count` rows: `source, target, epoch, relevance`, both of the side that froze first.
    """
    columns = ["source", "target", "epoch", "relevance"]
    if run.frozen_at is None:
        return pd.DataFrame(columns=columns), pd.DataFrame(columns=columns)
    row = run.frozen_at[run.modalities.index(modality)]
    both = run.reader.links[["source", "target"]].to_numpy()
    epochs = row[both]  # [links, 2]
    froze = (epochs >= -1).all(axis=1) & (epochs >= 0).any(axis=1)
    both, epochs = both[froze], epochs[froze]
    side = np.where(epochs >= 0, epochs, np.iinfo(np.int16).max).argmin(axis=1)
    epoch, entity = epochs[np.arange(len(both)), side], both[np.arange(len(both)), side]
    relevance = run.reader.relevance()[epoch, run.modalities.index(modality), entity].astype(np.float32)
    table = pd.DataFrame({"source": both[:, 0], "target": both[:, 1], "epoch": epoch, "relevance": relevance})
    table = table.sort_values(["epoch", "relevance"], kind="stable").reset_index(drop=True)
    last = table[::-1].head(min(count, max(0, len(table) - count)))
    return table.head(count), last.reset_index(drop=True)
