"""Ranks of every test query's truth by each modality alone, without it and with it thawed: all pairs, tile by tile.

The same numbers, to the last bit, as `pmf.alignment.explanation.explainer` gives for one pair.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pmf.alignment.evaluation.of_scores import ranks_that_came, scores_only
from pmf.alignment.explanation.shares import (
    Ids,
    candidate_pools,
    share,
    stored_embeddings,
    stored_weight,
    thawed_weight,
    variants,
)
from pmf.alignment.metrics import rank_metrics, realistic_rank
from pmf.errors import RunFormatError
from pmf.files import replace_file
from pmf.progress import Progress, Steps, silent
from pmf.runs import layout
from pmf.runs.reader import RunReader

_ROWS, _COLUMNS = 128, 1024
"""A tile of pairs, 1 MiB of float64: what is computed from it stays in the processor's cache."""


def write_counterfactuals(run: RunReader, scope: str = "closed", progress: Progress = silent) -> pd.DataFrame:
    """Rank every test link in both directions and store the table in the run folder.

    Args:
        run: a run whose training has ended.
        scope: candidates are the "closed" set of linked non-seed entities, or "open": every entity.
        progress: called with (what, done, total).

    Returns:
        Columns as in `pmf.runs.layout.COUNTERFACTUAL_COLUMNS`, one row a test link and direction. Ranks are by
        the plain fused similarity, without CSLS.

    Raises:
        RunFormatError: the run has not finished, has no test links, or is damaged.
    """
    if run.results() is None:
        raise RunFormatError(f"{run.folder} has not finished: ranks of all queries need its last embeddings")
    links = run.links.loc[run.links["split"] == "test", ["source", "target"]].to_numpy(np.int64)
    if len(links) == 0:
        raise RunFormatError(
            f"{run.folder} has no test links to rank: train on fewer of the links, e.g. --seed-ratio 0.5"
        )
    table = ranks_that_came(run, scope) if scores_only(run) else _ranks(run, links, scope, progress)
    replace_file(run.folder / layout.COUNTERFACTUALS, table.to_parquet)
    return table


def _ranks(run: RunReader, links: Ids, scope: str, progress: Progress) -> pd.DataFrame:
    """The ranks of links `[p, 2]` by the stored embeddings, in both directions."""
    sources, targets = candidate_pools(run, scope)
    tables = []
    for direction, (query, truth), pool in zip(
        layout.DIRECTIONS, (links.T, links.T[::-1]), (targets, sources), strict=True
    ):
        what = f"ranks {direction.replace('_', ' ')}"
        ranks = _Scorer(run).truth_ranks(query, truth, pool, functools.partial(progress, what))
        tables.append(pd.DataFrame({"direction": direction, "query": query, "truth": truth, "scope": scope} | ranks))
    return pd.concat(tables, ignore_index=True)


def hits_at_1(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Hits@1 in [0, 1] per direction and column of ranks of `write_counterfactuals` that are known."""
    columns = [name for name in table if name == "rank" or str(name).startswith(("alone_", "without_", "thawed_"))]
    complete = [name for name in columns if table[name].notna().all()]
    return {
        str(direction): {str(name): rank_metrics(part[name].to_numpy())["hits@1"] for name in complete}
        for direction, part in table.groupby("direction", sort=False)
    }


class _Scorer:
    """Scores of a run's pairs by every variant of `pmf.alignment.explanation.shares.variants`."""

    def __init__(self, run: RunReader) -> None:
        frozen_at = run.frozen_at()
        if frozen_at is None:
            raise RunFormatError(f"{run.folder} is damaged: it does not say what is frozen")
        self.run, self.tables = run, stored_embeddings(run)
        weight = stored_weight(run)
        self.weight = torch.from_numpy(weight)
        self.thawed = {m: torch.from_numpy(own) for m, own in thawed_weight(weight, frozen_at).items()}
        self.frozen = [bool((at >= 0).any()) for at in frozen_at]

    def truth_ranks(self, query: Ids, truth: Ids, pool: Ids, report: Steps) -> dict[str, Any]:
        """Realistic ranks `[p]` of the truths `[p]` among the pool `[t]`, which holds them, by variant."""
        report(0, len(pool))
        blocks = np.array_split(np.arange(len(query)), -(-len(query) // _ROWS))
        gold = [self._scores(self._rows(query[block]), self._rows(truth[block]), pairwise=True) for block in blocks]
        counts = {name: torch.zeros(2, len(query), dtype=torch.int64) for name in gold[0]}  # above, level
        for start in range(0, len(pool), _COLUMNS):
            candidates = self._rows(pool[start : start + _COLUMNS])
            for block, own in zip(blocks, gold, strict=True):
                for name, scores in self._scores(self._rows(query[block]), candidates).items():
                    counts[name][0, block] += _count(scores > own[name][:, None])
                    counts[name][1, block] += _count(scores == own[name][:, None])
            report(min(start + _COLUMNS, len(pool)), len(pool))
        return self._complete(
            {name: realistic_rank(above.numpy(), level.numpy() - 1) for name, (above, level) in counts.items()}
        )

    def _scores(self, left: _Rows, right: _Rows, *, pairwise: bool = False) -> dict[str, Tensor]:
        """Scores by variant, of all pairs `[k, l]` or pair by pair `[k]`."""
        cosine = torch.linalg.vecdot if pairwise else _products
        cosines = [cosine(x, y) for x, y in zip(left.embeddings, right.embeddings, strict=True)]

        def shares(m: int, own: Tensor, other: Tensor) -> Tensor:
            return share(cosines[m], own if pairwise else own[:, None], other)

        parts = [shares(m, *both) for m, both in enumerate(zip(left.weight, right.weight, strict=True))]
        thawed = {m: shares(m, own, right.thawed[m]) for m, own in left.thawed.items()}
        return dict(variants(self.run.modalities, cosines, parts, thawed))

    def _complete(self, ranks: dict[str, Any]) -> dict[str, Any]:
        """With the thawed ranks of modalities that have nothing to thaw, or nothing to thaw it by."""
        for m, modality in enumerate(self.run.modalities):
            if m not in self.thawed:
                ranks[f"thawed_{modality}"] = ranks["rank"] * (np.nan if self.frozen[m] else 1.0)
        return ranks

    def _rows(self, ids: Ids) -> _Rows:
        rows = [table[ids].astype(np.float64) for table in self.tables]
        if not all(np.isfinite(row).all() for row in rows):
            raise RunFormatError(f"{self.run.folder} has embeddings that are not finite numbers")
        thawed = {m: own[ids] for m, own in self.thawed.items()}
        return _Rows([torch.from_numpy(row) for row in rows], self.weight[:, ids], thawed)


class _Rows(NamedTuple):
    """What is known of k entities: embeddings `[k, d]` per modality in float64, weights `[modalities, k]`, thawed."""

    embeddings: list[Tensor]
    weight: Tensor
    thawed: dict[int, Tensor]


def _products(left: Tensor, right: Tensor) -> Tensor:
    """Of all pairs of rows, `[k, l]`."""
    return left @ right.T


def _count(where: Tensor) -> Tensor:
    """How often True in each row; summing bytes is faster than summing bools."""
    return where.view(torch.uint8).sum(1, dtype=torch.int64)
