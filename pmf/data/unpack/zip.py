"""The members of a zip archive, one after the other."""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import IO

from pmf.data.unpack.folder import Folder

_END = struct.Struct("<4s4H2LH")
_LOCATOR = 20  # bytes that, before the end, say where a large archive's figures stand
_LONGEST_ENTRY = 400  # bytes of the directory that a member takes at most, on average


def unpack_zip(archive: IO[bytes], into: Folder) -> None:
    """Unpack a zip archive, see `pmf.data.unpack.unpack`."""
    _check_directory(archive, into)
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            name = member.orig_filename  # `filename` is cut at a NUL
            if member.flag_bits & 0x1:
                into.refuse("files that are not encrypted", repr(name))
            if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                into.refuse("files and folders only", f"a link or a device, {name!r}")
            if name.endswith("/"):
                into.folder(name)
                continue
            # the others may make gigabytes of one chunk before anybody can count them
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                into.refuse("a zip that is stored or deflated", f"another compression of {name!r}")
            with members.open(member) as content:
                into.file(name, content)


def _check_directory(archive: IO[bytes], into: Folder) -> None:
    """Refuse a table of contents that cannot be honest: `zipfile` reads it whole before anything can be counted."""
    archive.seek(max(0, into.packed - _END.size - 0xFFFF - _LOCATOR))
    end = archive.read()
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) - at < _END.size:
        into.refuse("a whole zip archive", "one without its end")
    _, _, _, _, members, size, offset, _ = _END.unpack_from(end, at)
    located = end[max(0, at - _LOCATOR) :].startswith(b"PK\6\7")  # other figures stand elsewhere
    if located or members == 0xFFFF or 0xFFFFFFFF in (size, offset):
        into.refuse("a zip of at most 65,534 files and 4 GB (a larger data set goes into a tar)", "a larger one")
    if members > into.limits.members or size > into.limits.members * _LONGEST_ENTRY:
        into.refuse(f"at most {into.limits.members:,} files and folders", "more")
