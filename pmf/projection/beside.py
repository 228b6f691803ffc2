"""Maps drawn in a process of its own, `python -m pmf.projection.beside RUN FOLDER NAME …`, and taken from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pmf.bounded.arrays import open_array
from pmf.bounded.json_files import read_json
from pmf.files import replace_file
from pmf.processes import environment
from pmf.projection.drawing import Map, draw, map_of
from pmf.projection.project import Points
from pmf.runs.reader import RunReader

LARGEST = 2**20
"""Bytes of a file about maps."""


@contextmanager
def drawn_beside(run: RunReader, names: list[str]) -> Iterator[Callable[[str], tuple[Points, Map] | None]]:
    """Have maps drawn by a process that ends with the `with` block, or with this one however that ends.

    Meanwhile each of the two has half of the threads: with all of them, both would wait for one another.

    Yields what waits for one of them; None where it is not among them, or the process has ended without it.
    """
    import torch
    from threadpoolctl import threadpool_limits

    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pmf.projection.beside", str(run.folder.resolve()), folder, *names]
        quiet = subprocess.DEVNULL
        process, threads = None, torch.get_num_threads()
        half = max(1, threads // 2)
        if names:
            variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(half))
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, env=environment() | variables, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet
            )

        def taken(name: str) -> tuple[Points, Map] | None:
            if process is None or name not in names:
                return None
            about = Path(folder, f"{name}.json")
            while process.poll() is None and not about.exists():
                time.sleep(0.05)
            if not about.exists():
                return None
            return np.array(open_array(about.with_suffix(".npy"))), map_of(read_json(about, LARGEST))

        try:
            with threadpool_limits(half if names else None):  # of NumPy
                torch.set_num_threads(half if names else threads)
                yield taken
        finally:
            torch.set_num_threads(threads)
            if process is not None:
                process.kill()
                process.communicate()


def _draw(run: RunReader, folder: Path, names: list[str]) -> None:
    for name in names:
        points, about = draw(run, name)
        np.save(folder / f"{name}.npy", points)
        write = partial(Path.write_text, data=json.dumps(asdict(about)), encoding="utf-8")
        replace_file(folder / f"{name}.json", write)  # last: who waits for it finds both


def _end_with_who_asked(folder: Path) -> None:
    """Once the other end of stdin is closed, even by a kill, nobody takes what is drawn."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    into = Path(sys.argv[2])
    threading.Thread(target=_end_with_who_asked, args=(into,), daemon=True).start()
    _draw(RunReader(Path(sys.argv[1])), into, sys.argv[3:])
