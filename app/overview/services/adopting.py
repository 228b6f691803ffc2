"""What another system has left, uploaded → a run."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from app.shared.services import data_sets
from app.shared.services.access import Role, User, require
from pmf.data.unpack import SUFFIXES, Folder, Limits, safe_name, unpack
from pmf.errors import DataFormatError
from pmf.places import cache_folder, new_run_folder

NAME = "upload"


def receive(
    user: User, data: str, files: Sequence[tuple[str, IO[bytes]]], *, split: str | None, settings: Mapping[str, str]
) -> str:
    """Make a run of uploaded files; maps and causes are left to the pages, which offer them.

    Args:
        user: who uploads, an admin.
        data: the data set's name, as in the address bar.
        files: names and contents of one archive, or of the files themselves.
        split: a run whose test links count, None = as `pmf.adopting.split` finds out.
        settings: how candidates are ranked, by name, see `pmf.adopting.ranking`.

    Returns:
        The run id.

    Raises:
        NotAllowedError: the user may not upload.
        PMFError: the files cannot be read, or do not fit the data; nothing is kept then.
    """
    from pmf.adopting.adopt import Wishes, adopt  # here, not above: it takes seconds to import, and few adopt

    require(user, Role.ADMIN, "adopt a run")
    if not files:
        raise DataFormatError(Path(NAME), expected="one archive, or files", got="nothing")
    folder = data_sets.locate(data)
    out = new_run_folder(data if data == data_sets.DEMO else str(folder), "adopted")
    cache_folder().mkdir(parents=True, exist_ok=True)  # a server that opens nothing else opens this
    with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
        source = _unpacked(Path(scratch), files)
        try:
            run = adopt(data_sets.DEMO if data == data_sets.DEMO else folder, source, out,
                        Wishes(split=split, settings=settings), maps=False)  # fmt: skip
        except DataFormatError as error:
            at = error.path.relative_to(scratch) if error.path.is_relative_to(scratch) else error.path
            raise DataFormatError(at, expected=error.expected, got=error.got, line=error.line) from error
    return run.run_id


def _unpacked(scratch: Path, files: Sequence[tuple[str, IO[bytes]]]) -> Path:
    """The file itself where there is one alone, else the folder of all."""
    archive = next(((name, file) for name, file in files if name.lower().endswith(SUFFIXES)), None)
    folder = scratch / (safe_name(archive[0]) if archive else NAME)
    folder.mkdir()
    if archive:
        unpack(archive[1], archive[0], folder)
    else:
        into = Folder(NAME, folder, Limits(), sum(file.seek(0, io.SEEK_END) for _, file in files))
        for name, file in files:
            file.seek(0)
            into.file(name, file)
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return inside[0] if len(inside) == 1 else folder
