"""Formulas from shapes: floating-point operations, and bytes that must move.

FLOP: two for each multiplication and addition of a product, sparse or dense, and the passes over rows of the
width that go with it. Exponentials, softmaxes, selections and normalisations are left out: a few for each
row, edge or similarity, against hundreds.

Bytes: what goes in is read once, what comes out is written once (float32, int64 ids). Whatever a cache could
keep meanwhile is not counted, so the figure is a lower bound.

`torch.utils.flop_counter` cannot replace these formulas: it counts dense products only, neither sparse ones nor the
passes over neighbours, and no bytes. The tests compare both where it counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmf.model.contrast import keeps_scores, pairs_compared

FLOAT, INDEX = 4, 8


@dataclass(frozen=True, slots=True)
class Operations:
    """What a computation needs.

    Args:
        flop: floating-point operations.
        bytes: read and written.
    """

    flop: int
    bytes: int

    def __add__(self, other: Operations) -> Operations:
        return Operations(self.flop + other.flop, self.bytes + other.bytes)

    def __mul__(self, times: int) -> Operations:
        return Operations(self.flop * times, self.bytes * times)


def attention_forward(*, i: int, o: int, e: int, d: int, heads: int) -> Operations:
    """One diagonal attention layer, `[i, d]` → `[o, d]` over e edges; i and o are n where all entities are computed.

    Per head: both halves of the scores 2 · 2id, the weighted sum over neighbours 2ed, the head's weight and the
    sum of the heads 2od. Bytes: rows in and out, one column id an edge.
    """
    return Operations(heads * (4 * i * d + 2 * o * d + 2 * e * d), FLOAT * (i + o) * d + INDEX * e)


def attention_backward(*, i: int, o: int, e: int, d: int, heads: int) -> Operations:
    """Its gradients.

    Per head: of the edge weights 2ed, of the rows through the transposed graph 2ed, through the scores to rows and
    vectors 8id, of the head's weight and through it 3od. Bytes: rows and their gradient in, gradient out, column id
    and reverse place of each edge.
    """
    return Operations(heads * (8 * i * d + 3 * o * d + 4 * e * d), FLOAT * (2 * i + o) * d + 2 * INDEX * e)


def sparse_forward(*, entries: int, r: int, w: int, d: int) -> Operations:
    """A linear layer on r rows with `entries` non-zeros of w columns, to `[r, d]`: 2 · entries · d."""
    table = min(entries, w) * d
    return Operations(2 * entries * d, (INDEX + FLOAT) * entries + FLOAT * (table + r * d))


def sparse_backward(*, entries: int, r: int, w: int, d: int) -> Operations:
    """The gradient of its table, `[w, d]`; its inputs need none."""
    return Operations(2 * entries * d, (INDEX + FLOAT) * entries + FLOAT * (r * d + w * d))


def dense_linear(*, r: int, w: int, d: int) -> Operations:
    """A linear layer `[r, w]` → `[r, d]`, or the gradient of its weights: 2rwd either way."""
    return Operations(2 * r * w * d, FLOAT * (r * w + w * d + r * d))


def losses_forward(*, k: int, b: int, d: int) -> Operations:
    """The contrastive losses of b links, k modalities and their fusion: k products of `[2b, d]` with itself, by halves.

    The fused similarity is a sum of those, so it takes no product; nor do the positives count as one.
    """
    return Operations(k * 2 * pairs_compared(2 * b) * d, FLOAT * k * 2 * b * d)


def losses_backward(*, k: int, b: int, d: int) -> Operations:
    """Their gradient: one product `[2b, 2b] [2b, d]` each, and of a large batch the similarities once more.

    Bytes: rows in and their gradient out; scores that are kept are written and read.
    """
    kept = keeps_scores(k, 2 * b)
    again = 0 if kept else pairs_compared(2 * b)
    scores = 2 * (k + 1) * pairs_compared(2 * b) if kept else 0
    return Operations(k * 2 * (again + (2 * b) ** 2) * d, FLOAT * (2 * k * 2 * b * d + scores))


def optimizer(*, parameters: int) -> Operations:
    """Clipping the gradient norm (3 a parameter) and AdamW (14: decay 1, moments 3 + 4, root 3, step 3).

    Bytes: gradients twice in and once out for the clipping; then parameters, gradients and both moments in, all
    but the gradients out.
    """
    return Operations(17 * parameters, FLOAT * 10 * parameters)


def similarities(*, s: int, t: int, d: int) -> Operations:
    """All products of `[s, d]` with `[t, d]`: 2std, whatever is then picked out of a block."""
    return Operations(2 * s * t * d, FLOAT * (s + t) * d)


def ranking(*, s: int, t: int, d: int, passes: int, kept: bool) -> Operations:
    """Similarities that are looked at `passes` times.

    Kept, they are computed and written once and read in every pass; else every pass computes them again.
    """
    once = similarities(s=s, t=t, d=d)
    return once + Operations(0, FLOAT * (1 + passes) * s * t) if kept else once * passes
