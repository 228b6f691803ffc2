"""Where things lie: the one place that reads `PMF_RUNS`, `PMF_DATA` and `PMF_CACHE`.

Every command, the app and the queue ask here, so a run that one of them writes is a run that the others see. A relative
path counts from the folder in which the first process was started; `settle` makes that hold for its children too.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

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


def settle() -> None:
    """Make the three variables absolute, for child processes that start in another folder."""
    for name in VARIABLES:
        if value := os.environ.get(name):
            os.environ[name] = str(Path(value).absolute())


def run_named(name: str | Path) -> Path:
    """A run's folder: the path itself, or where there is nothing, a run of that name in the runs folder."""
    return _inside(runs_folder(), Path(name))


def data_named(name: str | Path) -> Path:
    """A data set's folder: the path itself, or where there is nothing, one of that name in the data folder."""
    return _inside(data_folder(), Path(name))


def _inside(root: Path, path: Path) -> Path:
    try:
        return path if path.exists() or not (root / path).exists() else root / path
    except (OSError, ValueError):  # no path at all, e.g. with a NUL: whoever opens it says so
        return path
