"""How embeddings from elsewhere make up the fused one: `fused block m = weight_m · embedding_m`, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmf.arrays import unit_rows
from pmf.modalities import RECORDED
from pmf.modalities.whole import WHOLE

Table = npt.NDArray[np.float32]

_SAMPLE = 500  # rows by which a block of the fused embedding is recognised
_SAME = 1 - 1e-4  # cosine of a block and the embedding that it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Embeddings as a run folder has them.

    Args:
        modalities: names, in the order of `RECORDED`.
        tables: float32 `[n, d_m]` of each, unit rows; a row of zeros is missing.
        weight: float32 `[m, n]`, the factor of each in the fused one; a column's squares sum to 1, or to 0.
        fused: float32 `[n, D]`, unit rows.
        remark: what a person should know of how they fit together, "" where there is nothing to say.
    """

    modalities: tuple[str, ...]
    tables: tuple[Table, ...]
    weight: Table
    fused: Table
    remark: str = ""


def blocks(fused: Table | None, tables: Mapping[str, Table], weight: Table | None = None) -> Blocks:
    """Find out how the parts make up the whole, so that each part's share of a similarity is known.

    Args:
        fused: `[n, D]`, None = the modalities one beside the other.
        tables: `[n, d_m]` by modality; none at all is fine where there is a fused one.
        weight: `[m, n]` in the order of `tables`: the factor of each unit embedding in the fused one; None = as the
            fused one shows, or all alike.
    """
    names = tuple(name for name in RECORDED if name in tables)
    units = {name: _units(tables[name]) for name in names}
    whole = None if fused is None else _units(fused)
    if whole is None:
        return _beside(names, units, None if weight is None else weight[[list(tables).index(name) for name in names]])
    if names and (factors := _factors(whole, units)) is not None:
        tables_ = tuple(units[name] for name in names)
        return Blocks(modalities=names, tables=tables_, weight=factors, fused=whole)
    present = np.any(whole, axis=1)
    none = np.zeros((len(names), len(whole)), np.float32)
    return Blocks(
        modalities=(*names, WHOLE.name),
        tables=(*(units[name] for name in names), whole),
        weight=np.concatenate([none, present[None].astype(np.float32)]),
        fused=whole,
        remark=(
            f"The fused embedding is not put together from those of {', '.join(names)}, so what each gives to a pair's "
            "score cannot be told apart; what each finds by itself can."
            if names
            else "No embeddings of modalities came, so what each gives to a pair's score cannot be told."
        ),
    )


def _units(table: Table) -> Table:
    """Unit rows, each number a multiple of 2⁻²⁴, which float32 holds: float64 then sums cosines without rounding.

    So equal features tie in whatever order pairs are compared, see `pmf.alignment.explanation.shares`.
    """
    rows = unit_rows(np.array(table, np.float32))
    rows *= 2**24
    np.rint(rows, out=rows)
    rows /= 2**24
    return rows


def _beside(names: tuple[str, ...], units: Mapping[str, Table], weight: Table | None) -> Blocks:
    """The modalities one beside the other, weighted."""
    present = np.stack([units[name].any(axis=1) for name in names]).astype(np.float32)
    weight = present * (1.0 if weight is None else weight)
    length = np.linalg.norm(weight, axis=0)
    weight = (weight / np.where(length > 0, length, 1)).astype(np.float32)
    fused = np.concatenate([units[name] * own[:, None] for name, own in zip(names, weight, strict=True)], axis=1)
    return Blocks(modalities=names, tables=tuple(units[name] for name in names), weight=weight, fused=fused)


def _factors(fused: Table, units: Mapping[str, Table]) -> Table | None:
    """`[m, n]`, the factor of each modality where the fused rows are their embeddings side by side, in any order."""
    if fused.shape[1] != sum(table.shape[1] for table in units.values()):
        return None
    sample = np.linspace(0, len(fused) - 1, min(len(fused), _SAMPLE)).astype(np.int64)
    left, start, factors = list(units), 0, {}
    while left:
        block = next((m for m in left if _is_block(fused[sample], units[m][sample], start)), None)
        if block is None:
            return None
        part = fused[:, start : start + units[block].shape[1]]
        factors[block] = np.einsum("nd,nd->n", part, units[block])
        if not np.allclose(part, factors[block][:, None] * units[block], atol=1e-3):
            return None
        start += units[block].shape[1]
        left.remove(block)
    return np.stack([factors[name] for name in units])


def _is_block(fused: Table, unit: Table, start: int) -> bool:
    part = unit_rows(fused[:, start : start + unit.shape[1]].copy())
    present = part.any(axis=1) & unit.any(axis=1)
    return (
        part.shape == unit.shape
        and bool(present.any())
        and bool((np.einsum("nd,nd->n", part, unit)[present] > _SAME).all())
    )
