"""The table of predictions: for each query the best candidates, their scores and each modality's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.alignment.evaluation.evaluate import Candidates, Rankings
from pmf.alignment.metrics import realistic_rank
from pmf.alignment.search.similarity import Ranking
from pmf.arrays import Ids
from pmf.config.config import Config
from pmf.data.split import LinkSplit
from pmf.runs.layout import DIRECTIONS

_ROWS = 2048


def prediction_table(
    rankings: Rankings,
    tables: Sequence[npt.NDArray[Any]],
    weight: npt.NDArray[Any],
    pool: Candidates,
    split: LinkSplit,
    config: Config,
) -> pd.DataFrame:
    """Both directions, columns as in `pmf.runs.layout.PREDICTION_COLUMNS`.

    Args:
        rankings: of the pool's decoded scores; of a search, each rank is the one among the candidates that it found,
            so no larger than one more than those.
        tables: of each modality `[n, d_m]`, unit rows.
        weight: `[m, n]` factor of each modality in `fused`.
        pool: who is compared, and the truth.
        split: where each query's link belongs.
        config: modalities and decoding.
    """
    sides = [(pool.source, pool.target, pool.truth), (pool.target, pool.source, pool.truth[:, ::-1])]
    parts = [
        ranked_queries(direction, ranking, *side, tables, weight, split, config.modalities)
        for direction, ranking, side in zip(DIRECTIONS, rankings, sides, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def ranked_queries(
    direction: str,
    ranking: Ranking,
    queries: Ids,
    keys: Ids,
    truth: Ids,
    tables: Sequence[npt.NDArray[Any]],
    weight: npt.NDArray[Any],
    split: LinkSplit,
    modalities: Sequence[str],
) -> pd.DataFrame:
    """The predictions of one direction, columns as in `pmf.runs.layout.PREDICTION_COLUMNS`.

    Args:
        direction: its name.
        ranking: of the queries among the keys.
        queries: int64 `[q]`.
        keys: int64 `[k]`, who may be a candidate.
        truth: int64 `[p, 2]`, (query, counterpart), as in the ranking.
        tables: of each modality `[n, d_m]`, unit rows.
        weight: `[m, n]` factor of each modality in `fused`.
        split: where each query's link belongs.
        modalities: of the tables.
    """
    candidates = keys[ranking.candidates.cpu().numpy()]
    shares = _shares(tables, weight, queries[:, None], candidates)
    ranks = realistic_rank(ranking.greater.cpu().numpy(), ranking.equal.cpu().numpy())
    lists = {
        "candidates": list(candidates.astype(np.int32)),
        "score": list(ranking.scores.cpu().numpy()),
        "similarity": list(shares.sum(0)),
        **{f"share_{name}": list(part) for name, part in zip(modalities, shares, strict=True)},
    }
    similarity = _shares(tables, weight, truth[:, 0], truth[:, 1]).sum(0)
    return one_direction(direction, queries, lists, truth, ranks, similarity, split)


def one_direction(
    direction: str,
    queries: Ids,
    lists: Mapping[str, Sequence[Any]],
    truth: Ids,
    ranks: npt.NDArray[Any],
    similarity: npt.NDArray[Any],
    split: LinkSplit,
) -> pd.DataFrame:
    """The predictions of one direction, columns as in `pmf.runs.layout.PREDICTION_COLUMNS`.

    Args:
        direction: its name.
        queries: int64 `[q]`.
        lists: by column, a list for each query: candidates and what is known of each.
        truth: int64 `[p, 2]`, (query, counterpart).
        ranks: `[p]`, of each counterpart.
        similarity: `[p]`, to each counterpart.
        split: where each query's link belongs.
    """
    split_of = {
        int(entity): name
        for name, links in (("validation", split.val_links), ("test", split.test_links), ("seed", split.seed_links))
        for entity in links.ravel()
    }
    ranked = pd.DataFrame({"query": truth[:, 0], "truth": truth[:, 1], "rank": ranks, "truth_similarity": similarity})
    # a query with several true partners is judged by the best ranked one
    best = ranked.sort_values("rank").drop_duplicates("query")
    part = [split_of.get(int(q), "unlinked") for q in queries]
    table = pd.DataFrame({"direction": direction, "query": queries, "split": part, **lists})
    table = table.astype({"direction": "str", "split": "str"}).merge(best, on="query", how="left")
    table["truth"] = table["truth"].fillna(-1).astype(np.int64)
    return table


def _shares(
    embeddings: Sequence[npt.NDArray[Any]], weight: npt.NDArray[Any], left: npt.NDArray[Any], right: npt.NDArray[Any]
) -> npt.NDArray[np.float32]:
    """Each modality's part of the similarity, `[m, …]`; some thousand rows at a time, as their vectors are large."""
    left, right = np.broadcast_arrays(left, right)
    shares = np.empty((len(embeddings), *left.shape), np.float32)
    for begin in range(0, len(left), _ROWS):
        part = slice(begin, begin + _ROWS)
        one, other = left[part], right[part]
        for m, (table, w) in enumerate(zip(embeddings, weight, strict=True)):
            rows = (table[ids].astype(np.float32, copy=False) for ids in (one, other))
            shares[m, part] = w[one] * w[other] * np.einsum("...d,...d->...", *rows)
    return shares
