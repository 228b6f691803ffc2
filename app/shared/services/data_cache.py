"""The data sets looked at last, shared by all sessions, each read once while somebody can watch."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from app.shared.services import data_sets
from app.shared.services.data_view import DataView
from pmf.data.pictures import suffixes
from pmf.data.readers import read_graph_pair
from pmf.progress import Progress, listening

_MOST_FILES = 20_000
_KEPT = 3
_VIEWS: dict[tuple[object, ...], DataView] = {}  # in the order of use
_LOCK = threading.Lock()


def open_view(folder: Path, progress: Progress) -> DataView:
    """The data set as it stands now; a session that asks while it is being read waits for the same reading.

    Args:
        folder: of the data set.
        progress: called, where it has to be read, with the name of a file, and the bytes read of all files.

    Raises:
        DataFormatError: it cannot be read.
    """
    key = (folder, data_sets.stamp(folder))
    with _LOCK:
        view = _VIEWS.pop(key, None)
        if view is None:
            with listening(_AllFiles(folder, progress)):
                view = DataView(read_graph_pair(folder))
            for oldest in list(_VIEWS)[: len(_VIEWS) - _KEPT + 1]:
                del _VIEWS[oldest]
        _VIEWS[key] = view
        return view


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder that are no pictures."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names if Path(name).suffix.lower() not in suffixes())


class _AllFiles:
    """The progress of all the data set's bytes, its pictures left out, from that of each file."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.sizes: dict[Path, int] = {}
        for path in islice(_files(folder), _MOST_FILES):  # an address may name any folder, even the whole disk
            with suppress(OSError):
                self.sizes[path.resolve()] = path.stat().st_size
        self.read: dict[Path, float] = {}
        self.progress = progress

    def __call__(self, what: str, done: int, total: int) -> None:
        path = Path(what.removeprefix("reading ")).resolve()
        if path not in self.sizes:
            return  # a picture, or the folder itself
        self.read = {**dict.fromkeys(self.read, 1.0), path: max(done / max(1, total), self.read.get(path, 0.0))}
        read = sum(self.sizes[file] * share for file, share in self.read.items())
        self.progress(path.name, int(read), sum(self.sizes.values()))
