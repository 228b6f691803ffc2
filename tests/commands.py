"""The commands as a user runs them: real processes that start at once."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.conftest import ROOT, TINY_SETTINGS

# a server that has imported everything forks each command: all but the seconds of importing is as on the command line
__all__ = ["TINY", "as_arguments", "forkserver", "pmf", "start"]

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "tests.commands",
        "pmf.training.start",
        "pmf.alignment.evaluation.of_run",
        "pmf.failures.table",
        "streamlit.web.cli",
        "app.report.widgets.report",
        # what comes in later: with the first map, the first page with statistics
        "umap.umap_",
        "sklearn.decomposition",
        "scipy.stats",
    ]
)


def pmf(*arguments: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m pmf …` in a folder, with further variables; however it ends."""
    with tempfile.TemporaryDirectory() as folder:
        out, errors = Path(folder, "out"), Path(folder, "errors")
        process = start(*arguments, cwd=cwd, streams=(out, errors), **environment)
        process.join(300)
        process.kill()
        process.join()
        return subprocess.CompletedProcess(arguments, process.exitcode or 0, out.read_text(), errors.read_text())


def start(
    *arguments: object, cwd: Path = ROOT, streams: tuple[Path, Path] | None = None, **environment: str
) -> ForkServerProcess:
    """`python -m pmf …` as a process of its own, to be waited for or killed; its streams may go to two files."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    process = PROCESSES.Process(target=_pmf, args=([str(one) for one in arguments], cwd, streams, variables))
    process.start()
    return process


def _pmf(arguments: list[str], cwd: Path, streams: tuple[Path, Path] | None, variables: dict[str, str]) -> None:
    from pmf.cli import main

    for number, path in enumerate(streams or (), start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(cwd)
    sys.exit(main(arguments))


def as_arguments(settings: Mapping[str, str]) -> list[str]:
    """Settings as `--set NAME=VALUE`."""
    return [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]


TINY = as_arguments(TINY_SETTINGS)
