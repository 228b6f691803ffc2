"""What speaks for a pair: how similar it is, and how far it stands out from what else there is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pmf.alignment.search.similarity import Similarities

FEWEST_CANDIDATES = 3
"""On either side: the pair's own, one withheld, and a rival."""


@dataclass(frozen=True, slots=True)
class View:
    """One direction: q queries, each with c candidates, compared by CSLS.

    Args:
        queries: `[q, d]`.
        candidates: `[c, d]`.
        nearest: `[q, k + 1]`, a query's largest similarities.
        best: int64 `[q, 3]`, a query's best candidates.
        best_scores: `[q, 3]`, their CSLS.
        claimants: int64 `[c, 3]`, a candidate's best queries.
        claimant_scores: `[c, 3]`, their CSLS.
        candidate_mean: `[c]`, mean of a candidate's k largest similarities.
    """

    queries: Tensor
    candidates: Tensor
    nearest: Tensor
    best: Tensor
    best_scores: Tensor
    claimants: Tensor
    claimant_scores: Tensor
    candidate_mean: Tensor

    def choose(self, queries: Tensor, withheld: Tensor) -> Tensor:
        """The best candidate `[m]` of some queries, other than the one withheld.

        Args:
            queries: int64 `[m]`, rows.
            withheld: int64 `[m]`, a candidate that each query must do without, -1 for none.
        """
        best = self.best[queries]
        first = (best != withheld[:, None]).byte().argmax(1, keepdim=True)
        return best.gather(1, first)[:, 0]

    def features(self, queries: Tensor, candidates: Tensor, withheld: Tensor) -> Tensor:
        """The evidence for m pairs, as if the candidate withheld were not there.

        Args:
            queries: int64 `[m]`, rows.
            candidates: int64 `[m]`, rows.
            withheld: int64 `[m]`, -1 for none.

        Returns:
            `[m, 5]`, columns as in `pmf.runs.layout.HELD_BACK_COLUMNS`.
        """
        k = self.nearest.shape[1] - 1
        similarity = torch.linalg.vecdot(self.queries[queries], self.candidates[candidates])
        nearest = self.nearest[queries]
        mean = nearest[:, :k].mean(1)
        gone = torch.linalg.vecdot(self.queries[queries], self.candidates[withheld])
        without = mean + (nearest[:, k] - gone) / k
        own_mean = torch.where((withheld >= 0) & (gone > nearest[:, k]), without, mean)
        csls = 2 * similarity - own_mean - self.candidate_mean[candidates]

        best = self.best[queries]
        excluded = (best == candidates[:, None]) | (best == withheld[:, None])
        others = self.best_scores[queries] + (mean - own_mean)[:, None]
        margin = _margin(csls, others, excluded)
        claimants = self.claimants[candidates]
        claim = _margin(csls, self.claimant_scores[candidates], claimants == queries[:, None])
        mutual = (margin >= 0) & (claim >= 0)
        return torch.stack([similarity, csls, margin, claim, mutual.to(csls.dtype)], dim=1)


def _margin(scores: Tensor, others: Tensor, excluded: Tensor) -> Tensor:
    """How far scores `[m]` lie above the best of the others `[m, 3]`, of which one at least is not excluded."""
    return scores - others.masked_fill(excluded, -torch.inf).amax(1)


def views(similarities: Similarities, k: int) -> tuple[View, View]:
    """Both directions of a comparison.

    Args:
        similarities: of s sources and t targets, `FEWEST_CANDIDATES` or more of each; not scaled, and scaled
            by one round of CSLS afterwards.
        k: neighbours that CSLS averages over.

    Returns:
        Source → target and target → source.
    """
    nothing = torch.empty(0, 2, dtype=torch.int64, device=similarities.source.device)
    k = min(k, len(similarities.source) - 1, len(similarities.target) - 1)
    nearest = [r.scores for r in similarities.rank(nothing, k + 1)]
    means = [scores[:, :k].mean(1) for scores in nearest]
    best = similarities.scaled(*means).rank(nothing, FEWEST_CANDIDATES)
    sides = [similarities.source, similarities.target]
    forward, backward = (
        View(
            queries=sides[one],
            candidates=sides[other],
            nearest=nearest[one],
            best=best[one].candidates,
            best_scores=best[one].scores,
            claimants=best[other].candidates,
            claimant_scores=best[other].scores,
            candidate_mean=means[other],
        )
        for one, other in ((0, 1), (1, 0))
    )
    return forward, backward
