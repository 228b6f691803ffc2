"""Compare two sets of entities and say how well known links are found, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pmf.alignment.matching import DECODERS
from pmf.alignment.metrics import rank_metrics, realistic_rank
from pmf.alignment.search.approximate import NearSimilarities, compare
from pmf.alignment.search.similarity import Ranking, Similarities
from pmf.arrays import Ids
from pmf.config.evaluation import EvaluationConfig
from pmf.data.split import LinkSplit, all_but, candidate_ids
from pmf.distributed import ALONE, Processes
from pmf.runs.layout import DIRECTIONS

Rankings = tuple[Ranking, Ranking]

_MOVED = 8192
"""Rows that are moved at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who is compared with whom.

    Args:
        source: int64 `[s]` source entity ids, sorted.
        target: int64 `[t]` target entity ids, sorted.
        truth: int64 `[p, 2]` links between them that are scored.
    """

    source: Ids
    target: Ids
    truth: Ids

    @classmethod
    def test(cls, split: LinkSplit, scope: str, n_source: int, n_entities: int) -> Candidates:
        """Test links among the closed or the open candidates, see `candidate_ids`."""
        source, target = candidate_ids(split, scope, n_source, n_entities)
        return cls(source=source, target=target, truth=split.test_links.reshape(-1, 2))

    @classmethod
    def free(cls, n_source: int, n_entities: int, but: Ids) -> Candidates:
        """Everybody but some; nothing is scored."""
        source, target = all_but(but, n_source, n_entities)
        return cls(source=source, target=target, truth=np.empty((0, 2), np.int64))

    @property
    def sizes(self) -> tuple[int, int]:
        """How many source and how many target entities there are."""
        return len(self.source), len(self.target)

    def similarities(
        self, fused: Tensor, config: EvaluationConfig, processes: Processes = ALONE, *, in_place: bool = False
    ) -> Similarities:
        """Of all pairs, as they are before decoding; in float32, whatever the embeddings are stored as.

        Args:
            fused: `[n, D]`.
            config: sizes, memory and recall.
            processes: see `compare`.
            in_place: let the rows that are compared move to the top of `fused`, where it is float32, so that they are
                not there twice.
        """
        sides = [torch.from_numpy(side).to(fused.device) for side in (self.source, self.target)]
        if in_place and fused.dtype == torch.float32:
            rows = torch.cat(sides)  # ascending: what moves up overwrites nothing that is yet to move
            for place in torch.arange(len(rows), device=fused.device).split(_MOVED):
                fused[place] = fused[rows[place]]
            source, target = fused[: len(rows)].split([len(side) for side in sides])
        else:
            source, target = (fused[side].float() for side in sides)
        return compare(source, target, config, processes)

    def scores(
        self, fused: Tensor, config: EvaluationConfig, processes: Processes = ALONE, *, in_place: bool = False
    ) -> Similarities:
        """Of all pairs, what the config's decoding ranks by; arguments as of `similarities`."""
        plain = self.similarities(fused, config, processes, in_place=in_place)
        return DECODERS[config.decode].score(plain, config)

    def rows(self, links: Ids) -> Tensor:
        """Links `[p, 2]` as rows of `source` and `target`."""
        rows = [np.searchsorted(self.source, links[:, 0]), np.searchsorted(self.target, links[:, 1])]
        return torch.from_numpy(np.stack(rows, axis=1))


@torch.no_grad()
def evaluate(
    fused: Tensor,
    candidates: Candidates,
    config: EvaluationConfig,
    processes: Processes = ALONE,
    *,
    in_place: bool = False,
) -> dict[str, dict[str, float]]:
    """Figures of the fused embeddings, per direction.

    Args:
        fused: `[n, D]`.
        candidates: who is compared, and the truth.
        config: decoding. Where it decides one-to-one, the partner decided on moves to rank 1, and a
            query whose partner is another or none does not count as a hit at 1.
        processes: among which the comparisons are dealt out; all of them call this, with the same embeddings.
        in_place: see `Candidates.similarities`.

    Returns:
        Direction → hits@1, hits@10, mrr, mean_rank; empty where the candidates have no truth, so nothing is measured.
    """
    if not len(candidates.truth):
        return {}
    return decoded_figures(candidates.scores(fused, config, processes, in_place=in_place), candidates, config)


def decoded_figures(
    scores: Similarities, candidates: Candidates, config: EvaluationConfig, rankings: Rankings | None = None
) -> dict[str, dict[str, float]]:
    """As `evaluate` gives them, of the candidates' scores."""
    if not len(candidates.truth):
        return {}
    decide = DECODERS[config.decode].decide
    truth = candidates.rows(candidates.truth).to(scores.source.device)
    return figures(scores, decide and decide(scores, config), truth, rankings)


def figures(
    scores: Similarities, partner: Tensor | None, truth: Tensor, rankings: Rankings | None = None
) -> dict[str, dict[str, float]]:
    """Figures of a decoding, per direction, as `evaluate` gives them; where not all pairs count, of a sample.

    Args:
        scores: of s sources and t targets, decoded.
        partner: int64 `[s]`, the one-to-one decision; None for none.
        truth: int64 `[p, 2]`, (source row, target row).
        rankings: the truth's, in both directions, where they are known: of many entities they take minutes.
    """
    if isinstance(scores, NearSimilarities):
        truth = scores.judged(truth)
        counts = scores.count(truth)
    else:
        counts = [(ranking.greater, ranking.equal) for ranking in rankings or scores.rank(truth, 0)]
    ranks = [realistic_rank(greater.cpu().numpy(), equal.cpu().numpy()) for greater, equal in counts]
    if partner is not None:
        ranks = _promote(ranks, partner, truth)
    return {direction: rank_metrics(r) for direction, r in zip(DIRECTIONS, ranks, strict=True)}


def evaluate_validation(
    fused: Tensor, split: LinkSplit, n_source: int, processes: Processes = ALONE
) -> dict[str, dict[str, float]]:
    """Figures on the validation links, each query against every entity that is not a seed.

    Which of those entities are linked is not used, and the decoding is plain, so that nothing about
    the test links can reach the choice of an epoch.

    Args:
        fused: `[n, D]`.
        split: its validation links are the queries.
        n_source: number of source entities.
        processes: among which the comparisons are dealt out.
    """
    free = np.setdiff1d(np.arange(len(fused)), split.context)
    every_source, every_target = free[free < n_source], free[free >= n_source]
    plain = EvaluationConfig(decode="cosine")
    sources, targets = (np.unique(side) for side in split.val_links.T)
    # an entity linked twice may be a seed by its other link; it stays a candidate
    forward = Candidates(
        source=sources,
        target=np.union1d(np.setdiff1d(every_target, split.seed_links[:, 1]), targets),
        truth=split.val_links,
    )
    backward = Candidates(
        source=np.union1d(np.setdiff1d(every_source, split.seed_links[:, 0]), sources),
        target=targets,
        truth=split.val_links,
    )
    return {
        direction: evaluate(fused, pool, plain, processes)[direction]
        for direction, pool in zip(DIRECTIONS, (forward, backward), strict=True)
    }


def _promote(ranks: list[Any], partner: Tensor, truth: Tensor) -> list[Any]:
    """Ranks after a one-to-one decision, the same decision read from either side."""
    hit = (partner[truth[:, 0]] == truth[:, 1]).cpu().numpy()
    return [np.where(hit, 1.0, np.maximum(r, 2.0)) for r in ranks]


@torch.no_grad()
def top_candidates(fused: Tensor, candidates: Candidates, config: EvaluationConfig) -> Rankings:
    """Candidates and scores of every query, and the truth's rank counts, in both directions."""
    return ranked(candidates.scores(fused, config), candidates, config)


def ranked(scores: Similarities, candidates: Candidates, config: EvaluationConfig) -> Rankings:
    """As `top_candidates` gives them, of the candidates' scores."""
    return scores.rank(candidates.rows(candidates.truth).to(scores.source.device), config.top_k)


def search_figures(scores: Similarities, candidates: Candidates, config: EvaluationConfig) -> dict[str, Any] | None:
    """How well a search has found what is asked for; None where all pairs count.

    Returns:
        "recall": per direction, of the best `k` by the scores as they stand, on a sample of queries;
        "ranked_links": on how many of the "links", drawn at random, the figures are.
    """
    if not isinstance(scores, NearSimilarities):
        return None
    k = min(config.top_k, len(candidates.source), len(candidates.target))
    links = candidates.rows(candidates.truth)
    return {"k": k, "recall": scores.recall(k), "ranked_links": len(scores.judged(links)), "links": len(links)}
