"""Rank only what is new in an updated run: new sources among all targets, new targets among all sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.matching import DECODERS
from pmf.alignment.metrics import rank_metrics, realistic_rank
from pmf.alignment.search.similarity import Ranking
from pmf.arrays import Flags, Ids
from pmf.config.build import require
from pmf.config.evaluation import EvaluationConfig
from pmf.data.split import LinkSplit
from pmf.runs.layout import DIRECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQueries:
    """One direction.

    Args:
        direction: its name.
        queries: int64 `[q]`, the new entities of one graph.
        keys: int64 `[k]`, the entities of the other graph that may be aligned.
        truth: int64 `[p, 2]`, test links as (query, counterpart).
        ranking: of the queries among the keys.
    """

    direction: str
    queries: Ids
    keys: Ids
    truth: Ids
    ranking: Ranking

    @property
    def figures(self) -> dict[str, float]:
        """Hits@k and the others of the test links."""
        return rank_metrics(realistic_rank(self.ranking.greater.cpu().numpy(), self.ranking.equal.cpu().numpy()))


@torch.no_grad()
def rank_new(
    fused: Tensor, is_new: Flags, split: LinkSplit, n_source: int, config: EvaluationConfig
) -> Iterator[NewQueries]:
    """Rank the new entities of either graph, in both directions.

    Args:
        fused: `[n, D]`.
        is_new: bool `[n]`.
        split: its test links are the truth, its context is nobody's candidate.
        n_source: number of source entities.
        config: decoding, which ranks every query alone.
    """
    require_alone(config.decode)
    pool = Candidates.free(n_source, len(fused), split.context)
    # CSLS by each entity's best: one pass over all pairs, whatever the rounds; what is new then meets everybody
    scores = pool.scores(fused, replace(config, exact_pairs=0))
    everybody = [torch.arange(size, device=fused.device) for size in pool.sizes]
    for side, direction in enumerate(DIRECTIONS):
        own, keys = (pool.source, pool.target) if side == 0 else (pool.target, pool.source)
        queries = own[is_new[own]]
        chosen = list(everybody)
        chosen[side] = torch.from_numpy(np.searchsorted(own, queries)).to(fused.device)
        links = split.test_links[np.isin(split.test_links[:, side], queries)]
        rows = np.stack([np.searchsorted(queries, links[:, side]), np.searchsorted(keys, links[:, 1 - side])], axis=1)
        truth = torch.from_numpy(rows if side == 0 else rows[:, ::-1].copy()).to(fused.device)
        ranking = scores.among(*chosen).rank(truth, config.top_k)[side]
        links = links if side == 0 else links[:, ::-1]
        yield NewQueries(direction=direction, queries=queries, keys=keys, truth=links, ranking=ranking)


def figures_of_new(ranked: list[NewQueries]) -> dict[str, Any]:
    """Figures by direction; none of a direction in which no new entity has a test link."""
    return {one.direction: one.figures for one in ranked if len(one.truth)}


def require_alone(decode: str) -> None:
    """Refuse a decoding that decides one to one.

    Raises:
        ConfigError: it is one: new entities alone are no alignment to decide on.
    """
    alone = ", ".join(name for name, decoder in DECODERS.items() if decoder.decide is None)
    require(DECODERS[decode].decide is None, f"what is new is ranked one by one: decode by {alone}, not {decode}")
