"""The arrays of a run folder, checked: each has the shape that the run states, and numbers within their range."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmf.bounded import budget
from pmf.bounded.arrays import open_array, read_arrays
from pmf.errors import DataFormatError, RunFormatError
from pmf.runs import layout

_AT_ONCE = 2**22  # numbers


def unreadable(error: DataFormatError) -> RunFormatError:
    """The error of a reader of files as one of a run."""
    line = "" if error.line is None else f":{error.line}"
    return RunFormatError(f"{error.path}{line} cannot be read: expected {error.expected}, got {error.got:.200}")


Fits = Callable[[npt.NDArray[Any]], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class RunArrays:
    """Reads the arrays of one run; what they mean is told in `pmf.runs.layout`.

    Args:
        epochs: of the run.
        modalities: of the run.
        n_entities: of both graphs together.
        checked: files whose numbers have been looked through, as of a size and time: some are read again and again.
        mapped: arrays that are mapped into memory, as of a size and time.
    """

    epochs: int
    modalities: tuple[str, ...]
    n_entities: int
    checked: dict[Path, tuple[int, int]] = field(default_factory=dict)
    mapped: dict[Path, tuple[tuple[int, int], npt.NDArray[Any]]] = field(default_factory=dict)

    def relevance(self, path: Path) -> npt.NDArray[np.float16]:
        """See `RunReader.relevance`; of a file cut short, what it has."""
        shape = (self.epochs, len(self.modalities), self.n_entities)
        there, size = path.stat().st_size if path.is_file() else 0, 2 * math.prod(shape)
        if there == size:
            whole: npt.NDArray[np.float16] = np.memmap(path, dtype=np.float16, mode="r", shape=shape)
        elif size > budget(there):
            raise RunFormatError(f"{path} has {there:,} bytes, expected {size:,}")
        else:
            whole = np.full(shape, np.nan, np.float16)
            part = np.frombuffer(path.read_bytes()[: min(there, size) // 2 * 2] if there else b"", np.float16)
            whole.reshape(-1)[: part.size] = part
        self._look_through(path, whole, lambda part: np.isnan(part) | ((part >= 0) & (part <= 1)), "shares")
        return whole

    def frozen_at(self, path: Path) -> npt.NDArray[np.int16] | None:
        """See `RunReader.frozen_at`."""
        shape = (len(self.modalities), self.n_entities)
        if not path.is_file():
            return None
        if (there := path.stat().st_size) != (size := 2 * math.prod(shape)):
            raise RunFormatError(f"{path} has {there:,} bytes, expected {size:,}")
        values = np.frombuffer(path.read_bytes(), np.int16, math.prod(shape)).reshape(shape)
        self._look_through(path, values, lambda part: (part >= layout.MISSING) & (part < self.epochs), "epochs")
        return values

    def snapshots(self, path: Path) -> dict[str, npt.NDArray[Any]] | None:
        """See `RunReader.snapshots`."""
        if not path.is_file():
            return None
        try:
            arrays = read_arrays(path, ("sample", "epochs", "fused"))
        except DataFormatError as error:
            raise unreadable(error) from None
        sample, epochs, fused = arrays.values()
        fits = (
            (sample.ndim, epochs.ndim, fused.ndim) == (1, 1, 3)
            and (sample.dtype.kind, epochs.dtype.kind, fused.dtype.kind) == ("i", "i", "f")
            and fused.shape[:2] == (len(epochs), len(sample))
            and bool(((sample >= 0) & (sample < self.n_entities)).all())
            and bool(((epochs >= 0) & (epochs < self.epochs)).all() and (np.diff(epochs) > 0).all())
        )
        if not fits:
            raise RunFormatError(f"{path} does not hold the fused embeddings of a sample at some epochs")
        return arrays  # not looked through: a training that left the numbers keeps what it had

    def floats(self, path: Path, shape: tuple[int, ...], *, gaps: bool = False) -> npt.NDArray[Any] | None:
        """An array of floats, mapped into memory; None where there is no such file.

        Args:
            path: the file.
            shape: that it must have, -1 for any length.
            gaps: whether there may be NaN.
        """
        if not path.is_file():
            return None
        stamp = _stamp(path)
        if path in self.mapped and self.mapped[path][0] == stamp:
            return self.mapped[path][1]
        try:
            values = open_array(path)
        except DataFormatError as error:
            raise unreadable(error) from None
        alike = values.ndim == len(shape) and all(
            want in (-1, length) for want, length in zip(shape, values.shape, strict=True)
        )
        if not alike or values.dtype.kind != "f":
            raise RunFormatError(f"{path} has shape {values.shape}, expected {shape}, of floats and not {values.dtype}")
        self._look_through(path, values, (lambda part: ~np.isinf(part)) if gaps else np.isfinite, "finite numbers")
        self.mapped[path] = stamp, values
        return values

    def _look_through(self, path: Path, values: npt.NDArray[Any], fits: Fits, expected: str) -> None:
        """See that all numbers of a file are what they should be, some at a time."""
        stamp = _stamp(path)
        if self.checked.get(path) == stamp:
            return
        flat = values.reshape(-1)
        if any(not fits(flat[start : start + _AT_ONCE]).all() for start in range(0, flat.size, _AT_ONCE)):
            raise RunFormatError(f"{path} holds other numbers than {expected}")
        self.checked[path] = stamp


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of a file; zeros where there is none."""
    status = path.stat() if path.exists() else None
    return (status.st_size, status.st_mtime_ns) if status else (0, 0)
