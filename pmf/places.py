"""Where things lie: the one place that reads `PMF_RUNS`, `PMF_DATA` and `PMF_CACHE`.

Every command, the app and the queue ask here, so a run that one of them writes is a run that the others see. A relative
path counts from the folder in which the first process was started; `settle` makes that hold for its children too.
"""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path

import platformdirs

from pmf.errors import ConfigError

VARIABLES = ("PMF_RUNS", "PMF_DATA", "PMF_CACHE")
_PACKAGE = Path(__file__).parent
ASSETS = next(
    (folder for folder in (_PACKAGE / "assets", _PACKAGE.parent / "assets") if folder.is_dir()), _PACKAGE / "assets"
)
"""The bundled data set, its runs and studies: inside an installed package, beside the package in a clone."""


def runs_folder() -> Path:
    """Where new runs go and the app looks for them: `PMF_RUNS`, or `runs/` in the working folder."""
    return Path(os.environ.get("PMF_RUNS") or "runs").absolute()


def data_folder() -> Path:
    """Where uploads go and data sets are looked for by name: `PMF_DATA`, or `data/` in the working folder."""
    return Path(os.environ.get("PMF_DATA") or "data").absolute()


def cache_folder() -> Path:
    """Where caches lie, safe to delete: `PMF_CACHE`, or the user's cache folder of the platform."""
    chosen = os.environ.get("PMF_CACHE")
    return Path(chosen).absolute() if chosen else platformdirs.user_cache_path("pmf-explorer", appauthor=False)


def only_root() -> bool:
    """Whether files elsewhere are out of bounds, as a shared server wants it: `PMF_DATA_ONLY_ROOT`."""
    return os.environ.get("PMF_DATA_ONLY_ROOT", "").lower() not in ("", "0", "false", "no")


def stay_inside(path: Path) -> Path:
    """The path itself, unless it leads out of the server's own folders where nothing else may be opened.

    Data sets, word vectors, weights and verdicts are named by settings, which may have come with an imported run.

    Raises:
        ConfigError: `PMF_DATA_ONLY_ROOT` is set, and it lies outside, by a link or by its name.
    """
    if only_root():
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, a name that is too long, a NUL
            real = None
        roots = (data_folder(), runs_folder(), cache_folder(), ASSETS)
        if real is None or not any(real.is_relative_to(root.resolve()) for root in roots):
            raise ConfigError(f"{str(path)[:200]} lies outside the data root of this server, so it is not opened")
    return path


def settle() -> None:
    """Make the three variables absolute, for child processes that start in another folder."""
    for name in VARIABLES:
        if value := os.environ.get(name):
            os.environ[name] = str(Path(value).absolute())


def run_name(data: str, preset: str) -> str:
    """A new run's name, which says what and when."""
    name = data if data == "demo" else Path(data).resolve().name
    stamp = datetime.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-') or 'data'}-{preset}-{stamp}"


def new_run_folder(data: str, preset: str) -> Path:
    """The folder of a new run in the runs folder; numbered where one of this second has the name."""
    name = run_name(data, preset)
    number, folder = 1, runs_folder() / name
    while folder.exists():
        number += 1
        folder = runs_folder() / f"{name}-{number}"
    return folder


def run_named(name: str | Path) -> Path:
    """A run's folder: the path itself, or where there is nothing, a run of that name in the runs folder."""
    return _inside(runs_folder(), Path(name))


def data_named(name: str | Path) -> Path:
    """A data set's folder: the path itself, or where there is nothing, one of that name in the data folder."""
    return _inside(data_folder(), Path(name))


def _inside(root: Path, path: Path) -> Path:
    try:
        return path if path.exists() or not (root / path).exists() else root / path
    except (OSError, ValueError):  # no path at all, e.g. with a NUL: opening it will say so
        return path
