"""The members of a tar archive, one after the other, decompressed on the way."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from typing import IO, Any, cast

from pmf.data.unpack.folder import Folder

_HEADERS, _HEADERS_EACH = 2**20, 2560  # bytes of headers at first, and for each member: hostile ones are long


class _Rationed:
    """A stream of which a tar reader gets no more than `left` bytes before it is given more."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        self.stream, self.left, self.last = stream, left, b""

    def read(self, size: int) -> bytes:
        if size > self.left:
            raise tarfile.HeaderError("headers that are too long")
        self.left -= size
        self.last = self.stream.read(size)
        return self.last

    def seek(self, offset: int) -> int:
        return self.stream.seek(offset)

    def tell(self) -> int:
        return self.stream.tell()


def _decompressed(archive: IO[bytes]) -> IO[bytes]:
    archive.seek(0)
    start = archive.read(6)
    archive.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=archive))
    if start.startswith(b"BZh"):
        return bz2.BZ2File(archive)
    return lzma.LZMAFile(archive) if start == b"\xfd7zXZ\0" else archive


def unpack_tar(archive: IO[bytes], into: Folder) -> None:
    """Unpack a tar archive, see `pmf.data.unpack.unpack`."""
    rationed: Any = _Rationed(_decompressed(archive), _HEADERS)
    with tarfile.open(fileobj=rationed, mode="r:") as opened:
        _unpack_members(opened, rationed, into)
    if rationed.last.strip(b"\0"):  # tarfile takes a damaged header for the end
        into.refuse("an undamaged tar archive", "a damaged header")


def _unpack_members(members: Any, rationed: _Rationed, into: Folder) -> None:
    while member := members.next():
        if not (member.isreg() or member.isdir()) or member.issparse():
            into.refuse("files and folders only", f"a link or a device, {member.name!r}")
        if member.size < 0:
            into.refuse("an undamaged tar archive", f"a negative size, {member.name!r}")
        if member.isreg():
            headers, rationed.left = rationed.left, member.size
            if into.file(member.name, members.extractfile(member)) != member.size:
                into.refuse("an undamaged tar archive", f"the end within {member.name!r}")
            rationed.left = headers
        elif member.name.strip("./"):  # not "./", the folder that was packed
            into.folder(member.name)
        rationed.left += _HEADERS_EACH
        members.members.clear()  # else every header is kept
