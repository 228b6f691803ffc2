"""What the rules look at: everything a run folder says about its errors, and what the graphs add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.alignment.explanation.neighbours import first_candidates
from pmf.alignment.explanation.shares import candidate_pools, cosines, shares
from pmf.arrays import Ids
from pmf.audit.chance import is_at_chance
from pmf.data.graph_pair import GraphPair
from pmf.failures.duplicates import overlaps
from pmf.failures.hubness import hub_limit, occurrence
from pmf.failures.neighbours import Common, common_neighbours
from pmf.modalities import MODALITIES
from pmf.runs import layout
from pmf.runs.reader import RunReader

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

RARELY_LESS = 0.1
"""Quantile of the similarities of right predictions below which a prediction looks unlike one."""

VECTORS = tuple(name for name, modality in MODALITIES.items() if modality.items is None)
"""Modalities whose features are compared as vectors; those of the others are sets in the graphs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of e queries, right ones too, in m modalities.

    "prediction" is the best candidate other than the truth: of an error its prediction, of a right query the second.
    So each rule can be asked how often it holds where nothing went wrong.

    Args:
        modalities: their names.
        ranks: `[e, …]`, columns as in `layout.COUNTERFACTUAL_COLUMNS` and `layout.REPAIR_COLUMNS`.
        frozen_at: query, truth and prediction → int16 `[m, e]` as in `layout`.
        cosine: truth and prediction → `[m, e]`, of its embedding to the query's, frozen or not.
        share: truth and prediction → `[m, e]`, what the modality gave to its fused similarity; NaN where scores were
            adopted and that pair is not among them.
        alike: `[m, e]`, how alike truth and prediction are, in [-1, 1]: cosine of their vectors, or overlap of
            what the graphs say of them (Jaccard index). NaN where one has nothing, or the graphs are not there.
        degree: query and truth → `[e]` relation triples.
        mutual: bool `[e]`, the query is also the prediction's own first candidate.
        likely: bool `[e]`, the prediction is as similar to the query as nine in ten right predictions are to theirs.
        namesakes: bool `[e]`, query and truth are called the same, whether the run looks at names or not.
        occurrence: `[e]`, how many queries have the prediction among their ten best.
        hub_limit: `[e]`, how often a candidate of that direction is more than usual.
        worth: `[m]`, Hits@1 that the modality adds to the test queries that have it on both sides, in [-1, 1].
        common: neighbours that the query has in common with either; None without the graphs.
        at_chance: whether the run finds no more than blind guesses would.
    """

    modalities: tuple[str, ...]
    ranks: pd.DataFrame
    frozen_at: dict[str, npt.NDArray[np.int16]]
    cosine: dict[str, Floats]
    share: dict[str, Floats]
    alike: Floats
    degree: dict[str, npt.NDArray[np.int64]]
    mutual: Mask
    likely: Mask
    namesakes: Mask
    occurrence: npt.NDArray[np.int64]
    hub_limit: Floats
    worth: Floats
    common: Common | None
    at_chance: bool = False

    def rank(self, kind: str) -> Floats:
        """`[m, e]`, the truth's rank "alone", "without", "thawed" or "repaired_without"."""
        return np.stack([self.ranks[f"{kind}_{m}"].to_numpy(np.float64) for m in self.modalities])

    def active(self, *who: str) -> Mask:
        """`[m, e]`, whether all of query, truth, prediction that are named have the feature, not frozen."""
        return np.asarray(np.all([self.frozen_at[one] == layout.NEVER_FROZEN for one in who], axis=0))

    def present(self, *who: str) -> Mask:
        """`[m, e]`, whether all that are named have the feature, frozen or not."""
        return np.asarray(np.all([self.frozen_at[one] != layout.MISSING for one in who], axis=0))


def judged(run: RunReader, counterfactuals: pd.DataFrame, repaired: pd.DataFrame) -> pd.DataFrame:
    """Every test query with its decoded rank, first candidate and counterfactual ranks, predictions' order.

    Args:
        run: a run with predictions.
        counterfactuals: of its test links.
        repaired: the same with columns as in `layout.REPAIR_COLUMNS`.

    Returns:
        Columns as in `layout.PREDICTION_COLUMNS` and of both tables, the rank by plain similarity
        as "similarity_rank", "prediction", and "rival": the best candidate other than the truth, -1 without one.
    """
    predictions = run.predictions()
    assert predictions is not None
    ranked = predictions[(predictions["split"] == "test") & predictions["rank"].notna()]
    plain = counterfactuals.rename(columns={"rank": "similarity_rank"})
    table = ranked.merge(plain, on=["direction", "query", "truth"], how="inner", validate="one_to_one")
    table = table.merge(repaired, on=["direction", "query", "truth"], how="left", validate="one_to_one")
    table["prediction"] = [int(row[0]) if len(row) else -1 for row in table["candidates"]]
    lists = zip(table["candidates"], table["truth"], strict=True)
    table["rival"] = np.array([next((c for c in row if c != truth), -1) for row, truth in lists], np.int64)
    return table


def collect(run: RunReader, queries: pd.DataFrame, places: Ids, pair: GraphPair | None) -> Evidence:
    """The evidence on the queries of `judged` at some places, all of which have a rival."""
    frozen_at = run.frozen_at()
    assert frozen_at is not None
    table = queries.iloc[places]
    who = {name: table[name].to_numpy(np.int64) for name in ("query", "truth")}
    who["prediction"] = table["rival"].to_numpy(np.int64)
    share = {name: shares(run, who["query"], who[name]) for name in ("truth", "prediction")}
    first, degree = first_candidates(run), run.entities["degree"].to_numpy(np.int64)
    return Evidence(
        at_chance=is_at_chance(run.results()),
        modalities=run.modalities,
        ranks=table,
        frozen_at={name: frozen_at[:, ids] for name, ids in who.items()},
        cosine={name: cosines(run, who["query"], who[name]) for name in ("truth", "prediction")},
        share=share,
        alike=_alike(run, who["truth"], who["prediction"], frozen_at, pair),
        degree={name: degree[who[name]] for name in ("query", "truth")},
        mutual=first[who["prediction"]] == who["query"],
        likely=_likely(table, share["prediction"].sum(axis=0)),
        namesakes=_namesakes(run, who["query"], who["truth"]),
        **_popularity(run, table),
        worth=worth(run.modalities, queries, frozen_at),
        common=None if pair is None else common_neighbours(run, pair, *who.values()),
    )


def _likely(table: pd.DataFrame, similarity: Floats) -> Mask:
    """`[q]`, whether rivals of such a similarity look right, see `Evidence`; none do where no prediction is right."""
    first = np.array([row[0] if len(row) else -np.inf for row in table["similarity"]])
    right = (table["rank"] <= 1).to_numpy()
    return np.asarray(similarity >= (np.quantile(first[right], RARELY_LESS) if right.any() else np.inf))


def _namesakes(run: RunReader, query: Ids, truth: Ids) -> Mask:
    """`[e]`, whether the letters and digits of their labels are the same."""
    labels = run.entities["label"].to_numpy(dtype=object)
    plain = ["".join(filter(str.isalnum, str(label).casefold())) for label in labels[np.concatenate([query, truth])]]
    return np.array([bool(a) and a == b for a, b in zip(plain[: len(query)], plain[len(query) :], strict=True)], bool)


def worth(modalities: tuple[str, ...], table: pd.DataFrame, frozen_at: npt.NDArray[np.int16]) -> Floats:
    """`[m]`, Hits@1 by plain similarity less that without the modality, over queries with it on both sides.

    0 where no query has it on both sides.
    """
    gains = np.zeros(len(modalities))
    query, truth = (table[name].to_numpy(np.int64) for name in ("query", "truth"))
    for m, modality in enumerate(modalities):
        both = (frozen_at[m, query] != layout.MISSING) & (frozen_at[m, truth] != layout.MISSING)
        if both.any():
            part = table[both]
            gains[m] = np.mean(part["similarity_rank"] <= 1) - np.mean(part[f"without_{modality}"] <= 1)
    return gains


def _popularity(run: RunReader, table: pd.DataFrame) -> dict[str, Any]:
    """`occurrence` and `hub_limit` of each rival."""
    predictions = run.predictions()
    assert predictions is not None
    counts, limit = np.zeros(len(table), np.int64), np.zeros(len(table))
    pools = candidate_pools(run, str(table["scope"].iloc[0]) if len(table) else "closed")
    for direction, pool in zip(layout.DIRECTIONS, pools[::-1], strict=True):
        times = occurrence(list(predictions["candidates"][predictions["direction"] == direction]), run.n_entities)
        here = (table["direction"] == direction).to_numpy()
        counts[here] = times[table.loc[here, "rival"]]
        limit[here] = hub_limit(times[pool])
    return {"occurrence": counts, "hub_limit": limit}


def _alike(
    run: RunReader,
    truth: npt.NDArray[np.int64],
    prediction: npt.NDArray[np.int64],
    frozen_at: npt.NDArray[np.int16],
    pair: GraphPair | None,
) -> Floats:
    """`[m, e]`, see `Evidence`."""
    similarity = np.full((len(run.modalities), len(truth)), np.nan)
    sets = overlaps(pair, truth, prediction) if pair is not None else {}
    vectors = cosines(run, truth, prediction)
    for m, modality in enumerate(run.modalities):
        if modality in VECTORS:
            both = (frozen_at[m, truth] != layout.MISSING) & (frozen_at[m, prediction] != layout.MISSING)
            similarity[m] = np.where(both, vectors[m], np.nan)
        elif modality in sets:
            similarity[m] = sets[modality]
    return similarity
