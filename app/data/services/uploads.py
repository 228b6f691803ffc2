"""Uploaded files become a data set below the data root, or nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from app.shared.services import data_sets
from app.shared.services.access import Role, User, require
from pmf.data.readers import LOOKS_FOR, read_graph_pair
from pmf.data.readers.mapping import can_be_mapped
from pmf.data.readers.packed import unpacked_name
from pmf.data.readers.rdf_files import rdf_ending
from pmf.data.readers.roles import TABLE_ENDINGS, named_sides
from pmf.data.unpack import SUFFIXES, Folder, Limits, store, unpack
from pmf.errors import DataFormatError
from pmf.places import data_folder

NAME = "upload"


def receive(user: User, files: Sequence[tuple[str, IO[bytes]]], limits: Limits | None = None) -> list[Path]:
    """Store an upload: unpacked, read once from end to end, then moved into place.

    Args:
        user: who uploads, an admin.
        files: names and contents of one archive, or of the files of a data set whose layout has no folders.
        limits: see `pmf.data.unpack.Limits`.

    Returns:
        The folders of the data sets in it, at least one.

    Raises:
        NotAllowedError: the user may not upload.
        DataFormatError: it cannot be unpacked, holds no data set, or one of them is malformed; nothing is kept then.
            Tables and dumps of which it cannot be told what they are, are kept: the page asks.
    """
    require(user, Role.ADMIN, "upload data sets")
    is_archive = any(name.lower().endswith(SUFFIXES) for name, _ in files)
    if not files or (is_archive and len(files) > 1):
        names = ", ".join(name for name, _ in files) or "nothing"
        raise DataFormatError(Path(NAME), expected="one archive, or the files of one data set", got=names)
    name = files[0][0] if is_archive else _name_of([name for name, _ in files])

    def fill(folder: Path) -> None:
        if is_archive:
            unpack(files[0][1], name, folder, limits)
        else:
            into = Folder(name, folder, limits or Limits(), sum(file.seek(0, io.SEEK_END) for _, file in files))
            for one, file in files:
                file.seek(0)
                into.file(one, file)
        _check(folder, name)

    return data_sets.data_sets_below(store(data_folder(), name, fill))


def _name_of(files: list[str]) -> str:
    """What to call tables and dumps that come without a folder: by the first two that hold no pairs."""
    paths = [Path(file) for file in files]  # names alone: nothing is stored yet
    stems = [p.name.partition(".")[0] for p in paths if unpacked_name(p).endswith(TABLE_ENDINGS) or rdf_ending(p)]
    return "-".join(sorted(stems, key=len)[:2]) or NAME


def _check(folder: Path, name: str) -> None:
    """Read every data set; where that fails, the place of the fault is told by the names inside the upload."""
    folders = data_sets.data_sets_below(folder)
    if not folders:
        content = ", ".join(sorted(item.name for item in folder.iterdir())) or "nothing"
        raise DataFormatError(Path(name), expected=LOOKS_FOR, got=content)
    for place in folders:
        try:
            read_graph_pair(place)
        except DataFormatError as error:
            if can_be_mapped(place) and not any(named_sides(place)):
                continue  # the page asks which file and which column is what
            at = error.path.relative_to(folder) if error.path.is_relative_to(folder) else Path(error.path.name)
            raise DataFormatError(Path(name) / at, expected=error.expected, got=error.got, line=error.line) from error
