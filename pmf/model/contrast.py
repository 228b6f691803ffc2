"""The contrastive losses of all modalities and their fusion in one pass of blocks.

Three things make it fast and small, none changes the result:

* the fused similarity is the weighted sum of the modality similarities already computed;
* similarities are made again in the backward pass, so no batch × batch matrix is kept;
* unit rows bound every logit, so one constant shift replaces the row-wise maximum of log-sum-exp, and
  the gradient of row i and of row j need the same exponential.

`pmf.model.losses` has the plain formulas, and a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pmf.ranks import ALONE, Ranks

_BLOCK = 512


class _CrossGraph(torch.autograd.Function):
    """Own unit rows `[k, r, d]`, fusion `[k, 2b]` and anchor weights `[k + 1, 2b]`, more `[k + 1, r]` → `[k + 1]`."""

    @staticmethod
    def forward(
        ctx: Any, own: Tensor, fusion: Tensor, anchor: Tensor, temperature: float, more: Tensor | None, ranks: Ranks
    ) -> Tensor:
        k, count = fusion.shape
        half = count // 2
        mine = ranks.share(count)
        rows = ranks.gather(own, count)  # [k, 2b, d]
        totals = rows.new_empty(k + 1, own.shape[1])
        positives = rows.new_empty(k + 1, own.shape[1])
        for begin, index in _blocks(mine, rows.device):
            place, at = torch.arange(len(index), device=rows.device), slice(begin, begin + len(index))
            for m, cosines in _similarities(rows, fusion, index):
                positives[m, at] = cosines[place, (index + half) % count]
                scores = cosines.sub_(1).div_(temperature).exp_()
                scores[place, index] = 0  # nothing is its own negative
                totals[m, at] = scores.sum(1)
        if more is not None:
            totals += more
        positives, totals = (ranks.gather(part, count) for part in (positives, totals))
        ctx.save_for_backward(rows, fusion, anchor, totals)
        ctx.temperature, ctx.mine = temperature, mine
        return (anchor * (totals.log() - (positives - 1) / temperature)).sum(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, Tensor | None, None]:
        rows, fusion, anchor, totals = ctx.saved_tensors
        k, count, _ = rows.shape
        half = count // 2
        pull = anchor * grad[:, None] / ctx.temperature  # [k + 1, 2b]
        push = pull / totals
        mine = ctx.mine
        out = rows.new_empty(k, mine.stop - mine.start, rows.shape[2])
        for begin, index in _blocks(mine, rows.device):
            place = torch.arange(len(index), device=rows.device)
            partner = (index + half) % count
            slopes = []  # d loss / d cosine, of row and column together, per modality and fused
            for m, cosines in _similarities(rows, fusion, index):
                scores = cosines.sub_(1).div_(ctx.temperature).exp_()
                slope = scores.mul_(push[m, index, None] + push[m])
                slope[place, index] = 0
                slope[place, partner] -= pull[m, index] + pull[m, partner]
                slopes.append(slope)
            for m in range(k):
                slopes[m].addcmul_(slopes[k] * fusion[m, index, None], fusion[m].expand(len(index), count))
                torch.mm(slopes[m], rows[m], out=out[m, begin : begin + len(index)])
        more = push[:, mine] * ctx.temperature if ctx.needs_input_grad[4] else None
        return out, None, None, None, more, None


def _blocks(part: slice, device: torch.device) -> Iterator[tuple[int, Tensor]]:
    """The rows of a part, some at a time: the place of the first in the part, and all."""
    for begin in range(part.start, part.stop, _BLOCK):
        yield begin - part.start, torch.arange(begin, min(begin + _BLOCK, part.stop), device=device)


def _similarities(rows: Tensor, fusion: Tensor, index: Tensor) -> Any:
    """Cosines of a block of rows to all rows: each modality, then fused. Each is the caller's to change."""
    fused = rows.new_zeros(len(index), rows.shape[1])
    for m, table in enumerate(rows):
        cosines = table[index] @ table.T
        fused.addcmul_(cosines * fusion[m, index, None], fusion[m].expand_as(cosines))
        yield m, cosines
    yield len(rows), fused


def hard_negatives(
    rows: Tensor, fusion: Tensor, anchors: Tensor, others: Tensor, other_fusion: Tensor, temperature: float
) -> Tensor:
    """What rejected pairs add to the totals of `cross_graph_losses`, for the few of them that reach out of the batch.

    Args:
        rows: `[k, r, d]`, of the batch.
        fusion: `[k, r]`.
        anchors: int64 `[p]`, place among the rows of one entity of each pair.
        others: `[k, p, d]`, the other entity of each pair.
        other_fusion: `[k, p]`.
        temperature: divides the cosines.

    Returns:
        `[k + 1, r]`, `Σ exp((cos - 1) / t)` over an anchor's pairs, differentiable in `rows` and `others`.
    """
    cosines = torch.linalg.vecdot(rows[:, anchors], others)  # [k, p]
    fused = (cosines * fusion[:, anchors] * other_fusion).sum(0, keepdim=True)
    scores = ((torch.cat([cosines, fused]) - 1) / temperature).exp()
    return scores.new_zeros(len(scores), rows.shape[1]).index_add(1, anchors, scores)


def cross_graph_losses(
    rows: Tensor,
    fusion: Tensor,
    anchor: Tensor,
    temperature: float,
    more: Tensor | None = None,
    ranks: Ranks = ALONE,
) -> Tensor:
    """`cross_graph_loss` of every modality and of the fused embedding at once.

    Args:
        rows: `[k, 2b, d]` unit or zero rows per modality, sources first, partners in the same order; of several
            processes, each gives its own share of the 2b.
        fusion: `[k, 2b]` factor of each modality in the fused unit row; a constant.
        anchor: `[k + 1, 2b]` from `anchor_weights`, the fused one last; a constant.
        temperature: divides the cosines.
        more: `[k + 1, 2b]` from `hard_negatives`, None for none; of several processes, for its own rows.
        ranks: who computes together.

    Returns:
        `[k + 1]`, of the whole batch, differentiable in `rows` and `more`.
    """
    losses: Tensor = _CrossGraph.apply(rows, fusion, anchor, temperature, more, ranks)  # type: ignore[no-untyped-call]
    return losses


class _CrossModality(torch.autograd.Function):
    """Anchors `[b, d]`, keys `[b, d]`, weights `[b]` → one loss."""

    @staticmethod
    def forward(ctx: Any, anchors: Tensor, keys: Tensor, weight: Tensor, temperature: float) -> Tensor:
        positives: Tensor = torch.linalg.vecdot(anchors, keys)
        totals = torch.cat([_shifted(block, keys, temperature).sum(1) for block in anchors.split(_BLOCK)])
        ctx.save_for_backward(anchors, keys, weight, totals)
        ctx.temperature = temperature
        return (weight * (totals.log() - (positives - 1) / temperature)).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        anchors, keys, weight, totals = ctx.saved_tensors
        pull = weight * grad / ctx.temperature  # [b]
        push = pull / totals
        anchors_grad = pull[:, None] * -keys
        keys_grad = pull[:, None] * -anchors
        for begin in range(0, len(anchors), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            slope = _shifted(anchors[part], keys, ctx.temperature).mul_(push[part, None])
            anchors_grad[part].addmm_(slope, keys)
            keys_grad.addmm_(slope.T, anchors[part])
        return anchors_grad, keys_grad, None, None


def _shifted(block: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """`exp((cos - 1) / t)`, never above 1 for unit rows."""
    scores: Tensor = block @ keys.T
    scores.sub_(1).div_(temperature).exp_()
    return scores


def cross_modality_loss(anchors: Tensor, keys: Tensor, weight: Tensor, temperature: float) -> Tensor:
    """`pmf.model.losses.cross_modality_loss` by blocks; same arguments, same value."""
    loss: Tensor = _CrossModality.apply(anchors, keys, weight, temperature)  # type: ignore[no-untyped-call]
    return loss
