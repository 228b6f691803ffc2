"""Arrays of ids and of features: what all readers and builders share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Matrix = csr_array | npt.NDArray[np.float32]


def unit_rows(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scales each row of `[n, w]` to length 1, in place; zero rows stay zero."""
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    np.divide(matrix, length, out=matrix, where=length > 0)
    return matrix


def no_ids(*shape: int) -> Ids:
    """An empty array of ids, `[0]` unless told otherwise."""
    return np.zeros(shape or (0,), dtype=np.int64)
