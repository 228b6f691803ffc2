"""Pickles that would run a program, or take all the memory, in the hands of `pickle.load`."""

from __future__ import annotations

import gzip
import os
import pickle
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Evil:
    """Pickled, it is a call of `os.system`."""

    command: str

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


def call(module: str, name: str, argument: str) -> bytes:
    """Protocol 4: look the name up and call it with one text."""
    texts = [b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name, argument)]
    return b"\x80\x04" + texts[0] + texts[1] + b"\x93" + texts[2] + b"\x85R."


def programs(canary: Path) -> dict[str, tuple[bytes, str]]:
    """Name → (pickle that would create `canary`, what its refusal says)."""
    command = f"touch {canary}"
    line, made = command.encode(), f"open({str(canary)!r}, 'w')"
    objects = np.array([Evil(command), 1], dtype=object)
    fields = np.array([(1, Evil(command))], dtype=[("a", "<f4"), ("b", "O")])
    evil = {
        f"system, protocol {protocol}": (pickle.dumps({1: Evil(command)}, protocol), r"posix\.system at byte \d+$")
        for protocol in range(6)
    }
    objects_ = {
        f"object array, protocol {protocol}": (pickle.dumps({1: objects}, protocol), r"object array|posix\.system")
        for protocol in range(6)
    }
    called = {
        f"{module}.{name}": (call(module, name, made), f"{module}.{name} at byte")
        for module, name in [
            *[("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"), ("__builtin__", "eval")],
            *[("os", "system"), ("subprocess", "getoutput"), ("runpy", "run_path"), ("pickle", "loads")],
            *[("numpy", "load"), ("numpy", "memmap"), ("numpy.f2py", "compile"), ("numpy.testing", "runstring")],
            *[("numpy", "ndarray.__class__.__base__"), ("numpy", "ndarray.tofile"), ("numpy.ndarray", "tofile")],
            *[("numpy", "dtype.__init__.__globals__"), ("numpy.core", "multiarray._reconstruct"), ("numpy", "")],
            *[("collections", "namedtuple"), ("_codecs", "lookup"), ("copyreg", "_reconstructor"), ("", "")],
        ]
    }
    return {
        **evil,
        **objects_,
        **called,
        "structure with an object": (pickle.dumps(fields), "an array of element type V"),
        "os.system as INST": (b"(V" + line + b"\nios\nsystem\n.", r"os\.system at byte"),
        "os.system as OBJ": (b"(cos\nsystem\nV" + line + b"\no.", r"os\.system at byte \d+$"),
        "getattr of getattr": (b"cbuiltins\ngetattr\n(cos\nVsystem\ntR(V" + line + b"\ntR.", "builtins.getattr"),
        "frame that lies": (
            b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"cos\nsystem\n.",
            "data was truncated",
        ),
        "terminal codes in a name": (b"cos\n\x1b[2Jsystem\n.", r"os\.\\x1b\[2Jsystem at byte \d+$"),
        "two pickles": (pickle.dumps({1: [1.0]}) + pickle.dumps(Evil(command)), "more behind the end"),
    }


ROWS = b"".join(b"M" + struct.pack("<H", row) + b"h\x00" for row in range(1, 20_001))

MEMORY = "one that needs more memory"

WRONG = {
    "copyreg extension, 1 byte": (b"\x80\x02\x82\x01.", "unregistered extension code 1"),
    "copyreg extension, 4 bytes": (b"\x80\x02\x84\x01\0\0\0.", "unregistered extension code 1"),
    "persistent id": (b"Pstorage\n.", "a persistent id"),
    "persistent id, binary": (b"\x80\x02K\x01Q.", "a persistent id"),
    "new object of an allowed name": (b"\x80\x02cnumpy\nndarray\n)\x81.", "argument must be a type"),
    "buffer from outside": (b"\x80\x05\x97.", "out-of-band data"),
    "set": (b"\x80\x04\x8f(K\x01\x90.", "a pickled set that holds no features"),
    "name of numbers": (b"\x80\x04K\x01K\x02\x93.", "STACK_GLOBAL requires str"),
    "call of a text": (b"Vos\n)R.", "not callable"),
    "call of an array": (b"cnumpy\nndarray\n)R.", "a call of ndarray"),
    "codec that unpacks": (b"c_codecs\nencode\n(Vx\nVzlib\ntR.", "a call of encode"),
    "element types in a list": (b"cnumpy\ndtype\n(Vf4,O\nI0\nI1\ntR.", "an array of element type f4,O"),
    "void": (b"cnumpy\ndtype\n(VV4294967296\nI0\nI1\ntR.", "element type V4294967296"),
    "attributes for a name": (b"cnumpy\nndarray\n}Vx\nK\x01sb.", "a state for ndarray"),
    "attributes for a list": (b"]}Vx\nK\x01sb.", "'list' object has no attribute"),
    "attributes for a dict": (b"}(NNtb.", "slot state is not a dictionary"),
    "items for an array": (b"cnumpy\nndarray\nK\x01a.", "'Named' object has no attribute"),
    "bytes by the exabyte": (b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b"x.", MEMORY),
    "bytes by the gigabyte": (b"\x80\x03B" + struct.pack("<I", 2**32 - 1) + b"x.", MEMORY),
    "text by the exabyte": (b"\x80\x04\x8d" + struct.pack("<Q", 2**60) + b"x.", "a damaged pickle"),
    "bytearray by the exabyte": (b"\x80\x05\x96" + struct.pack("<Q", 2**60) + b"x.", MEMORY),
    "integer by the gigabyte": (b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"x.", "a damaged pickle"),
    "negative length": (b"\x80\x02\x8b" + struct.pack("<i", -1) + b"x.", "a damaged pickle"),
    "integer of a million digits": (b"L" + b"9" * 1_000_000 + b"L\n.", "a damaged pickle"),
    "memo never filled": (b"h\x05.", "Memo value not found"),
    "memo from nothing": (b"q\x05.", "a damaged pickle"),
    "mark missing": (b"]e.", "a damaged pickle"),
    "key without a value": (b"}(K\x01u.", "a damaged pickle"),
    "nothing left": (b".", "a damaged pickle"),
    "no end": (b"}", "a damaged pickle: Ran out of input"),
    "no pickle": (b"\x93NUMPY\x01\x00", "a damaged pickle"),
    "gzip bomb": (gzip.compress(bytes(50_000_000)), "a gzip archive"),
    "zip archive": (b"PK\x03\x04" + bytes(30), r"a zip archive \(torch.save"),
    "list within itself": (b"]q\x00h\x00a.", "a pickled list that holds no features"),
    "memo at the last place": (b"]r\xff\xff\xff\xff.", MEMORY),
    "billion laughs": (
        b"(]" + b"".join(b"q%c](" % i + b"h%c" % i * 10 + b"e" for i in range(200)) + b"t.",
        "no features",
    ),
    "100,000 lists deep": (b"]" * 100_000 + b"a" * 99_999 + b".", "no features"),
    "a key 100,000 tuples deep": (b"})" + b"\x85" * 100_000 + b"K\x01s.", "keys of type tuple"),
    "every row the same 240 kB": (
        b"\x80\x03}(K\x00(" + b"K\x00" * 60_000 + b"tq\x00" + ROWS + b"u.",
        "20001 vectors of 60000 numbers, more than the memory limit",
    ),
}
"""Name → (pickle, what its refusal says)."""
