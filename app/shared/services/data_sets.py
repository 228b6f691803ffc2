"""Which data sets there are to look at: the bundled one, and the folders below the data root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pmf.data.readers import DEMO_FOLDER, LAYOUTS
from pmf.errors import ConfigError
from pmf.places import data_folder, only_root

DEMO = "demo"
DEEPEST, MOST_FOLDERS = 4, 500


def known() -> list[str]:
    """Names of the data sets there are: the bundled one, then the folders below the root by name."""
    return [DEMO, *sorted(name_of(folder) for folder in data_sets_below(data_folder()) if _allowed(folder))]


def data_sets_below(folder: Path) -> list[Path]:
    """The folder itself or those in it, a few levels deep, that are in a layout a reader knows."""
    data_sets, level, seen = [], [folder], 0
    for _ in range(DEEPEST + 1):
        deeper: list[Path] = []
        for place in level:
            seen += 1
            if any(layout.recognises(place) for layout in LAYOUTS):
                data_sets.append(place)
            elif seen <= MOST_FOLDERS:
                deeper += _folders_in(place)
        level = deeper[:MOST_FOLDERS]
    return data_sets


def _folders_in(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as items:
            names = sorted(item.name for item in items if not item.name.startswith(".") and item.is_dir())
    except OSError:
        return iter(())
    return (folder / name for name in names)


def locate(name: str) -> Path:
    """The folder of a data set's name, as it stands in the address bar.

    Args:
        name: "demo", a path relative to the data root, or an absolute one.

    Raises:
        ConfigError: the folder is out of bounds, or no path at all.
    """
    if name == DEMO:
        return DEMO_FOLDER
    try:
        folder = data_folder() / (Path(name) if only_root() else Path(name).expanduser())
        folder.stat()
    except FileNotFoundError:
        pass  # opening it will say so
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a user that is not there, a NUL
        raise ConfigError(f"{name[:80]!r} is no path of a folder; choose a data set above") from None
    if not _allowed(folder):
        raise ConfigError(
            f"{name[:99]} lies outside the data root of this server; choose a data set above or upload one"
        )
    return folder


def name_of(folder: Path) -> str:
    """The inverse of `locate`."""
    if folder == DEMO_FOLDER:
        return DEMO
    return folder.relative_to(data_folder()).as_posix() if folder.is_relative_to(data_folder()) else str(folder)


def _allowed(folder: Path) -> bool:
    if not only_root():
        return True
    try:
        return folder.resolve().is_relative_to(data_folder().resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Changes whenever a table of the data set, or the list of its pictures, has changed: part of a cache's key."""
    places = [folder, *(folder / side for side in ("source", "target"))]
    times: dict[str, int] = {}
    for place in places:
        try:
            with os.scandir(place) as items:
                times[str(place)] = place.stat().st_mtime_ns
                times |= {item.path: item.stat().st_mtime_ns for item in items}
        except OSError:
            continue
    return tuple(sorted(times.items()))
