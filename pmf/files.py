"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pmf.errors import ConfigError

_HIDDEN = ".new-"
_LEFT_BEHIND = 24 * 3600  # seconds; nothing takes that long to write


def replace_file(path: Path, write: Callable[[Path], object], *, durable: bool = True) -> None:
    """Call `write(temporary path)` and put the file in the place of `path` in one step.

    Args:
        path: the file; its folder is made where it is not there.
        write: called with the path to write to.
        durable: force it to disk before; otherwise a power cut may leave it empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as temporary:
        write(temporary)
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A hidden path to write to, which takes the place of `path` once the block has ended well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def hidden_folder(parent: Path) -> Iterator[Path]:
    """An empty folder with a hidden name to fill and then move; what is left of it afterwards is removed.

    What a killed process has left of such folders is removed a day later.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{_HIDDEN}*"):
        with suppress(FileNotFoundError):  # another process removes it too
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=_HIDDEN) as scratch:
        folder = Path(scratch) / "data"
        folder.mkdir()
        yield folder


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder to fill, which gets the name `folder` once the block has ended well.

    Raises:
        ConfigError: there is something of that name.
    """
    if folder.exists() or folder.is_symlink():
        raise ConfigError(f"{folder} exists already: name a new folder, or remove it first")
    with hidden_folder(folder.parent) as part:
        yield part
        part.rename(folder)
