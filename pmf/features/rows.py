"""What dense features have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def unit_rows(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scales each row of `[n, w]` to length 1, in place; zero rows stay zero."""
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    np.divide(matrix, length, out=matrix, where=length > 0)
    return matrix
