"""A folder that is filled with untrusted names and contents."""

from __future__ import annotations

import errno
import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from pmf.errors import DataFormatError
from pmf.files import hidden_folder

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")

_CHUNK = 256 * 1024
_JUNK = re.compile(r"(.*/)?(__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be unpacked.

    Args:
        members: files and folders.
        size: bytes of all files.
        ratio: bytes of all files for each byte of the archive.
        harmless: bytes of all files up to which any ratio will do.
        depth: folders inside each other.
    """

    members: int = 100_000
    size: int = 8 * 2**30
    ratio: int = 100
    harmless: int = 64 * 2**20
    depth: int = 16


def store(root: Path, name: str, fill: Callable[[Path], None]) -> Path:
    """Make a folder below `root` that is there whole or not at all, however this ends.

    Args:
        root: made where it is not there.
        name: what to call the folder, e.g. an upload's file name; sanitised, and numbered where it is taken.
        fill: writes into the folder it is given, which has a hidden name until it returns.

    Returns:
        The new folder.

    Raises:
        DataFormatError: it cannot be written; whatever `fill` raises goes through.
    """
    try:
        with hidden_folder(root) as folder:
            fill(folder)
            target = _move_in(folder, root, safe_name(name))
    except OSError as error:
        raise DataFormatError(root, expected="a folder that can be written to", got=str(error.strerror)) from error
    return target


def safe_name(name: str) -> str:
    """A folder name made of an archive's: letters, digits, dots and dashes, neither hidden nor long, never empty."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem = next((last[: -len(s)] for s in sorted(SUFFIXES, key=len)[::-1] if last.lower().endswith(s)), last)
    return re.sub(r"[^\w.-]+", "-", stem).strip(".-")[:60] or "data"


def _move_in(folder: Path, root: Path, name: str) -> Path:
    """Move a folder below `root` under a free name, which others may take at the same moment."""
    while True:
        target = _free(root, name)
        try:
            return folder.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise


def _free(root: Path, name: str) -> Path:
    number, path = 1, root / name
    while path.exists() or path.is_symlink():
        number += 1
        path = root / f"{name}-{number}"
    return path


@dataclass
class Folder:
    """A folder being filled, which refuses a member before anything of it lies outside or beyond the limits.

    Args:
        archive: name of what is unpacked, for the error messages.
        path: an empty folder.
        limits: see `Limits`.
        packed: bytes of the archive.
    """

    archive: str
    path: Path
    limits: Limits
    packed: int
    written: int = 0
    members: set[tuple[str, ...]] = field(default_factory=set)

    def refuse(self, expected: str, got: str) -> NoReturn:
        """Raise the one error of this module."""
        raise DataFormatError(Path(self.archive), expected=expected, got=got)

    def folder(self, name: str) -> None:
        """Make a folder, which may be there already."""
        self._make(self._pieces(name))

    def file(self, name: str, content: IO[bytes]) -> int:
        """Write a file and return its bytes."""
        pieces = self._pieces(name)
        if _JUNK.fullmatch("/".join(pieces)):
            return self._copy(content, io.BytesIO())
        self._make(pieces[:-1])
        self._count(pieces)
        try:
            with self.path.joinpath(*pieces).open("xb") as file:  # x: never over another, whatever the disk calls equal
                return self._copy(content, file)
        except (FileExistsError, NotADirectoryError):
            self.refuse("each name once", repr(name))

    def _pieces(self, name: str) -> tuple[str, ...]:
        """The name's pieces, each safe to be joined to a folder."""
        pieces = tuple(piece for piece in name.removesuffix("/").split("/") if piece != ".")
        fits = (
            0 < len(pieces) <= self.limits.depth
            and all(pieces)
            and ".." not in pieces
            and not re.search(r"\\|^[A-Za-z]:", name)
            and not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
            and all(len(piece.encode()) <= 255 for piece in pieces)
        )
        if not fits:
            self.refuse("names of files inside the archive's own folder", repr(name))
        return pieces

    def _make(self, pieces: tuple[str, ...]) -> None:
        for end in range(1, len(pieces) + 1):
            if pieces[:end] not in self.members:
                self._count(pieces[:end])
                try:
                    self.path.joinpath(*pieces[:end]).mkdir()
                except (FileExistsError, NotADirectoryError):
                    self.refuse("each name once", repr("/".join(pieces[:end])))

    def _count(self, pieces: tuple[str, ...]) -> None:
        self.members.add(pieces)
        if len(self.members) > self.limits.members:
            self.refuse(f"at most {self.limits.members:,} files and folders", "more")

    def _copy(self, content: IO[bytes], file: IO[bytes]) -> int:
        before = self.written
        while chunk := content.read(_CHUNK):
            self.written += len(chunk)
            if self.written > self.limits.size:
                self.refuse(f"at most {self.limits.size / 2**30:,.1f} GB unpacked", "more")
            if self.written > max(self.limits.harmless, self.limits.ratio * self.packed):
                self.refuse(f"at most {self.limits.ratio} times its own size unpacked", "more, as made to fill a disk")
            file.write(chunk)
        return self.written - before
