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
    links = run.links.loc[run.links["split"] == "test", ["source", "target"]].to_numpy(np.int64, copy=True)
    if len(links) == 0:
        raise RunFormatError(
            f"{run.folder} has no test links to rank: train on fewer of the links, e.g. --seed-ratio 0.5"
        )
    table = ranks_that_came(run, scope) if scores_only(run) else _ranks(run, links, scope, progress)
    replace_file(run.folder / layout.COUNTERFACTUALS, table.to_parquet)
    return table


def _ranks(run: RunReader, links: Ids, scope: str, progress: Progress) -> pd.DataFrame:
    """The ranks of links `[p, 2]` by the stored embeddings, in both directions."""
    ranks = _Scorer(run).truth_ranks(links, candidate_pools(run, scope), functools.partial(progress, "ranks"))
    tables = [
        pd.DataFrame({"direction": direction, "query": query, "truth": truth, "scope": scope} | own)
        for direction, query, truth, own in zip(layout.DIRECTIONS, links.T, links.T[::-1], ranks, strict=True)
    ]
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

    def truth_ranks(self, links: Ids, pools: tuple[Ids, Ids], report: Steps) -> list[dict[str, Any]]:
        """Realistic ranks `[p]` of the ends of links `[p, 2]` by variant, of the targets and of the sources.

        The sorted pools of sources and targets hold them; a pair's score counts for both directions.
        """
        sources, targets = pools
        report(0, len(targets))
        places = [np.searchsorted(pool, ends) for pool, ends in zip(pools, links.T, strict=True)]
        parts = [slice(at, at + _ROWS) for at in range(0, len(links), _ROWS)]
        pairs = [self._scores(*map(self._rows, links[part].T), pairwise=True) for part in parts]
        gold = {name: torch.cat([scores[name] for scores in pairs]) for name in pairs[0]}
        counts = {name: torch.zeros(2, 2, len(links), dtype=torch.int64) for name in gold}  # above, level a direction
        for column in range(0, len(targets), _COLUMNS):
            candidates, mine = self._rows(targets[column : column + _COLUMNS]), _within(places[1], column, _COLUMNS)
            for row in range(0, len(sources), _ROWS):
                queries = _within(places[0], row, _ROWS)
                for name, scores in self._scores(self._rows(sources[row : row + _ROWS]), candidates).items():
                    _add(counts[name][0], queries, scores[places[0][queries] - row], gold[name])
                    _add(counts[name][1], mine, scores.T[places[1][mine] - column], gold[name])
            report(min(column + _COLUMNS, len(targets)), len(targets))
        return [
            self._complete(
                {
                    name: realistic_rank(count[side, 0].numpy(), count[side, 1].numpy() - 1)
                    for name, count in counts.items()
                }
            )
            for side in (0, 1)
        ]

    def _scores(self, left: _Rows, right: _Rows, *, pairwise: bool = False) -> dict[str, Tensor]:
        """Scores by variant, of all pairs `[k, l]` or pair by pair `[k]`."""
        both = zip(left.embeddings, right.embeddings, strict=True)
        cosines = [torch.linalg.vecdot(x, y) if pairwise else x @ y.T for x, y in both]

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


def _within(places: Ids, first: int, size: int) -> Ids:
    """Which of the places lie in a block that begins with `first`."""
    return np.flatnonzero((places >= first) & (places < first + size))


def _add(counts: Tensor, queries: Ids, scores: Tensor, gold: Tensor) -> None:
    """Count in `[2, p]` which scores `[q, t]` of some queries are above and level with the truth's."""
    own = gold[queries, None]
    for count, where in zip(counts, (scores > own, scores == own), strict=True):
        count[queries] += where.view(torch.uint8).sum(1, dtype=torch.int64)  # faster than summing bools
