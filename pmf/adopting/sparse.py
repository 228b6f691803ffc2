"""Sparse matrices as scipy's `save_npz` writes them, read without scipy's loader, whose limits are the file's word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids
from pmf.bounded.arrays import names_of, read_arrays
from pmf.errors import DataFormatError

_PLACES = {"csr": ("indices", "indptr"), "csc": ("indices", "indptr"), "coo": ("row", "col")}


def is_sparse(path: Path) -> bool:
    """Whether an npz holds a sparse matrix."""
    names = set(names_of(path)) if path.suffix == ".npz" else set()
    return {"format", "shape", "data"} <= names


def sparse_entries(path: Path) -> tuple[str, tuple[int, int], npt.NDArray[np.float64], tuple[Ids, Ids]]:
    """Form, shape, numbers and their (rows, columns).

    Raises:
        DataFormatError: it is of another form, or places lie outside of its shape, or a number is not finite.
    """
    form = str(read_arrays(path, ("format",), kinds="SU")["format"].astype(str))
    if form not in _PLACES:
        raise DataFormatError(path, expected=f"a sparse matrix: {', '.join(_PLACES)}", got=form[:20])
    arrays = read_arrays(path, ("shape", "data", *_PLACES[form]))
    shape, data = arrays["shape"].astype(np.int64), arrays["data"].astype(np.float64)
    first, second = (arrays[name].astype(np.int64) for name in _PLACES[form])
    if form != "coo" and shape.shape == (2,):
        first, second = _outer(second, first, int(shape[0 if form == "csr" else 1])), first
    places = (second, first) if form == "csc" else (first, second)
    sound = shape.shape == (2,) and all(place.shape == data.shape for place in places) and np.isfinite(data).all()
    if not sound or any(((at < 0) | (at >= size)).any() for at, size in zip(places, shape, strict=True)):
        raise DataFormatError(path, expected="a sound sparse matrix of finite numbers", got="another")
    return form, (int(shape[0]), int(shape[1])), data, places


def _outer(starts: Ids, inner: Ids, size: int) -> Ids:
    """The row (CSR) or column (CSC) of each number; one outside of the shape where the starts make no sense."""
    sound = len(starts) == size + 1 and starts[0] == 0 and starts[-1] == len(inner) and (np.diff(starts) >= 0).all()
    return np.repeat(np.arange(size), np.diff(starts)) if sound else np.full(len(inner), size)
