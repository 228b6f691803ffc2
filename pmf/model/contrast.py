"""The contrastive losses of all modalities and their fusion in one pass of blocks.

Four things make it fast and small, none changes the result:

* the fused similarity is the weighted sum of the modality similarities already computed;
* a similarity is that of its row and of its column, so half of them are computed;
* similarities of a large batch are made again in the backward pass, so no batch × batch matrix is kept;
* unit rows bound every logit, so one constant shift replaces the row-wise maximum of log-sum-exp, and
  the gradient of row i and of row j need the same exponential.

`pmf.model.losses` has the plain formulas, and a test holds both together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pmf.distributed import ALONE, Processes

BLOCK, COLUMNS = 512, 1024
"""Rows and columns compared at a time: so few scores stay in a core's cache from one operation to the next."""

KEPT_BYTES = 2**28
"""Scores up to this size are kept for the backward pass: those of the few thousand links of most of people's own data.

A quarter of a step's time is then saved; of DBP15K's batches and modalities they would be half a gigabyte.
"""


def pairs_compared(rows: int) -> int:
    """Of `rows²`, those that are computed: blocks on the diagonal whole, and those to the right of it."""
    return sum((rows - begin) * min(BLOCK, rows - begin) for begin in range(0, rows, BLOCK))


def keeps_scores(modalities: int, rows: int) -> bool:
    """Whether the scores of a batch of so many rows, and of their fusion, are kept for the backward pass."""
    return 4 * (modalities + 1) * pairs_compared(rows) <= KEPT_BYTES


class _CrossGraph(torch.autograd.Function):
    """Own unit rows `[k, r, d]`, fusion `[k, 2b]` and anchor weights `[k + 1, 2b]`, more `[k + 1, r]` → `[k + 1]`."""

    @staticmethod
    def forward(
        ctx: Any,
        own: Tensor,
        fusion: Tensor,
        anchor: Tensor,
        temperature: float,
        more: Tensor | None,
        processes: Processes,
    ) -> Tensor:
        k, count = fusion.shape
        mine = processes.share(count)
        rows = processes.gather(own, count)  # [k, 2b, d]
        totals = rows.new_zeros(k + 1, own.shape[1])
        keeps, ctx.kept = keeps_scores(k, count), []
        for part, others, mirrored in _tiles(mine, count):
            here, there = _within(part, mine), _within(mirrored, mine)
            for m, scores in _scores(rows, fusion, part, others, temperature):
                ctx.kept += [(m, scores)] if keeps else []
                totals[m, here] += scores.sum(1)
                totals[m, there] += scores[:, _within(mirrored, others)].sum(0)
        if more is not None:
            totals += more
        totals = processes.gather(totals, count)
        positives = _positives(rows, fusion)
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
        pull_both = pull + pull.roll(half, 1)
        pull_both = pull_both[:k] + pull_both[k] * fusion * fusion.roll(half, 1)
        out = -pull_both[:, mine, None] * rows.roll(half, 1)[:, mine]
        kept, ctx.kept = iter(ctx.kept), []  # they are changed below
        for part, others, mirrored in _tiles(mine, count):
            here, there = _within(part, mine), _within(mirrored, mine)
            slopes = []  # d loss / d cosine, of row and column together, per modality and fused
            again = _scores(rows, fusion, part, others, ctx.temperature)
            for m, scores in list(itertools.islice(kept, k + 1)) or again:
                slopes.append(scores.mul_(push[m, part, None] + push[m, others]))
            for m in range(k):
                fused = slopes[k] * fusion[m, part, None]
                slope = slopes[m].addcmul_(fused, fusion[m, others].expand_as(fused))
                out[m, here] += slope @ rows[m, others]
                out[m, there] += slope[:, _within(mirrored, others)].T @ rows[m, part]
        more = push[:, mine] * ctx.temperature if ctx.needs_input_grad[4] else None
        return out, None, None, None, more, None


def _tiles(mine: slice, count: int) -> Iterator[tuple[slice, slice, slice]]:
    """Every pair of a row of `mine` and another of all `count` once, some rows at a time.

    Returns:
        The rows; the columns to compare them with; which of these stand for rows, too, that meet them in no other tile.
    """
    for begin in range(mine.start, mine.stop, BLOCK):
        part = slice(begin, min(begin + BLOCK, mine.stop))
        for first, last in ((begin, count), (0, mine.start)):
            for column in range(first, last, COLUMNS):
                others = slice(column, min(column + COLUMNS, last))
                unmet = max(part.stop, column)
                yield part, others, slice(unmet, max(unmet, min(others.stop, mine.stop)))


def _within(part: slice, whole: slice) -> slice:
    """The same places, counted from where `whole` begins."""
    return slice(part.start - whole.start, part.stop - whole.start)


def _similarities(rows: Tensor, fusion: Tensor, part: slice, others: slice) -> Iterator[tuple[int, Tensor]]:
    """Cosines of some rows to others: each modality, then fused. Each is the caller's to change."""
    fused = rows.new_zeros(part.stop - part.start, others.stop - others.start)
    for m, table in enumerate(rows):
        cosines = table[part] @ table[others].T
        fused.addcmul_(cosines * fusion[m, part, None], fusion[m, others].expand_as(cosines))
        yield m, cosines
    yield len(rows), fused


def _scores(
    rows: Tensor, fusion: Tensor, part: slice, others: slice, temperature: float
) -> Iterator[tuple[int, Tensor]]:
    """`exp((cos - 1) / t)` of `_similarities`; nothing is its own negative."""
    for m, cosines in _similarities(rows, fusion, part, others):
        scores = cosines.sub_(1).div_(temperature).exp_()
        if part.start == others.start:
            scores.diagonal().zero_()
        yield m, scores


def _positives(rows: Tensor, fusion: Tensor) -> Tensor:
    """Cosine of each row and its partner, `[k + 1, 2b]`, the fused one last."""
    half = rows.shape[1] // 2
    one_way = torch.linalg.vecdot(rows[:, :half], rows[:, half:])
    fused = (one_way * fusion[:, :half] * fusion[:, half:]).sum(0, keepdim=True)
    return torch.cat([one_way, fused]).repeat(1, 2)


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
    processes: Processes = ALONE,
) -> Tensor:
    """`cross_graph_loss` of every modality and of the fused embedding at once.

    Args:
        rows: `[k, 2b, d]` unit or zero rows per modality, sources first, partners in the same order; of several
            processes, each gives its own share of the 2b.
        fusion: `[k, 2b]` factor of each modality in the fused unit row; a constant.
        anchor: `[k + 1, 2b]` from `anchor_weights`, the fused one last; a constant.
        temperature: divides the cosines.
        more: `[k + 1, 2b]` from `hard_negatives`, None for none; of several processes, for its own rows.
        processes: who computes together.

    Returns:
        `[k + 1]`, of the whole batch, differentiable in `rows` and `more`.
    """
    losses: Tensor = _CrossGraph.apply(rows, fusion, anchor, temperature, more, processes)  # type: ignore[no-untyped-call]
    return losses


class _CrossModality(torch.autograd.Function):
    """Anchors `[b, d]`, keys `[b, d]`, weights `[b]` → one loss."""

    @staticmethod
    def forward(ctx: Any, anchors: Tensor, keys: Tensor, weight: Tensor, temperature: float) -> Tensor:
        positives: Tensor = torch.linalg.vecdot(anchors, keys)
        totals = torch.cat([_shifted(block, keys, temperature).sum(1) for block in anchors.split(BLOCK)])
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
        for begin in range(0, len(anchors), BLOCK):
            part = slice(begin, begin + BLOCK)
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
