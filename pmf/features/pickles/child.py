"""The process that `convert` starts: its limits, and from a pickle on stdin to files in its folder."""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import struct
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np
import numpy.typing as npt

from pmf.features.pickles.unpickler import Array, Refused, read_pickled

RESULT = "features.safetensors"
ENTITIES = "entities.txt"


def main() -> None:
    """Convert stdin within the limits of the command line, bytes and seconds; print one JSON object."""
    memory, seconds = map(int, sys.argv[-2:])
    limits = {"AS": memory, "FSIZE": memory, "CPU": seconds, "CORE": 0}
    for name, limit in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (limit, limit))
    gc.disable()  # it would go through millions of values that all stay
    report: dict[str, object]
    try:
        with mmap.mmap(sys.stdin.fileno(), 0, access=mmap.ACCESS_READ) as data:
            keys, rows = features_of(read_pickled(data))
        report = write_features(keys, rows, Path(), largest=memory)
    except Refused as refusal:
        report = {"refused": str(refusal)[:200]}
    except MemoryError:
        report = {"refused": "one that needs more memory"}
    sys.stdout.write(json.dumps(report))


def features_of(tree: object) -> tuple[list[object], Sequence[object]]:
    """The keys, and a vector for each, in what a pickle holds.

    Args:
        tree: a dict of vectors; a 2-d array, whose keys are its row numbers; or such an array and its keys, as a
            pair in either order.

    Raises:
        Refused: it is something else, or holds no vector.
    """
    match tree:
        case dict() if tree:
            return list(tree), list(tree.values())
        case Array(values=values) if _is_matrix(values):
            return list(range(len(values))), list(values)
        case [Array(values=values), keys] if _is_matrix(values):
            return _items(keys), list(values)
        case [keys, Array(values=values)] if _is_matrix(values):
            return _items(keys), list(values)
    raise Refused(f"a pickled {type(tree).__name__.lower()} that holds no features")


def write_features(keys: list[object], rows: Sequence[object], folder: Path, *, largest: int) -> dict[str, object]:
    """Write one safetensors file, row by row, and for keys that are text a list of them.

    Args:
        keys: non-negative integers, or text; each once.
        rows: a vector of numbers for each, all of one width w.
        folder: where `RESULT` goes: `features` float32 `[k, w]` and, for integer keys, `ids` int64 `[k]`;
            and `ENTITIES`, a key a line, for keys that are text.
        largest: bytes that the vectors may take.

    Returns:
        `rows` k, `width` w and whether keys are `text`.

    Raises:
        Refused: keys or rows are something else, or a number is not finite as float32.
    """
    if len(keys) != len(rows):
        raise Refused(f"{len(keys)} keys for {len(rows)} vectors")
    keys, text = _checked_keys(keys)
    width = len(_vector(keys[0], rows[0]))
    if 4 * width * len(keys) > largest:
        raise Refused(f"{len(keys)} vectors of {width} numbers, more than the memory limit")
    ids = np.array([] if text else keys, dtype="<i8")
    tensors = [] if text else [("ids", "I64", [len(keys)], ids.nbytes)]
    tensors.append(("features", "F32", [len(keys), width], 4 * width * len(keys)))
    with (folder / RESULT).open("wb") as file:
        file.write(_header(tensors) + ids.tobytes())
        for key, row in zip(keys, rows, strict=True):
            vector = _vector(key, row)
            if len(vector) != width:
                raise Refused(f"unequal widths: {width} numbers for {keys[0]!r}, {len(vector)} for {key!r}")
            file.write(vector.tobytes())
        _to_disk(file)
    if text:
        with (folder / ENTITIES).open("wb") as file:
            file.write("".join(f"{key}\n" for key in keys).encode())
            _to_disk(file)
    return {"rows": len(keys), "width": width, "text": text}


def _is_matrix(values: npt.NDArray[Any] | None) -> TypeGuard[npt.NDArray[Any]]:
    return values is not None and values.ndim == 2


def _items(keys: object) -> list[object]:
    match keys:
        case Array(values=values) if values is not None and values.ndim == 1 and values.dtype.kind in "iuU":
            items: list[object] = values.tolist()
            return items
        case list() | tuple():
            return list(keys)
    raise Refused(f"keys given as {type(keys).__name__}")


def _checked_keys(keys: list[object]) -> tuple[list[Any], bool]:
    """The keys, and whether they are text."""
    keys = [key.decode() if isinstance(key, bytes) else key for key in keys]
    kinds = set(map(type, keys))
    if kinds == {int}:
        if not all(0 <= key < 2**63 for key in keys):  # type: ignore[operator]
            raise Refused("an id outside 0 … 2^63 - 1")
    elif kinds == {str}:
        unfit = [key for key in keys if not _fits_a_line(key)]  # type: ignore[arg-type]
        if unfit:
            raise Refused(f"the key {unfit[0]!r}, which can't stand on a line of its own")
    else:
        raise Refused(f"keys of type {', '.join(sorted(kind.__name__ for kind in kinds))}")
    key, count = Counter(keys).most_common(1)[0]
    if count > 1:
        raise Refused(f"{count} vectors for {key!r}")
    return keys, kinds == {str}


def _fits_a_line(key: str) -> bool:
    """Whether `pmf.data.readers.tables.read_rows` would read the key back as one field."""
    try:
        key.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return bool(key.strip()) and not set(key) & set("\t\r\n\0\ufeff")


def _vector(key: object, row: object) -> npt.NDArray[np.float32]:
    """One row as little-endian float32."""
    match row:
        case Array(values=values):
            row = values
        case list() | tuple():
            row = _numbers(key, row)
    if not isinstance(row, np.ndarray) or row.ndim != 1 or row.dtype.kind not in "fiu" or not row.size:
        raise Refused(f"something else than a vector of numbers for {key!r}")
    with np.errstate(over="ignore"):
        vector: npt.NDArray[np.float32] = row.astype("<f4", copy=False)
    if not np.isfinite(vector).all():
        raise Refused(f"NaN, infinity or a number beyond float32 for {key!r}")
    return vector


def _numbers(key: object, items: Sequence[Any]) -> npt.NDArray[np.float32]:
    """A list of numbers as an array."""
    if not {*map(type, items)} <= {int, float}:
        raise Refused(f"values for {key!r} that are not all numbers")
    try:
        with np.errstate(over="ignore"):  # infinity is refused with the rest
            return np.asarray(items, dtype="<f4")
    except OverflowError:
        raise Refused(f"a number beyond float32 for {key!r}") from None


def _header(tensors: list[tuple[str, str, list[int], int]]) -> bytes:
    """The start of a safetensors file, from (name, type, shape, bytes) of each tensor.

    Source: https://github.com/huggingface/safetensors#format. Its own writer wants every tensor in memory.
    """
    entries: dict[str, dict[str, object]] = {}
    end = 0
    for name, kind, shape, size in tensors:
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end := end + size]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
