"""Pickled features, unpickled where nothing can be called but what features need.

A pickle is a program: it names functions and calls them. Here no name is ever looked up: `find_class` compares it with
`NAMES` and gives back one of our own objects, which check every argument and have no attributes that a file could
write. So a file reaches no function and no class of Python or NumPy. What it may still do is to ask for memory or time;
therefore only the process of `pmf.features.pickles.child`, which has limits on both, may use this.
"""

from __future__ import annotations

import math
import mmap
import pickle
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class Refused(ValueError):  # noqa: N818 - what happened to the file
    """What in a file is not pickled features."""


class Array:
    """A NumPy array in the making; `values` is None until its content has come."""

    __slots__ = ("values",)

    def __init__(self, values: npt.NDArray[Any] | None = None) -> None:
        self.values = values

    def __setstate__(self, state: object) -> None:
        match state:
            case (1, tuple(shape), DType() as kind, bool() | 0 | 1 as fortran, data):
                self.values = _view(data, kind.dtype, shape, "F" if fortran else "C")
            case _:
                raise Refused("a state for an array that is none")


class DType:
    """The element type of an array; its byte order comes after its name."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def __setstate__(self, state: object) -> None:
        match state:
            case (3, str() | bytes() as order, None, None, None, int(), int(), int()):
                self.dtype = self.dtype.newbyteorder(_text(order))  # type: ignore[arg-type]
            case _:
                raise Refused("a state for an element type that is none")


class Named:
    """What a name stands for: a rule that makes a value of checked arguments."""

    __slots__ = ("_name", "_rule")

    def __init__(self, name: str, rule: Callable[[Sequence[Any]], object]) -> None:
        self._name, self._rule = name, rule

    def __call__(self, *arguments: Any) -> object:
        """What the rule makes of the arguments."""
        return self._rule(arguments)

    def __setstate__(self, state: object) -> None:
        raise Refused(f"a state for {self._name}")


def _reconstruct(arguments: Sequence[Any]) -> Array:
    match arguments:
        case (named, (0,), b"b") if named is _ARRAY:
            return Array()
    raise Refused("a call of _reconstruct with other arguments than features need")


def _from_buffer(arguments: Sequence[Any]) -> Array:
    match arguments:
        case (data, DType() as kind, tuple(shape), "C" | "F" as order):
            return Array(_view(data, kind.dtype, shape, order))
    raise Refused("a call of _frombuffer with other arguments than features need")


def _scalar(arguments: Sequence[Any]) -> object:
    match arguments:
        case (DType() as kind, data):
            return _view(data, kind.dtype, (1,), "C")[0].item()
    raise Refused("a call of scalar with other arguments than features need")


def _dtype(arguments: Sequence[Any]) -> DType:
    match arguments:
        case (str() | bytes() as code, _, _):
            if _DTYPE.fullmatch(text := _text(code)):
                return DType(np.dtype(text))
            what = "an object array" if text.startswith("O") else "an array"
            raise Refused(f"{what} of element type {_shown(text)}")
    raise Refused("a call of dtype with other arguments than features need")


def _encode(arguments: Sequence[Any]) -> bytes:
    match arguments:
        case (str(text), "latin1" | "latin-1"):
            return text.encode("latin-1")
    raise Refused("a call of encode with other arguments than features need")


def _ordered_dict(arguments: Sequence[Any]) -> dict[object, object]:
    if arguments:
        raise Refused("a call of OrderedDict with other arguments than features need")
    return {}


def _no_call(arguments: Sequence[Any]) -> object:
    raise Refused("a call of ndarray")


_DTYPE = re.compile(r"f[248]|[iu][1248]|U[1-9][0-9]{0,3}")
_ARCHIVES = {b"PK\x03\x04": "a zip archive (torch.save writes such)", b"\x1f\x8b": "a gzip archive"}
_ARRAY = Named("ndarray", _no_call)
_RULES: dict[str, Callable[[Sequence[Any]], object]] = {
    "core.multiarray._reconstruct": _reconstruct,  # NumPy 1 calls it numpy.core, NumPy 2 numpy._core
    "core.multiarray.scalar": _scalar,
    "core.numeric._frombuffer": _from_buffer,
}
NAMES = {
    ("numpy", "ndarray"): _ARRAY,
    ("numpy", "dtype"): Named("dtype", _dtype),
    ("_codecs", "encode"): Named("encode", _encode),  # how protocols 0-2 write bytes
    ("collections", "OrderedDict"): Named("OrderedDict", _ordered_dict),
} | {
    (f"numpy.{start}{path.rpartition('.')[0]}", path.rpartition(".")[2]): Named(path, rule)
    for path, rule in _RULES.items()
    for start in ("", "_")
}
"""Every (module, name) that a file may mention → what it gets."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for; `Refused` where it may not be mentioned."""
        if (module, name) not in NAMES:
            raise Refused(_shown(f"{module}.{name}"))
        return NAMES[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Never: a pickle of features has everything inside."""
        raise Refused("a persistent id")


def read_pickled(data: mmap.mmap) -> object:
    """The one object in a pickle, of any protocol from 0 to 5.

    Args:
        data: the file, mapped.

    Returns:
        Plain values, lists, tuples, dicts and `Array`.

    Raises:
        Refused: the file is damaged, or asks for anything but plain values, containers and arrays of numbers or text.
            It may also ask for more memory than this process has.
    """
    for start, what in _ARCHIVES.items():
        if data[: len(start)] == start:
            raise Refused(what)
    try:
        result: object = _Unpickler(data, fix_imports=False, encoding="bytes").load()
    except MemoryError:
        raise Refused("one that needs more memory") from None
    except Refused as refusal:
        raise Refused(f"{refusal} at byte {data.tell()}") from None
    except Exception as error:  # a damaged file raises anything
        raise Refused(f"a damaged pickle: {_shown(str(error) or type(error).__name__)}") from error
    if data.tell() != len(data):
        raise Refused("more behind the end of the pickle")
    return result


def _view(data: object, dtype: np.dtype[Any], shape: Sequence[object], order: Any) -> npt.NDArray[Any]:
    if not isinstance(data, bytes | bytearray):
        raise Refused(f"array content as {type(data).__name__}")
    sizes = [size for size in shape if type(size) is int and 0 < size <= len(data)]
    if sizes != list(shape) or len(sizes) not in (1, 2) or math.prod(sizes) * dtype.itemsize != len(data):
        raise Refused(f"an array whose shape does not fit its {len(data)} bytes, or that is not 1- or 2-dimensional")
    return np.frombuffer(data, dtype).reshape(sizes, order=order)


def _text(value: str | bytes) -> str:
    """Text; Python 2 wrote it as bytes."""
    return value if isinstance(value, str) else value.decode()


def _shown(text: str) -> str:
    """A text from the file for a message: no control characters, not too long."""
    shown = repr(text)[1:-1]
    return shown if len(shown) <= 60 else shown[:59] + "…"
