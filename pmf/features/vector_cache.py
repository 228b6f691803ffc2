"""Vectors that take long to compute, kept between runs."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.bounded.arrays import open_array
from pmf.errors import DataFormatError
from pmf.files import whole_file
from pmf.places import cache_folder

Vector = npt.NDArray[np.float32]


class VectorCache:
    """One file a vector, named by a hash of all that it was made from.

    Files are put in place whole, so any number of processes may share the folder: those that make the same vector
    write the same file. A file that is damaged counts as absent, a folder that can't be written is done without.
    Deleting the folder is always safe.
    """

    def __init__(self) -> None:
        self._folder = cache_folder() / "vectors"

    def get(self, key: str) -> Vector | None:
        """The vector `[w]` kept under a hexadecimal hash, or None."""
        try:
            vector = np.array(open_array(self._path(key)))
        except DataFormatError:
            return None
        sound = vector.dtype == np.float32 and vector.ndim == 1
        return vector if sound and np.isfinite(vector).all() else None

    def put(self, key: str, vector: Vector) -> None:
        """Keeps a vector `[w]` under a hexadecimal hash."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as temporary, temporary.open("wb") as file:
                np.save(file, vector)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.npy"
