"""Pickled features, read as data: an interpreter of the opcodes they need, in which nothing can be called.

A pickle is a program: its opcodes import names, call them and write into what they return. An allowlist in
`pickle.Unpickler.find_class` governs the importing only; calls, attribute writes and the memo stay the file's. Here a
name is never looked up. It is compared with `NAMES`, and stands for one of the rules in `_build`, which check every
argument. Any other name or opcode is refused, with its byte.

Sizes that a file claims are never believed either: what is read is cut at the file's end, arrays are views of what
was read, and nothing grows faster than the file.
"""

from __future__ import annotations

import math
import mmap
import os
import pickletools
import re
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt


class Refused(ValueError):  # noqa: N818 - what happened to the file
    """What in a file is not pickled features."""


Name = Enum("Name", ["ARRAY", "DTYPE", "RECONSTRUCT", "FROM_BUFFER", "SCALAR", "ENCODE", "ORDERED_DICT"])

NAMES = {
    ("numpy", "ndarray"): Name.ARRAY,
    ("numpy", "dtype"): Name.DTYPE,
    ("numpy.core.multiarray", "_reconstruct"): Name.RECONSTRUCT,  # NumPy 1
    ("numpy._core.multiarray", "_reconstruct"): Name.RECONSTRUCT,  # NumPy 2
    ("numpy.core.multiarray", "scalar"): Name.SCALAR,
    ("numpy._core.multiarray", "scalar"): Name.SCALAR,
    ("numpy.core.numeric", "_frombuffer"): Name.FROM_BUFFER,
    ("numpy._core.numeric", "_frombuffer"): Name.FROM_BUFFER,
    ("_codecs", "encode"): Name.ENCODE,  # how protocols 0-2 write bytes
    ("collections", "OrderedDict"): Name.ORDERED_DICT,
}
"""Every (module, name) that a file may mention."""

_ARCHIVES = {b"PK\x03\x04": "a zip archive (torch.save writes such)", b"\x1f\x8b": "a gzip archive"}
_DTYPE = re.compile(r"f[248]|[iu][1248]|U[1-9][0-9]{0,3}")
_BINFLOAT = ord("G")


@dataclass(slots=True)
class Array:
    """A NumPy array; `values` is None until its content has come."""

    values: npt.NDArray[Any] | None = None


@dataclass(slots=True)
class DType:
    """The element type of an array; its byte order comes after its name."""

    dtype: np.dtype[Any]


@dataclass(slots=True)
class List:
    """A list, its floats packed as float32: 4 bytes each where Python takes 32."""

    parts: list[array[float] | list[object]] = field(default_factory=list)

    def extend(self, items: list[object]) -> None:
        """Append the items."""
        packed = set(map(type, items)) == {float}
        if not self.parts or isinstance(self.parts[-1], list) == packed:
            self.parts.append(array("f") if packed else [])
        self.parts[-1].extend(items)  # type: ignore[arg-type]

    def items(self) -> list[object]:
        """The items in order."""
        return [item for part in self.parts for item in part]


@dataclass(slots=True)
class Dict:
    """A dict as the pairs that were put in: no key is hashed, and none replaces another."""

    pairs: list[tuple[object, object]] = field(default_factory=list)

    def extend(self, items: list[object]) -> None:
        """Put in the items, key and value by turns."""
        self.pairs += zip(items[::2], items[1::2], strict=True)


def read_pickled(data: mmap.mmap) -> object:
    """The one object in a pickle, of any protocol from 0 to 5.

    Args:
        data: the file, mapped.

    Returns:
        None, bool, int, float, str, bytes, tuple, `List`, `Dict` or `Array`.

    Raises:
        Refused: the file is damaged, or asks for anything but plain values, lists, dicts and arrays of numbers or text.

    Source: opcodes as documented in the standard library's `pickletools`, which also splits the file into them.
    """
    for start, what in _ARCHIVES.items():
        if data[: len(start)] == start:
            raise Refused(what)
    machine = _Machine()
    position = 0
    try:
        for opcode, argument, place in pickletools.genops(data):  # type: ignore[arg-type]
            position = place or 0
            machine.step(opcode.name, argument)
            if opcode.name == "BINFLOAT":
                machine.stack += _further_floats(data)
        if data.tell() != len(data):
            raise Refused("more behind the end of the pickle")
        (result,) = machine.stack
    except Refused as refusal:
        raise Refused(f"{refusal} at byte {position}") from None
    except (IndexError, KeyError, TypeError) as error:
        raise Refused(f"a damaged pickle: opcodes that do not fit together, about byte {position}") from error
    except (ValueError, OverflowError) as error:
        raise Refused(f"a damaged pickle: {error}, behind byte {position}") from error
    return result


def _further_floats(data: mmap.mmap) -> list[float]:
    """The run of float opcodes that comes next, at most a list's batch of 1,000, read at once."""
    start = data.tell()
    if data[start : start + 1] != b"G":
        return []
    block = data[start : start + 9 * 1000]
    opcodes = np.frombuffer(block, np.uint8, len(block) // 9 * 9).reshape(-1, 9)
    run = int(np.logical_and.accumulate(opcodes[:, 0] == _BINFLOAT).sum())
    data.seek(9 * run, os.SEEK_CUR)
    floats: list[float] = opcodes[:run, 1:].copy().view(">f8")[:, 0].tolist()
    return floats


class _Machine:
    """The stack, the marks in it and the memo."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.marked: list[list[object]] = []  # the stacks below each mark
        self.memo: dict[int, object] = {}

    def step(self, opcode: str, argument: Any) -> None:
        """Follow one opcode."""
        if opcode in _VALUES:
            self.push(argument)
        elif opcode in _RULES:
            _RULES[opcode](self, argument)
        elif opcode not in _NOTHING:
            raise Refused(f"the opcode {opcode}" + (f" {_shown(argument)}" if isinstance(argument, str) else ""))

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def mark(self) -> None:
        """Begin a group of items."""
        self.marked.append(self.stack)
        self.stack = []

    def group(self) -> list[object]:
        """Take the items since the last mark."""
        items, self.stack = self.stack, self.marked.pop()
        return items

    def take(self, count: int) -> list[object]:
        """Take the last `count` items."""
        return [self.stack.pop() for _ in range(count)][::-1]

    def extend(self, kind: type[List] | type[Dict], items: list[object]) -> None:
        """Append to the list, or put into the dict, on top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, kind):
            raise Refused(f"items put into {_kind(target)}")
        target.extend(items)

    def collect(self, kind: type[List] | type[Dict]) -> None:
        """Replace the items since the last mark by one list or dict of them."""
        items = self.group()
        self.push(kind())
        self.extend(kind, items)

    def remember(self, index: int) -> None:
        """Note what is on top of the stack."""
        self.memo[index] = self.stack[-1]

    def name(self, module: object, name: object) -> None:
        """Push what an allowed name stands for."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise Refused("a name that is not text")
        if (module, name) not in NAMES:
            raise Refused(_shown(f"{module}.{name}"))
        self.push(NAMES[module, name])

    def reduce(self) -> None:
        """Replace a name and its arguments by what `_build` makes of them."""
        function, arguments = self.take(2)
        self.push(_build(function, arguments))

    def state(self) -> None:
        """Give an array its content, or an element type its byte order."""
        state = self.stack.pop()
        match self.stack[-1], state:
            case Array() as target, (1, tuple(shape), DType(dtype), bool() | 0 | 1 as fortran, data):
                target.values = _view(data, dtype, shape, "F" if fortran else "C")
            case DType() as target, (3, str() | bytes() as order, None, None, None, int(), int(), int()):
                target.dtype = target.dtype.newbyteorder(_text(order))  # type: ignore[arg-type]
            case target, _:
                raise Refused(f"a state for {_kind(target)}")


def _build(function: object, arguments: object) -> object:
    """What a call would have made, for each of the calls that features need."""
    match function, arguments:
        case Name.RECONSTRUCT, (Name.ARRAY, (0,), b"b"):
            return Array()
        case Name.FROM_BUFFER, (data, DType(dtype), tuple(shape), "C" | "F" as order):
            return Array(_view(data, dtype, shape, order))
        case Name.SCALAR, (DType(dtype), data):
            return _view(data, dtype, (1,), "C")[0].item()
        case Name.DTYPE, (str() | bytes() as code, _, _):
            if not _DTYPE.fullmatch(_text(code)):
                what = "an object array" if _text(code).startswith("O") else "an array"
                raise Refused(f"{what} of element type {_shown(_text(code))}")
            return DType(np.dtype(_text(code)))
        case Name.ENCODE, (str(text), "latin1" | "latin-1"):
            return text.encode("latin-1")
        case Name.ORDERED_DICT, ():
            return Dict()
    raise Refused(f"a call of {_kind(function)} with other arguments than features need")


def _view(data: object, dtype: np.dtype[Any], shape: Iterable[object], order: Any) -> npt.NDArray[Any]:
    if not isinstance(data, bytes | bytearray):
        raise Refused(f"array content as {_kind(data)}")
    sizes = [size for size in shape if type(size) is int and 0 < size <= len(data)]
    if sizes != list(shape) or len(sizes) not in (1, 2) or math.prod(sizes) * dtype.itemsize != len(data):
        raise Refused(f"an array whose shape does not fit its {len(data)} bytes, or that is not 1- or 2-dimensional")
    return np.frombuffer(data, dtype).reshape(sizes, order=order)


def _text(value: str | bytes) -> str:
    """Text; Python 2 wrote it as bytes."""
    return value if isinstance(value, str) else value.decode()


def _kind(value: object) -> str:
    return value.name if isinstance(value, Name) else type(value).__name__


def _shown(text: str) -> str:
    """A text from the file for a message: no control characters, not too long."""
    shown = repr(text)[1:-1]
    return shown if len(shown) <= 60 else shown[:59] + "…"


_VALUES = {"NONE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE"} | {
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8")
}
_NOTHING = {"PROTO", "FRAME", "STOP"}
_RULES: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), lambda m, text: m.push(text.encode("latin-1"))),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda m, index: m.remember(index)),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, index: m.push(m.memo[index])),
    "MEMOIZE": lambda m, _: m.remember(len(m.memo)),
    "NEWTRUE": lambda m, _: m.push(True),
    "NEWFALSE": lambda m, _: m.push(False),
    "MARK": lambda m, _: m.mark(),
    "EMPTY_TUPLE": lambda m, _: m.push(()),
    "TUPLE1": lambda m, _: m.push(tuple(m.take(1))),
    "TUPLE2": lambda m, _: m.push(tuple(m.take(2))),
    "TUPLE3": lambda m, _: m.push(tuple(m.take(3))),
    "TUPLE": lambda m, _: m.push(tuple(m.group())),
    "EMPTY_LIST": lambda m, _: m.push(List()),
    "LIST": lambda m, _: m.collect(List),
    "APPEND": lambda m, _: m.extend(List, m.take(1)),
    "APPENDS": lambda m, _: m.extend(List, m.group()),
    "EMPTY_DICT": lambda m, _: m.push(Dict()),
    "DICT": lambda m, _: m.collect(Dict),
    "SETITEM": lambda m, _: m.extend(Dict, m.take(2)),
    "SETITEMS": lambda m, _: m.extend(Dict, m.group()),
    "STACK_GLOBAL": lambda m, _: m.name(*m.take(2)),
    "GLOBAL": lambda m, pair: m.name(*pair.split(" ", 1)),
    "REDUCE": lambda m, _: m.reduce(),
    "BUILD": lambda m, _: m.state(),
}
