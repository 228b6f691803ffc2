"""Compressed files, read within limits."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pmf.data.unpack import Limits
from pmf.errors import DataFormatError

_OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


def is_packed(path: Path) -> bool:
    """Whether a file is compressed, by its ending."""
    return path.suffix.lower() in _OPENERS


def unpacked_name(path: Path) -> str:
    """The file's name in lower case without what says how it is compressed."""
    return path.name.lower().removesuffix(path.suffix.lower()) if is_packed(path) else path.name.lower()


def unpacked(path: Path, raw: IO[bytes]) -> io.BufferedReader:
    """The content of a compressed file, given up when it becomes too large (`Limits`).

    Args:
        path: the file.
        raw: it, opened.
    """
    return io.BufferedReader(_Bounded(path, _OPENERS[path.suffix.lower()](raw), path.stat().st_size))


class _Bounded(io.RawIOBase):
    """A compressed stream that is given up when it becomes too large; see `Limits`."""

    def __init__(self, path: Path, stream: Any, packed: int) -> None:
        self.path, self.stream, self.read_so_far = path, stream, 0
        limits = Limits()
        self.most = min(limits.size, max(limits.harmless, packed * limits.ratio))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self.stream.read(len(buffer))
        except _DAMAGED as error:
            raise DataFormatError(self.path, expected="an undamaged compressed file", got=str(error)) from error
        self.read_so_far += len(data)
        if self.read_so_far > self.most:
            expected = f"at most {self.most:,} bytes when unpacked"
            raise DataFormatError(self.path, expected=expected, got="more")
        buffer[: len(data)] = data
        return len(data)
