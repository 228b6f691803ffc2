"""Spoilt data folders by the thousand, each read in limits.

python -m tests.tools.fuzz --cases 10000 --seed 0

A case may end in two ways: the folder is read, or `DataFormatError` says why not. Anything else, more than 5 s or more
than 1 GiB of new address space is a failure. A case is known by its seed and number. Linux only.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.commands import PROCESSES
from tests.small_data import SMALL
from tests.tools.mutations import mutate

SECONDS = 5.0
BYTES = 1 << 30

Reader = Callable[[Path], object]


def read_whole(folder: Path) -> None:
    """Reads a folder, and all that is derived from it, and checks that its numbers fit each other."""
    pair = read_graph_pair(folder)
    assert len(pair.labels) == len(pair)
    assert pair.fingerprint
    for graph, _ in pair.sides():
        assert len(set(graph.entities)) == len(graph) > 0
        assert len(graph.attribute_values) == len(graph.attribute_triples)
        for column, size in ((0, len(graph)), (1, len(graph.relations)), (2, len(graph))):
            assert np.all((graph.relation_triples[:, column] >= 0) & (graph.relation_triples[:, column] < size))
        for picture in graph.images.values():
            assert picture.is_relative_to(folder.resolve())
    assert np.all((pair.links[:, 0] >= 0) & (pair.links[:, 0] < pair.n_source))
    assert np.all((pair.links[:, 1] >= pair.n_source) & (pair.links[:, 1] < len(pair)))


def judge(folder: Path, reader: Reader) -> str:
    """How reading a folder ends: "read", "refused", or a traceback."""
    try:
        reader(folder)
    except DataFormatError as error:
        return "refused" if "\n" not in str(error) and len(str(error)) < 2000 else f"unclear: {error}"
    except BaseException:
        return traceback.format_exc(limit=-4)
    return "read"


def _work(pipe: Connection, scratch: Path, seed: int, reader: Reader) -> None:
    """Judges the cases that come through the pipe, in limits."""
    good = {name: write(scratch / name) for name, write in SMALL.items()}
    pages = int(Path("/proc/self/statm").read_text().split()[0])  # what the libraries have mapped so far
    limit = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    root = scratch / "case"
    while True:
        case = pipe.recv()
        name = list(SMALL)[case % len(SMALL)]
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(scratch / name, root)
        pipe.send(mutate(root, random.Random(f"{seed}:{case}")))
        start = time.perf_counter()
        outcome = judge(root / good[name].relative_to(scratch / name), reader)
        pipe.send((outcome, time.perf_counter() - start))


def fuzz(cases: int, seed: int, reader: Reader = read_whole, seconds: float = SECONDS) -> dict[str, Any]:
    """Runs cases `0 … cases - 1`.

    Returns:
        `outcomes` (how many were read and refused), `failures` (case, layout, what was done, what happened) and
        `slowest`, the case that took longest.
    """
    outcomes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    slowest: dict[str, Any] = {"seconds": 0.0}
    worker: _Worker | None = None
    try:
        for case in range(cases):
            worker = worker or _Worker(seed, reader)
            how, outcome, taken = worker.run(case, seconds)
            layout = list(SMALL)[case % len(SMALL)]
            told = {"case": case, "layout": layout, "done": how, "outcome": outcome, "seconds": taken}
            slowest = max(slowest, told, key=lambda one: one["seconds"])
            if outcome in ("read", "refused") and taken <= seconds:
                outcomes[outcome] += 1
                continue
            failures.append(told)
            worker.stop()
            worker = None
    finally:
        if worker:
            worker.stop()
    return {"cases": cases, "outcomes": dict(outcomes), "failures": failures, "slowest": slowest}


class _Worker:
    """A process of its own that judges cases, so that a hang or a crash of the interpreter is survived."""

    def __init__(self, seed: int, reader: Reader) -> None:
        self.scratch = tempfile.TemporaryDirectory()
        self.pipe, other = PROCESSES.Pipe()
        arguments = (other, Path(self.scratch.name), seed, reader)
        self.process = PROCESSES.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        other.close()

    def run(self, case: int, seconds: float) -> tuple[list[str], str, float]:
        """What was done to the folder, how reading it ended, and after how many seconds."""
        how: list[str] = ["?"]
        try:
            self.pipe.send(case)
            how = self.pipe.recv()
            if not self.pipe.poll(seconds):
                return how, "hang", seconds
            outcome, taken = self.pipe.recv()
        except (EOFError, ConnectionError):
            return how, "the process died", 0.0
        return how, outcome, taken

    def stop(self) -> None:
        """End the process and remove what it wrote."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        self.scratch.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = fuzz(options.cases, options.seed)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(1 if report["failures"] else 0)
