"""Ranks of every test query's truth by each modality alone and without each: all pairs, tile by tile.

The same numbers, to the last bit, as `pmf.alignment.explainer` gives for one pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pmf.alignment.explain import Ids, candidate_pools, share, stored_embeddings, stored_weight, variants
from pmf.alignment.metrics import rank_metrics, realistic_rank
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import replace_file

_ROWS, _COLUMNS = 128, 1024
"""A tile of pairs, 1 MiB of float64: what is computed from it stays in the processor's cache."""


def write_counterfactuals(run: RunReader, scope: str = "closed") -> pd.DataFrame:
    """Rank every test link in both directions and store the table in the run folder.

    Args:
        run: a finished run.
        scope: candidates are the "closed" set of linked non-seed entities, or "open": every entity.

    Returns:
        Columns as in `pmf.runs.layout.COUNTERFACTUAL_COLUMNS`, one row a test link and direction. Ranks are by
        the plain fused similarity, without CSLS.

    Raises:
        RunFormatError: the run has not finished, has no test links, or is damaged.
    """
    if run.state().name != "finished":
        raise RunFormatError(f"{run.folder} has not finished: ranks of all queries need its last embeddings")
    links = run.links.loc[run.links["split"] == "test", ["source", "target"]].to_numpy(np.int64)
    if len(links) == 0:
        raise RunFormatError(f"{run.folder} has no test links to rank")
    sources, targets = candidate_pools(run, scope)
    ranks = (
        (layout.SOURCE_TO_TARGET, links[:, 0], links[:, 1], targets),
        (layout.TARGET_TO_SOURCE, links[:, 1], links[:, 0], sources),
    )
    tables = [
        pd.DataFrame(
            {"direction": direction, "query": query, "truth": truth, "scope": scope}
            | _Scorer(run).truth_ranks(query, truth, pool)
        )
        for direction, query, truth, pool in ranks
    ]
    table = pd.concat(tables, ignore_index=True)
    replace_file(run.folder / layout.COUNTERFACTUALS, table.to_parquet)
    return table


def hits_at_1(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Hits@1 in [0, 1] per direction and column of ranks of `write_counterfactuals`."""
    columns = [name for name in table if name == "rank" or str(name).startswith(("alone_", "without_"))]
    return {
        str(direction): {str(name): rank_metrics(part[name].to_numpy())["hits@1"] for name in columns}
        for direction, part in table.groupby("direction", sort=False)
    }


class _Scorer:
    """Scores of a run's pairs by every variant of `pmf.alignment.explain.variants`."""

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.tables, self.weight = stored_embeddings(run), torch.from_numpy(stored_weight(run))

    def truth_ranks(self, query: Ids, truth: Ids, pool: Ids) -> dict[str, Any]:
        """Realistic ranks `[p]` of the truths `[p]` among the pool `[t]`, which holds them, by variant."""
        blocks = np.array_split(np.arange(len(query)), -(-len(query) // _ROWS))
        gold = [self._pairwise(query[block], truth[block]) for block in blocks]
        counts = {name: torch.zeros(2, len(query), dtype=torch.int64) for name in gold[0]}  # above, level
        for start in range(0, len(pool), _COLUMNS):
            candidates, weight = self._rows(pool[start : start + _COLUMNS])
            for block, own in zip(blocks, gold, strict=True):
                queries, own_weight = self._rows(query[block])
                cosines = [q @ c.T for q, c in zip(queries, candidates, strict=True)]
                shares = [share(c, o[:, None], w) for c, o, w in zip(cosines, own_weight, weight, strict=True)]
                for name, scores in variants(self.run.modalities, cosines, shares):
                    counts[name][0, block] += _count(scores > own[name][:, None])
                    counts[name][1, block] += _count(scores == own[name][:, None])
        return {name: realistic_rank(above.numpy(), level.numpy() - 1) for name, (above, level) in counts.items()}

    def _pairwise(self, left: Ids, right: Ids) -> dict[str, Tensor]:
        """Scores of pairs `[p]` by variant."""
        (a, weight_a), (b, weight_b) = self._rows(left), self._rows(right)
        cosines = [torch.linalg.vecdot(x, y) for x, y in zip(a, b, strict=True)]
        shares = [share(c, x, y) for c, x, y in zip(cosines, weight_a, weight_b, strict=True)]
        return dict(variants(self.run.modalities, cosines, shares))

    def _rows(self, ids: Ids) -> tuple[list[Tensor], Tensor]:
        """Embeddings `[k, d]` per modality in float64, and weights `[modalities, k]`."""
        rows = [table[ids].astype(np.float64) for table in self.tables]
        if not all(np.isfinite(row).all() for row in rows):
            raise RunFormatError(f"{self.run.folder} has embeddings that are not finite numbers")
        return [torch.from_numpy(row) for row in rows], self.weight[:, ids]


def _count(where: Tensor) -> Tensor:
    """How often True in each row; summing bytes is faster than summing bools."""
    return where.view(torch.uint8).sum(1, dtype=torch.int64)
