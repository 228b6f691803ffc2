"""The health of a run: what its modalities weigh and agree on, its hubs, its probabilities, and what freezing cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.alignment.explanation.shares import candidate_pools
from pmf.errors import RunFormatError
from pmf.failures.freezing_harm import Harm, freezing_harm
from pmf.failures.hubness import hub_limit, occurrence, skewness
from pmf.failures.records import Agreement, Hubness
from pmf.failures.sentences import sentences
from pmf.runs import layout
from pmf.runs.reader import RunReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Where to look in a run, from its folder alone; all on test links, both directions.

    Args:
        scope: of the candidates.
        decode: behind `hubness`; all other ranks are by plain similarity.
        balance: one row an epoch: per modality the mean share of an entity's fused embedding that would be its own,
            if all features that are neither missing nor frozen weighed the same.
        voice: one row a modality: its mean share of the similarity to the prediction, where that was `right`, and
            where it was `wrong`.
        agreement: of each pair of modalities.
        known: share of the queries for which at least one modality alone ranks the truth first.
        fused: share for which all together do.
        hubness: of each direction.
        calibration: direction → whether probabilities of being right hold, as `pmf.alignment.metrics.reliability`
            gives it; None where there are too few links to measure it.
        freezing: what it cost.
        sentences: the above in words, what matters most first.
    """

    scope: str
    decode: str
    balance: pd.DataFrame
    voice: pd.DataFrame
    agreement: tuple[Agreement, ...]
    known: float
    fused: float
    hubness: tuple[Hubness, ...]
    calibration: dict[str, Any] | None
    freezing: tuple[Harm, ...]
    sentences: tuple[str, ...]


def health(run: RunReader) -> Health:
    """The health of a run whose failures have been looked into.

    Raises:
        RunFormatError: they have not, or the run is damaged.
    """
    table, predictions, frozen_at = run.failures(), run.predictions(), run.frozen_at()
    if table is None or predictions is None or frozen_at is None or not {"scope", "decode"} <= table.attrs.keys():
        raise RunFormatError(f"{run.folder} has no table of failures yet: make it with `python -m pmf failures`")
    freezing = freezing_harm(run, table)
    agreement = tuple(_agreement(run, table, frozen_at))
    reachable = float((table[[f"alone_{m}" for m in run.modalities]] <= 1).any(axis=1).mean())
    fused = float((table["similarity_rank"] <= 1).mean())
    hubness = tuple(_hubness(run, predictions, str(table.attrs["scope"])))
    calibration = table.attrs.get("calibration")
    return Health(
        scope=str(table.attrs["scope"]),
        decode=str(table.attrs["decode"]),
        balance=_balance(run, table, frozen_at),
        voice=_voice(run, table, predictions),
        agreement=agreement,
        known=reachable,
        fused=fused,
        hubness=hubness,
        calibration=calibration,
        freezing=freezing,
        sentences=sentences(freezing, reachable, fused, hubness, calibration),
    )


def _balance(run: RunReader, table: pd.DataFrame, frozen_at: npt.NDArray[np.int16]) -> pd.DataFrame:
    of_queries = frozen_at[:, table["query"].unique()]
    epochs = pd.Index([report["epoch"] for report in run.epoch_reports()], name="epoch")
    rows = []
    for epoch in epochs:
        active = (of_queries == layout.NEVER_FROZEN) | (of_queries > epoch)
        rows.append((active / np.maximum(active.sum(axis=0), 1)).mean(axis=1))
    return pd.DataFrame(np.array(rows).reshape(len(epochs), -1), index=epochs, columns=list(run.modalities))


def _voice(run: RunReader, table: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    rows = predictions.merge(table[["direction", "query", "right"]], on=["direction", "query"])
    rows = rows[[len(row) > 0 for row in rows["candidates"]]]
    first = pd.DataFrame({m: [row[0] for row in rows[f"share_{m}"]] for m in run.modalities}, index=rows.index)
    return pd.DataFrame({"right": first[rows["right"]].mean(), "wrong": first[~rows["right"]].mean()})


def _agreement(run: RunReader, table: pd.DataFrame, frozen_at: npt.NDArray[np.int16]) -> Iterator[Agreement]:
    there = (frozen_at[:, table["query"]] != layout.MISSING) & (frozen_at[:, table["truth"]] != layout.MISSING)
    for a, b in combinations(range(len(run.modalities)), 2):
        ranks = table.loc[there[a] & there[b], [f"alone_{run.modalities[m]}" for m in (a, b)]]
        if ranks.empty:
            continue
        first = ranks <= 1
        yield Agreement(
            modality=run.modalities[a],
            other=run.modalities[b],
            queries=len(ranks),
            correlation=float(ranks.corr(method="spearman").iloc[0, 1]),
            both=float(first.all(axis=1).mean()),
            one=float((first.sum(axis=1) == 1).mean()),
        )


def _hubness(run: RunReader, predictions: pd.DataFrame, scope: str) -> Iterator[Hubness]:
    for direction, pool in zip(layout.DIRECTIONS, candidate_pools(run, scope)[::-1], strict=True):
        lists = list(predictions["candidates"][predictions["direction"] == direction])
        times = occurrence(lists, run.n_entities)[pool]
        yield Hubness(
            direction=direction,
            skewness=skewness(times),
            never=float(1 - np.isin(pool, [row[0] for row in lists if len(row)]).mean()),
            hubs=float((times > hub_limit(times)).mean()),
            most=int(times.max()),
        )
