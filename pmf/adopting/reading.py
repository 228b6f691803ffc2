"""One file of numbers from elsewhere, a row an entity; nothing in it is executed, and its size is checked first.

| ending | what is read |
|---|---|
| `.npy` | an array |
| `.npz` | the array of a name |
| `.safetensors` | the tensor of a name |
| `.parquet` | a column of ids, where one is there, and a column of lists or columns of numbers |
| others | text: numbers between blanks, tabs or commas, after an id or not (word2vec, GloVe, `savetxt`) |
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmf.bounded.arrays import names_of, open_array, read_arrays
from pmf.bounded.tables import read_frame
from pmf.bounded.tensors import open_tensors
from pmf.data.readers.columns import IDS, usual
from pmf.data.readers.tables import read_lines
from pmf.errors import DataFormatError

_WHOLE = re.compile(r"\d+")
_AT_ONCE = 2**22  # numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a file holds.

    Args:
        path: the file.
        values: `[rows, …]`, finite.
        ids: of each row, where the file has them.
    """

    path: Path
    values: npt.NDArray[Any]
    ids: tuple[str, ...] | None = None


def members(path: Path) -> list[str]:
    """Names of the arrays in a file that holds several; one without a name in any other."""
    if path.suffix == ".npz":
        return names_of(path)
    if path.suffix == ".safetensors":
        with open_tensors(path, "numpy") as file:
            return list(file.keys())
    return [""]


def read_numbers(path: Path, member: str = "") -> Numbers:
    """An array and, where they are there, the ids of its rows.

    Raises:
        DataFormatError: it can't be read, holds something else than numbers, or one that is not finite.
    """
    ids = None
    if path.suffix == ".npy":
        values = open_array(path)
    elif path.suffix == ".npz":
        values = read_arrays(path, (member,))[member]
    elif path.suffix == ".safetensors":
        values = _tensor(path, member)
    elif path.suffix == ".parquet":
        ids, values = _columns(path)
    else:
        ids, values = _text(path)
    if values.dtype.kind not in "biuf" or values.ndim == 0:
        raise DataFormatError(path, expected="an array of numbers", got=f"{values.dtype} of shape {values.shape}")
    _check_finite(path, values)
    return Numbers(path=path, values=values, ids=ids)


def _check_finite(path: Path, values: npt.NDArray[Any]) -> None:
    rows = max(1, _AT_ONCE // max(1, values[:1].size))
    for start in range(0, len(values), rows):
        wrong = ~np.isfinite(values[start : start + rows].reshape(len(values[start : start + rows]), -1)).all(axis=1)
        if wrong.any():
            got = f"NaN or infinity, first in row {start + int(wrong.argmax()):,}"
            raise DataFormatError(path, expected="finite numbers", got=got)


def _tensor(path: Path, name: str) -> npt.NDArray[Any]:
    with open_tensors(path, "pt") as file:  # NumPy has no bfloat16
        tensor = file.get_tensor(name)
        return np.asarray((tensor.float() if tensor.is_floating_point() else tensor).numpy())


def _columns(path: Path) -> tuple[tuple[str, ...] | None, npt.NDArray[Any]]:
    """Ids and vectors of a Parquet file."""
    frame = read_frame(path).rename(columns=str)
    lists = [name for name in frame if len(frame) and isinstance(frame[name].iloc[0], np.ndarray)]
    numbers = [name for name in frame if frame[name].dtype.kind == "f"]
    rest = [
        str(name) for name in frame if name not in lists and name not in numbers and not str(name).startswith("__index")
    ]
    called = usual(rest, IDS) or (rest[0] if len(rest) == 1 else None)
    if rest and called is None:
        raise DataFormatError(path, expected="one column of ids, such as id", got=", ".join(rest))
    if len(lists) == 1:
        widths = set(frame[lists[0]].map(lambda row: len(row) if isinstance(row, np.ndarray) else -1))
        if len(widths) > 1:
            raise DataFormatError(path, expected=f"lists of one length in {lists[0]}", got=f"{len(widths)} lengths")
        values = np.stack(list(frame[lists[0]])) if len(frame) else np.empty((0, 0))
    elif numbers and not lists:
        values = frame[numbers].to_numpy()
    else:
        raise DataFormatError(
            path, expected="one column of lists, or columns of numbers", got=", ".join(map(str, frame))
        )
    return (None if called is None else tuple(frame[called].astype(str))), values


def _text(path: Path) -> tuple[tuple[str, ...] | None, npt.NDArray[np.float32]]:
    """Ids and vectors of a text file: ids where the first fields are no numbers, or after word2vec's line of counts."""
    lines = read_lines(path)
    if not lines:
        raise DataFormatError(path, expected="rows of numbers", got="an empty file")
    counts = lines[0].split()
    counted = len(counts) == 2 and all(map(_WHOLE.fullmatch, counts)) and len(lines) > 1
    width = int(counts[1]) if counted else 0
    if not (counted and len(_fields(lines[1])) > width > 0):
        counted = False
    rows = list(enumerate(lines[counted:], start=1 + counted))
    fields = _fields(rows[0][1])
    has_ids = counted or not _is_number(fields[0]) or _is_id_column(rows)
    width = width or len(fields) - has_ids
    ids, values = [], np.empty((len(rows), width), np.float32)
    for place, (line, text) in enumerate(rows):
        fields = _fields(text)
        if len(fields) < width + has_ids or (len(fields) > width + has_ids and not has_ids):
            raise DataFormatError(path, line=line, expected=f"{width} numbers", got=f"{len(fields) - has_ids}")
        ids.append(" ".join(fields[: len(fields) - width]))  # an id may have blanks in it
        values[place] = _floats(path, line, fields[len(fields) - width :])
    return (tuple(ids) if has_ids else None), values


def _fields(text: str) -> list[str]:
    by_comma = "," in text and _is_number(text.rpartition(",")[2])  # an id may have commas in it, too
    separator = "\t" if "\t" in text else "," if by_comma else None
    return [field.strip() for field in text.split(separator)] if separator else text.split()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_id_column(rows: Iterable[tuple[int, str]]) -> bool:
    """Whether each row begins with a whole number, another in each, and goes on with others."""
    fields = [_fields(text) for _, text in itertools.islice(rows, 100)]
    first = [row[0] for row in fields]
    whole = all(map(_WHOLE.fullmatch, first)) and len(set(first)) == len(first) > 1
    return whole and not all(_WHOLE.fullmatch(field) for row in fields for field in row[1:])


def _floats(path: Path, line: int, fields: Sequence[str]) -> list[float]:
    try:
        return [float(field) for field in fields]
    except ValueError:
        wrong = next(field for field in fields if not _is_number(field))
        raise DataFormatError(path, line=line, expected="numbers", got=repr(wrong)) from None
