"""Why a pair has its score: what each modality gave, exactly. NumPy only, so that a page can call it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pmf.errors import RunFormatError
from pmf.runs.reader import RunReader

Pairs = npt.NDArray[np.integer]


def shares(run: RunReader, left: Pairs, right: Pairs) -> npt.NDArray[np.float32]:
    """Each modality's part of the fused similarity of some pairs; the parts sum to it.

    The fused embedding is the concatenation of `weight_m · h_m`, so the similarity of a pair is
    Σ_m weight_m[left] · weight_m[right] · cos(h_m[left], h_m[right]) (paper eq. 8).

    Args:
        run: a run with embeddings.
        left: entity ids, any shape that broadcasts against `right`.
        right: entity ids.

    Returns:
        float32 `[modalities, …]` over the broadcast shape.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    return weighted(run, left, right) * cosines(run, left, right)


def cosines(run: RunReader, left: Pairs, right: Pairs) -> npt.NDArray[np.float32]:
    """Cosine of each modality's embeddings, frozen or not, `[modalities, …]`; 0 where one is missing."""
    left, right = np.broadcast_arrays(left, right)
    rows = []
    for modality in run.modalities:
        table = run.embedding(modality)
        if table is None:
            raise RunFormatError(f"{run.run_id} has no embeddings of {modality} yet")
        a, b = table[left.ravel()].astype(np.float32), table[right.ravel()].astype(np.float32)
        rows.append(np.einsum("nd,nd->n", a, b).reshape(left.shape))
    return np.stack(rows)


def weighted(run: RunReader, left: Pairs, right: Pairs) -> npt.NDArray[np.float32]:
    """The factor of each modality's cosine in the fused similarity, `[modalities, …]`; 0 where frozen."""
    weight = run.weight()
    if weight is None:
        raise RunFormatError(f"{run.run_id} has no embeddings yet")
    product: npt.NDArray[np.float32] = weight[:, left] * weight[:, right]
    return product
