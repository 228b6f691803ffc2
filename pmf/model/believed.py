"""What rules think of every pair, as rows: at the end of a training a share of structure's similarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from pmf.arrays import Ids, unit_rows
from pmf.logic.equality import Likely


@dataclass(frozen=True, slots=True)
class Believed:
    """What rules think, and how much it counts.

    Args:
        rows: float32 `[n, w]`, see `believed_rows`; zeros where structure is missing.
        share: of a similarity, in [0, 1].
    """

    rows: Tensor
    share: float

    def mix(self, table: Tensor, part: slice = slice(None)) -> Tensor:
        """Unit (or zero) rows `[r, d]` of some entities, d ≥ w, with this in their last w columns; in place."""
        table.mul_((1 - self.share) ** 0.5)
        table[:, -self.rows.shape[1] :].add_(self.rows[part], alpha=self.share**0.5)
        return table.div_(torch.linalg.vector_norm(table, dim=1, keepdim=True).clamp(min=1e-12))


def believed_rows(likely: Likely, settled: Ids, n_entities: int, n_source: int, width: int, seed: int) -> Tensor:
    """Unit rows float32 `[n, width]`; a source's and a target's have about the pair's probability as product.

    A target has a row of its own, at random. A source has the sum of its likely counterparts' rows, times the
    probabilities; what is lacking of a unit row is random, and nobody else's. Two random rows meet by about
    `1 / sqrt(width)`.

    Args:
        likely: pairs with probabilities, none of a settled entity; a source may have several.
        settled: int64 `[s, 2]`, pairs of probability 1.
        n_entities: of both graphs.
        n_source: of the source graph.
        width: of a row.
        seed: of what is random.
    """
    pairs = np.concatenate([settled, likely.pairs])
    probability = np.concatenate([np.ones(len(settled)), likely.probability]).astype(np.float32)
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng.standard_normal((n_entities, width), dtype=np.float32))
    counterparts = csr_array((probability, (pairs[:, 0], pairs[:, 1])), shape=(n_source, n_entities))
    said = np.asarray(counterparts @ rows)
    length = np.linalg.norm(said, axis=1, keepdims=True)
    said /= np.maximum(length, 1)
    rows[:n_source] = said + np.sqrt(1 - np.minimum(length, 1) ** 2) * rows[:n_source]
    return torch.from_numpy(unit_rows(rows))
