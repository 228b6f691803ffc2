"""Relevance as it was measured: how it is spread over the epochs, and how the two sides of a linked pair compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.freezing_record import measured_by, thresholds
from app.shared.services.run_view import RunView

BINS = 50
EDGES = np.linspace(0, 1, BINS + 1)
MIDDLES = (EDGES[:-1] + EDGES[1:]) / 2

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spread:
    """How the relevance of one modality is spread, epoch by epoch.

    Args:
        epochs: `[e]` in which it was measured.
        share: float64 `[e, BINS]`, share of that epoch's measured features in each bin of `EDGES`.
        measured: int64 `[e]`, how many were measured.
        threshold: float64 `[e]`, δ; NaN where it was 0 and so froze nothing.
    """

    epochs: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]
    measured: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]


def spread(run: RunView, modality: str) -> Spread:
    """Histograms of relevance over all measurements."""
    epochs = run.reader.measured_epochs()
    row = run.modalities.index(modality)
    relevance = run.reader.relevance()
    counts = np.zeros((len(epochs), BINS), np.int64)
    for i, epoch in enumerate(epochs):
        values = np.asarray(relevance[epoch, row], np.float32)
        values = values[np.isfinite(values)]
        counts[i] = np.bincount(np.minimum((values * BINS).astype(np.int64), BINS - 1), minlength=BINS)
    measured = counts.sum(axis=1)
    limit = thresholds(run, modality)
    return Spread(
        np.array(epochs, np.int64),
        counts / np.maximum(measured, 1)[:, None],
        measured,
        np.array([limit.get(epoch, np.nan) for epoch in epochs], np.float64),
    )


def spread_table(spread: Spread) -> pd.DataFrame:
    """A spread in rows: `epoch, relevance` (the middle of a bin), `share, measured, threshold`."""
    rows = np.repeat(np.arange(len(spread.epochs)), BINS)
    return pd.DataFrame(
        {
            "epoch": spread.epochs[rows],
            "relevance": np.tile(MIDDLES, len(spread.epochs)),
            "share": spread.share.ravel(),
            "measured": spread.measured[rows],
            "threshold": spread.threshold[rows],
        }
    )


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


def histogram(run: RunView, modality: str, epoch: int) -> pd.DataFrame:
    """The features measured at an epoch by bin: `relevance` (its middle), `in use`, `frozen`."""
    relevance, frozen = relevance_at(run, modality, epoch), frozen_by(run, modality, epoch)
    return pd.DataFrame(
        {
            "relevance": MIDDLES,
            "in use": np.histogram(relevance[~frozen], EDGES)[0],
            "frozen": np.histogram(relevance[frozen], EDGES)[0],
        }
    )


def linked_pairs(run: RunView, modality: str, epoch: int, split: str = "") -> pd.DataFrame:
    """Linked pairs both of whose features were measured by an epoch.

    Args:
        run: the run.
        modality: one of it.
        epoch: measured by then, frozen by then.
        split: only these links; "" = all.

    Returns:
        `source, target, split, relevance_source, relevance_target, state`; state is "in use", "one side frozen" or
        "both frozen".
    """
    links = run.reader.links
    links = links[links["split"] == split] if split else links
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


def least_relevant(run: RunView, modality: str, epoch: int, count: int) -> npt.NDArray[np.int64]:
    """Of the linked pairs in use that are least relevant on a side, that side's entity; least relevant first."""
    pairs = linked_pairs(run, modality, epoch)
    pairs = pairs[pairs["state"] == "in use"]
    relevance = pairs[["relevance_source", "relevance_target"]].to_numpy()
    lower = relevance.argmin(axis=1)
    first = relevance.min(axis=1).argsort(kind="stable")[:count]
    return pairs[["source", "target"]].to_numpy()[first, lower[first]]


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
