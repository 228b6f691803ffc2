"""Rows of one-byte numbers for the first look at very many pairs, shortened where a sample allows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pmf.alignment.search.index import principal, spread
from pmf.alignment.search.similarity import block_rows
from pmf.progress import step

WIDTHS = (128, 256, 384, 512)
"""Principal components that are tried before whole rows, which those come near to anyhow if they are few."""

SPARE = 64
"""Candidates more than asked for, because shorter rows put many in another order; of whole ones, a quarter will do."""

FEW = 4_000
"""Rows of a side up to which floating-point numbers are compared: that takes a second or less."""

MANY = 20_000
"""Rows of a side from which on shorter ones are tried: to find components takes seconds."""

_LARGEST = 127

_FIT = 20_000
"""Rows of either side that the principal components come from."""

_SAMPLE = 512
"""Queries of either side that choose the width."""

_JUDGED = 10


@dataclass(frozen=True, slots=True)
class Sketch:
    """Rows whose inner products are about those of the real ones.

    Args:
        source: int8 `[s, w]`.
        target: int8 `[t, w]`.
        unit: what one is worth of their inner product.
        spare: candidates more than asked for that a list has.
    """

    source: Tensor
    target: Tensor
    unit: float
    spare: int


def sketch_of(
    source: Tensor, target: Tensor, k: int, *, bias: tuple[Tensor, Tensor], recall: float, memory: int
) -> Sketch | None:
    """The shortest rows by which lists hold what an exact search finds, on a sample of either side.

    Whole numbers of one byte are multiplied twice as fast as bfloat16, to sums that are exact. Principal components are
    turned at random, so that none of them is much larger than the others.

    Args:
        source: `[s, d]`.
        target: `[t, d]`.
        k: candidates asked for.
        bias: `[s]` and `[t]`, see `nearest_by_tiles`.
        recall: share of the exact ten best that lists hold; of what may be missed, a quarter is left for chance.
        memory: bytes of which a block takes its share.

    Returns:
        None where no rows will do, there are few, or the processor has no such products.
    """
    if min(len(source), len(target)) <= FEW or not has_products():
        return None
    wanted = recall + (1 - recall) / 4
    with step("making rows for a first look"):
        judges = [_Judge(source, target, bias[1], memory), _Judge(target, source, bias[0], memory)]
        for basis in _bases(source, target):
            sketch = _sketch(source, target, basis, memory)
            sides = (sketch.source, sketch.target), (sketch.target, sketch.source)
            length = k + sketch.spare
            shares = [judge.share(*rows, sketch.unit, length) for judge, rows in zip(judges, sides, strict=True)]
            if min(shares) >= wanted:
                return sketch
    return None


def has_products() -> bool:
    """Whether this processor multiplies numbers of one byte without overflow."""
    can = torch.cpu.get_capabilities()
    return any(can.get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8"))


def _bases(source: Tensor, target: Tensor) -> Iterator[Tensor | None]:
    """What rows may be shortened by, `[d, w]`, of very many rows alone; the last is None, for whole rows."""
    if min(len(source), len(target)) > MANY and (
        widths := [short for short in WIDTHS if 5 * short <= 3 * source.shape[1]]
    ):
        directions = principal(torch.cat([rows[spread(len(rows), _FIT)] for rows in (source, target)]), widths[-1])
        for width in widths:
            yield directions[:, -width:] @ _turned(width)
    yield None


def _turned(count: int) -> Tensor:
    """A rotation `[count, count]`, at random but always the same."""
    drawn = torch.randn(count, count, generator=torch.Generator().manual_seed(0))
    rotation: Tensor = torch.linalg.qr(drawn).Q
    return rotation


def _sketch(source: Tensor, target: Tensor, basis: Tensor | None, memory: int) -> Sketch:
    """Of whole rows, or of what they are along the directions of a basis `[d, w]`."""

    def parts(rows: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        for part in torch.arange(len(rows)).split(block_rows(rows.shape[1], memory)):
            yield part, rows[part] if basis is None else rows[part] @ basis

    largest = max(float(block.abs().max()) for rows in (source, target) for _, block in parts(rows))
    scale = _LARGEST / largest if largest else 1.0
    width = (source if basis is None else basis).shape[1]
    sides = [torch.empty(len(rows), width, dtype=torch.int8) for rows in (source, target)]
    for rows, numbers in zip((source, target), sides, strict=True):
        for part, block in parts(rows):
            numbers[part] = (block * scale).round_().to(torch.int8)
    return Sketch(sides[0], sides[1], unit=scale**-2, spare=SPARE // 4 if basis is None else SPARE)


class _Judge:
    """What an exact search finds for a sample of queries.

    Args:
        queries: `[q, d]`.
        keys: `[t, d]`.
        bias: `[t]`.
        memory: bytes of which a block takes its share.
    """

    def __init__(self, queries: Tensor, keys: Tensor, bias: Tensor, memory: int) -> None:
        self.bias, sample = bias, spread(len(queries), _SAMPLE)
        self.parts = sample.split(block_rows(len(keys), memory))
        exact = ((queries[part] @ keys.T).add_(bias) for part in self.parts)
        self.best = [scores.topk(min(_JUDGED, len(keys)), dim=1).indices for scores in exact]

    def share(self, queries: Tensor, keys: Tensor, unit: float, length: int) -> float:
        """Share of it that lists by a sketch hold."""
        held, bias = [], whole_numbers(self.bias, unit)
        for part, best in zip(self.parts, self.best, strict=True):
            listed = torch._int_mm(queries[part], keys.T).add_(bias).topk(min(length, len(keys)), dim=1).indices
            held.append((best[:, :, None] == listed[:, None, :]).any(2).flatten())
        return float(torch.cat(held).float().mean())


def whole_numbers(bias: Tensor, unit: float) -> Tensor:
    """A bias in units of the products, int32."""
    return (bias / unit).round().int()
