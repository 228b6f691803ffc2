"""Uploaded files become a data set below the data root, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from app.services import data_sets
from pmf.data.readers import read_graph_pair
from pmf.data.unpack import SUFFIXES, Folder, Limits, store, unpack
from pmf.errors import DataFormatError

NAME = "upload"


class Upload(Protocol):
    """A file that somebody sent."""

    name: str

    def getbuffer(self) -> memoryview: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def read(self, size: int = -1, /) -> bytes: ...


def receive(files: Sequence[Upload], limits: Limits | None = None) -> list[Path]:
    """Store an upload: unpacked, read once from end to end, then moved into place.

    Args:
        files: one archive, or the files of a data set whose layout has no folders.
        limits: see `pmf.data.unpack.Limits`.

    Returns:
        The folders of the data sets in it, at least one.

    Raises:
        DataFormatError: it cannot be unpacked, holds no data set, or one of them is malformed; nothing is kept then.
    """
    archives = [file for file in files if file.name.lower().endswith(SUFFIXES)]
    if not files or (archives and len(files) > 1):
        names = ", ".join(file.name for file in files) or "nothing"
        raise DataFormatError(Path(NAME), expected="one archive, or the files of one data set", got=names)
    name = files[0].name if archives else NAME

    def fill(folder: Path) -> None:
        if archives:
            unpack(_stream(files[0]), name, folder, limits)
        else:
            into = Folder(name, folder, limits or Limits(), sum(len(file.getbuffer()) for file in files))
            for file in files:
                into.file(file.name, _stream(file))
        _check(folder, name)

    return data_sets.data_sets_below(store(data_sets.root(), name, fill))


def _stream(file: Upload) -> IO[bytes]:
    file.seek(0)
    return file  # type: ignore[return-value]


def _check(folder: Path, name: str) -> None:
    """Read every data set; where that fails, the place of the fault is told by the names inside the upload."""
    found = data_sets.data_sets_below(folder)
    if not found:
        looks_for = " or ".join(layout.LOOKS_FOR for layout in data_sets.LAYOUTS if hasattr(layout, "LOOKS_FOR"))
        content = ", ".join(sorted(item.name for item in folder.iterdir())) or "nothing"
        raise DataFormatError(Path(name), expected=looks_for, got=content)
    for place in found:
        try:
            read_graph_pair(place)
        except DataFormatError as error:
            at = error.path.relative_to(folder) if error.path.is_relative_to(folder) else Path(error.path.name)
            raise DataFormatError(name / at, expected=error.expected, got=error.got, line=error.line) from error
