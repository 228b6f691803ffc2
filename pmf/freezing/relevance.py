"""How well each feature finds anything in the other graph (paper eq. 3)."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.alignment.search.approximate import best_similarity, require_search
from pmf.config.evaluation import EvaluationConfig
from pmf.config.model import FreezingConfig
from pmf.data.split import LinkSplit, linked_ids
from pmf.distributed import ALONE, Processes


class RelevanceMeter:
    """Measures α of every entity and modality, given the embeddings of an epoch.

    Args:
        config: which candidates, and how seeds are treated (METHOD, differences 2 and 3).
        search: memory, and the sizes from which on not all pairs are compared, and not all gone through.
        split: links; test links are used for *which* entities they hold, never for their pairing.
        present: bool `[m, n]`.
        n_source: number of source entities.
        processes: among which the comparisons are dealt out; all of them measure at the same time.

    Raises:
        ConfigError: an index is needed and its library is not there.
    """

    def __init__(
        self,
        config: FreezingConfig,
        search: EvaluationConfig,
        split: LinkSplit,
        present: Tensor,
        n_source: int,
        processes: Processes = ALONE,
    ) -> None:
        device = present.device
        n = present.shape[1]
        self.present, self.search, self.processes = present, search, processes
        self.seed_partner = config.seed_relevance == "partner"
        self.seeds = torch.from_numpy(split.seed_links).to(device)
        if config.candidates == "all":
            self.source, self.target = torch.arange(n_source, device=device), torch.arange(n_source, n, device=device)
        else:
            self.source, self.target = (torch.from_numpy(side).to(device) for side in linked_ids(split))
        require_search(len(self.source), len(self.target), search, device)
        # scored only against candidates, not candidates themselves
        self.seeds_search = config.candidates == "linked" and not self.seed_partner

    @torch.no_grad()
    def __call__(self, embeddings: Tensor) -> Tensor:
        """Relevance float32 `[m, n]` in [0, 1] from unit embeddings `[m, n, d]`; NaN = not scored."""
        relevance = embeddings.new_full(embeddings.shape[:2], torch.nan)
        for m, table in enumerate(embeddings):
            source, target = (side[self.present[m, side]] for side in (self.source, self.target))
            relevance[m, source], relevance[m, target] = self._best(table[source], table[target])
            if self.seed_partner:
                left, right = self.seeds.T
                cosine = torch.linalg.vecdot(table[left], table[right])
                relevance[m, left], relevance[m, right] = cosine, cosine
            elif self.seeds_search:
                for seeds, others in ((self.seeds[:, 0], target), (self.seeds[:, 1], source)):
                    relevance[m, seeds] = self._best(table[seeds], table[others])[0]
        relevance = relevance.clamp(0, 1)
        return relevance.masked_fill(~self.present, torch.nan)

    def _best(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        return best_similarity(one, other, self.search, self.processes)
