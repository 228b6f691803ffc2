"""Unpack an untrusted archive into one new folder, within limits: whole, or not at all.

Only plain files and folders are ever written, each under a name that is checked piece by piece, so that nothing lands
outside; the sizes that an archive claims for itself are never believed. `tarfile` and `zipfile` read the archives. The
filters of `tarfile` are not used: they know no limits, `zipfile` has none, and one check of names serves both.
"""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from pmf.data.unpack.folder import SUFFIXES, Folder, Limits, safe_name, store
from pmf.data.unpack.tar import unpack_tar
from pmf.data.unpack.zip import unpack_zip

__all__ = ["SUFFIXES", "Folder", "Limits", "safe_name", "store", "unpack"]

_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,  # a zip feature that Python lacks
    RecursionError,  # header upon header
    MemoryError,  # an xz stream may ask for any amount
)


def unpack(archive: IO[bytes], name: str, folder: Path, limits: Limits | None = None) -> None:
    """Unpack a zip or tar archive, the latter plain or compressed by gzip, bzip2 or xz.

    What macOS and Windows add by themselves (`__MACOSX`, `.DS_Store`, …) is left out.

    Args:
        archive: a seekable stream.
        name: the archive's file name, for the error messages.
        folder: an empty folder to unpack into, see `store`.
        limits: `Limits()` unless told otherwise.

    Raises:
        DataFormatError: it is no such archive or a damaged one, goes beyond the limits, is encrypted, or a member is
            a link or a device, has a name that leads out of the folder, or has the name of another.
    """
    packed = archive.seek(0, io.SEEK_END)
    archive.seek(0)
    is_zip = archive.read(2) == b"PK"
    into = Folder(name, folder, limits or Limits(), packed)
    try:
        (unpack_zip if is_zip else unpack_tar)(archive, into)
    except (OSError, *_DAMAGED) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's fault; those of decoders have no number
            raise
        into.refuse("an undamaged zip or tar archive", str(error) or type(error).__name__)
