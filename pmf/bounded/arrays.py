"""NumPy files: what a header claims is compared with the bytes that are there before anything is allocated."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from pmf.bounded import budget, file_size
from pmf.errors import DataFormatError

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_MOST_MEMBERS = 64
_DAMAGED = (ValueError, EOFError, TypeError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError)
"""How NumPy tells that a header, which is Python, cannot be read."""


def open_array(path: Path) -> npt.NDArray[Any]:
    """The array of a `.npy` file, mapped into memory and not to be changed.

    Raises:
        DataFormatError: it can't be read, or is not exactly as long as its header says.
    """
    size = file_size(path)
    try:
        with path.open("rb") as file:
            _check_header(file, size)
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, *_DAMAGED) as error:
        raise DataFormatError(path, expected="a NumPy array", got=str(error)) from error


def names_of(path: Path) -> list[str]:
    """Names of the arrays of a `.npz` file.

    Raises:
        DataFormatError: it can't be read, or has too many.
    """
    file_size(path)
    try:
        with zipfile.ZipFile(path) as members:
            names = [name.removesuffix(".npy") for name in members.namelist()]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DataFormatError(path, expected="NumPy arrays", got=str(error)) from error
    if len(names) > _MOST_MEMBERS:
        raise DataFormatError(path, expected=f"{_MOST_MEMBERS} arrays at most", got=f"{len(names):,}")
    return names


def read_arrays(path: Path, names: Collection[str], kinds: str = "biuf") -> dict[str, npt.NDArray[Any]]:
    """The named arrays of a `.npz` file.

    Args:
        path: the file.
        names: of the arrays.
        kinds: of their values, as in `numpy.dtype.kind`.

    Raises:
        DataFormatError: it can't be read, lacks one, or they take more than `pmf.bounded.budget` allows.
    """
    left = budget(file_size(path))
    arrays = {}
    try:
        with path.open("rb") as data, zipfile.ZipFile(data) as members:
            if len(members.infolist()) > _MOST_MEMBERS:
                raise ValueError(f"more than {_MOST_MEMBERS} arrays")
            for name in names:
                member = members.getinfo(f"{name}.npy")
                left -= member.file_size
                if left < 0:
                    raise ValueError("arrays that are too large for the file's size")
                # the others may make gigabytes of one chunk before anybody can count them
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError(f"another compression of {name}")
                with members.open(member) as file:
                    _check_header(file, member.file_size, kinds)
                with members.open(member) as file:
                    arrays[name] = np.asarray(np.lib.format.read_array(file, allow_pickle=False))
    except KeyError as error:
        raise DataFormatError(path, expected=" and ".join(names), got=str(error.args[0])) from error
    except (OSError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile, *_DAMAGED) as error:
        raise DataFormatError(path, expected="NumPy arrays", got=str(error)) from error
    return arrays


def _check_header(file: IO[bytes], size: int, kinds: str = "biuf") -> None:
    """Refuse a header that claims another type, or more or fewer bytes, than `size` in all has room for."""
    if size == 0:
        raise ValueError("an empty file")
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"a header of version {version}")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.kind not in kinds:
        raise ValueError(f"values of type {dtype}, not numbers")
    if any(length < 0 for length in shape) or file.tell() + math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{size:,} bytes, which is not what an array of shape {shape} takes")
