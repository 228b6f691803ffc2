"""Deleted runs lie in the trash beside the others until it is emptied."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from pmf.errors import RunFormatError, RunLockedError
from pmf.runs import layout
from pmf.runs.lock import RunLock
from pmf.runs.tasks import is_worked_on


def move_to_trash(folder: Path) -> Path:
    """Move a run into `.trash` beside it.

    Returns:
        Where it lies now.

    Raises:
        RunFormatError: it is no run.
        RunLockedError: a process is writing it.
    """
    run = any((folder / name).is_file() for name in (layout.CONFIG, layout.PROCESS_LOG))  # the latter: never got going
    if not run or folder.is_symlink() or folder.name.startswith("."):
        raise RunFormatError(f"{folder} is no run folder")
    if is_worked_on(folder):
        raise RunLockedError(f"{folder} is being worked on for one of its pages; wait, or cancel it there")
    trash = folder.parent / layout.TRASH
    try:
        trash.mkdir(exist_ok=True)
        with RunLock(folder):
            return folder.rename(_free(trash / folder.name))
    except OSError as error:
        raise RunFormatError(f"{folder} cannot be moved to {trash}: {error.strerror}") from error


def in_trash(root: Path) -> list[Path]:
    """The deleted runs of a folder of runs, by name."""
    trash = root / layout.TRASH
    return sorted(path for path in trash.iterdir() if path.is_dir() and not path.is_symlink()) if trash.is_dir() else []


def restore(path: Path) -> Path:
    """Move a run out of the trash, back to the other runs, under a free name.

    Raises:
        RunFormatError: it does not lie in a trash.
    """
    if path not in in_trash(path.parents[1]):
        raise RunFormatError(f"{path} is no deleted run")
    return path.rename(_free(path.parents[1] / path.name))


def empty_trash(root: Path) -> int:
    """Delete for good what lies in the trash of a folder of runs, and say how many runs that were."""
    runs = in_trash(root)
    for path in runs:
        with contextlib.suppress(FileNotFoundError):  # somebody else empties it too
            shutil.rmtree(path)
    return len(runs)


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists() or free.is_symlink():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
