"""What can be done to a run: name it, move it out and in, delete it and take that back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

from app.shared.services import catalog
from app.shared.services.access import Role, User, require
from pmf.data.unpack import safe_name
from pmf.errors import ConfigError, RunFormatError
from pmf.places import runs_folder
from pmf.runs import archive, trash
from pmf.runs.about import About, write_about


def describe(user: User, run_id: str, about: About) -> None:
    """Store a run's name, notes and tags.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: the run is not the user's own.
    """
    require(user, Role.ADMIN, "rename a run")
    write_about(_own(run_id), about)


def delete(user: User, run_id: str) -> None:
    """Move a run to the trash.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: the run is not the user's own.
        RunLockedError: a training is writing it.
    """
    require(user, Role.ADMIN, "delete a run")
    trash.move_to_trash(_own(run_id))


def deleted() -> list[str]:
    """Names of the runs in the trash."""
    return [path.name for path in trash.in_trash(runs_folder())]


def restore(user: User, name: str) -> str:
    """Take a run out of the trash.

    Returns:
        Its run id.

    Raises:
        NotAllowedError: the user is no admin.
        RunFormatError: it is not there.
    """
    require(user, Role.ADMIN, "restore a run")
    folders = {path.name: path for path in trash.in_trash(runs_folder())}
    if name not in folders:
        raise RunFormatError(f"there is no deleted run {name}; somebody has taken it out of the trash")
    return trash.restore(folders[name]).name


def empty_trash(user: User) -> int:
    """Delete for good what lies in the trash; returns how many runs that were.

    Raises:
        NotAllowedError: the user is no admin.
    """
    require(user, Role.ADMIN, "empty the trash")
    return trash.empty_trash(runs_folder())


def export(folder: Path) -> bytes:
    """A run as one file.

    Raises:
        RunFormatError: it is being written, or too large for one file.
    """
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / f"run{archive.SUFFIX}"
        archive.export_run(folder, out)
        return out.read_bytes()


def import_(user: User, name: str, content: IO[bytes]) -> str:
    """Take in a run that was exported, once it is checked.

    Args:
        user: an admin.
        name: the file's name; it becomes the run id.
        content: the file.

    Returns:
        The run id.

    Raises:
        NotAllowedError: the user is no admin.
        RunFormatError: it is no exported run, or a damaged one.
    """
    require(user, Role.ADMIN, "import a run")
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"{safe_name(name.removesuffix(archive.SUFFIX))}{archive.SUFFIX}"
        with file.open("wb") as out:
            while chunk := content.read(2**20):
                out.write(chunk)
        return archive.import_run(file, runs_folder()).name


def _own(run_id: str) -> Path:
    folder = catalog.run_folders().get(run_id)
    if folder is None or folder.parent != runs_folder():
        raise ConfigError(f"{run_id} is not among the runs of your own; those that came with the app stay as they are")
    return folder
