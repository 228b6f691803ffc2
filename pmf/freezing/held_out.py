"""How well validation links are found, among entities that have no seed."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from pmf.data.split import LinkSplit

_QUERIES = 2000
_CANDIDATES = 5000
_NEAREST = 256
_TEMPERATURES = (0.0125, 0.025, 0.05, 0.1)


class HeldOut:
    """Queries of validation links, in both directions, and candidates for them.

    Args:
        split: its validation links, or so many of them drawn; candidates are drawn from all entities that are no
            seeds, so nothing of the test links is used.
        n_source: number of source entities.
        n_entities: of both graphs.
        seed: of what is drawn.
        wrong_share: of the links, how many are thought to be wrong.
    """

    def __init__(self, split: LinkSplit, n_source: int, n_entities: int, seed: int, wrong_share: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        free = rng.permutation(
            np.setdiff1d(np.arange(n_entities), np.concatenate([split.seed_links.ravel(), split.context]))
        )
        links = split.val_links
        if len(links) > _QUERIES:
            links = links[np.sort(rng.permutation(len(links))[:_QUERIES])]
        drawn = free[free < n_source][:_CANDIDATES], free[free >= n_source][:_CANDIDATES]
        sides = [np.union1d(ids, links[:, side]) for side, ids in enumerate(drawn)]
        self.wrong_share = wrong_share
        self.pools: list[tuple[Tensor, Tensor, Tensor]] = []
        """Of each direction: queries `[q]`, candidates `[t]`, or `[q, t]` of each query its own, and each query's truth
        as a place among these `[q]`."""
        for here, there in ((0, 1), (1, 0)):
            ids = links[:, here], sides[there], np.searchsorted(sides[there], links[:, there])
            queries, keys, place = map(torch.from_numpy, ids)
            self.pools.append((queries, keys, place))

    def cosines(self, embeddings: Tensor) -> list[Tensor]:
        """Of each direction `[m, q, t]`, from unit embeddings `[m, n, d]`."""
        return [embeddings[:, queries] @ embeddings[:, keys].transpose(1, 2) for queries, keys, _ in self.pools]

    def parts(self, embeddings: Tensor, width: int) -> list[Tensor]:
        """As `cosines`, but `[2m, q, t]`: by the first `width` columns alone, then by the others alone."""
        both: list[list[Tensor]] = []
        for queries, keys, _ in self.pools:
            sides = [[normalize(part, dim=-1) for part in _cut(embeddings[:, ids], width)] for ids in (queries, keys)]
            both.append([here @ there.transpose(1, 2) for here, there in zip(*sides, strict=True)])
        return [torch.cat(one) for one in both]

    def nearest(self, cosines: list[Tensor]) -> tuple[HeldOut, list[Tensor]]:
        """The same queries, each with its truth and the candidates alone that come nearest to it by all modalities.

        The others are too far away to change how likely the truth is.

        Returns:
            Of these candidates what `cosines` gives, `[m, q, 1 + k]`, truths first.
        """
        few, kept = copy.copy(self), []
        few.pools = []
        for (queries, keys, place), parts in zip(self.pools, cosines, strict=True):
            truth = place.to(parts.device)[:, None]
            total = parts.sum(0).scatter(1, truth, -torch.inf)
            wanted = torch.cat([truth, total.topk(min(_NEAREST, total.shape[1] - 1), dim=1).indices], dim=1)
            kept.append(parts.gather(2, wanted.expand(len(parts), -1, -1)))
            few.pools.append((queries, keys[wanted.to(keys.device)], torch.zeros_like(place)))
        return few, kept

    def gaps(self, weight: Tensor, cosines: list[Tensor]) -> list[Tensor]:
        """How far each candidate's similarity lies above the truth's, `[q, t]` of each direction.

        Args:
            weight: `[m, n]`, the factor of each modality in the fused embedding.
            cosines: as `cosines` gives them.
        """
        gaps = []
        for (queries, keys, place), parts in zip(self.pools, cosines, strict=True):
            fused = torch.zeros_like(parts[0])
            for w, part in zip(weight, parts, strict=True):
                fused = fused.addcmul(part * w[queries, None], w[keys].expand_as(part))
            gaps.append(fused - fused.gather(1, place.to(fused.device)[:, None]))
        return gaps

    def losses(self, weight: Tensor, cosines: list[Tensor]) -> Tensor:
        """Negative log-likelihood of each query's truth, both directions, at the temperature that suits all best.

        Fewer modalities make sharper similarities; at one fixed temperature that alone would look like
        a gain or a loss.

        Returns:
            `[2q]`.
        """
        gaps = self.gaps(weight, cosines)
        return min(
            (log_losses(gaps, 1 / temperature, self.wrong_share) for temperature in _TEMPERATURES),
            key=lambda loss: loss.mean().item(),
        )


def _cut(rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
    return rows[..., :width], rows[..., width:]


def log_losses(gaps: list[Tensor], sharpness: Tensor | float, wrong_share: float = 0.0) -> Tensor:
    """Negative log-likelihood of each truth, whose logit is 0, candidates' logits being `sharpness · gap`.

    Where a share of the truths is wrong, such a truth may be any candidate. Else the few that cannot be found would
    make all similarities blunt, or give all weight to the modality that says least against them.
    """
    losses = torch.cat([(gap * sharpness).logsumexp(1) for gap in gaps])
    if not wrong_share:
        return losses
    any_candidate = torch.cat([gap.new_full((len(gap),), wrong_share / gap.shape[1]) for gap in gaps])
    right = losses.new_tensor(1 - wrong_share)  # may be 0, of which the logarithm is no error
    return -torch.logaddexp(right.log() - losses, any_candidate.log())
