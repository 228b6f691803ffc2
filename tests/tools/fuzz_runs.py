"""Spoilt run folders by the thousand, through every reader, and some of them through every page.

python -m tests.tools.fuzz_runs --cases 3000 --pages 60 --seed 0

Half of the cases are files spoilt as in `tests.tools.mutations`, half are edits of a value by hand: in config.json, in
a line of the log, in a column of a table, in an array. A case may end in two ways: it is read, or a `PMFError` says in
one sentence why not. Anything else is a failure, and so are more than 5 s of computing, 60 s of waiting and more than
1 GiB of new address space.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmf.errors import PMFError
from pmf.projection.maps import stored
from pmf.runs import layout
from pmf.runs.about import read_about
from pmf.runs.reader import RunReader
from pmf.runs.tasks import read_task
from tests.tools.mutations import mutate

SECONDS, BYTES = 5.0, 1 << 30
WRONG: tuple[Any, ...] = (None, -1, 0, 1, 10**30, 1e308, True, "", "x", "9" * 5000, "<b>*x*</b>", "../..", [], {}, [1])
WRONG += ({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, [[[[[[[[]]]]]]]], "\ud800", "image", -(10**30))
PAGES = ("overview", "data", "train", "freezing", "embeddings", "matches", "review", "failures", "compare", "learn")


def edit_json(value: Any, rng: random.Random) -> None:
    """Put something else in some place of a JSON value, or take it away."""
    while True:
        places = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not places:
            return
        place = rng.choice(places)
        if isinstance(value[place], dict | list) and value[place] and rng.random() < 0.8:
            value = value[place]
            continue
        if rng.random() < 0.2:
            del value[place]
        elif isinstance(value, dict) and rng.random() < 0.1:
            value[rng.choice(["x", "__class__", "a" * 5000])] = value.pop(place)
        else:
            value[place] = rng.choice(WRONG)
        return


def edit_config(folder: Path, rng: random.Random) -> None:
    """A value of config.json."""
    path = folder / layout.CONFIG
    config = json.loads(path.read_text())
    edit_json(config, rng)
    path.write_text(json.dumps(config))


def edit_event(folder: Path, rng: random.Random) -> None:
    """A value of a line of the log."""
    path = folder / layout.EVENTS
    lines = path.read_text().splitlines()
    at = rng.randrange(len(lines))
    event = json.loads(lines[at])
    edit_json(event, rng)
    lines[at] = json.dumps(event)
    path.write_text("\n".join(lines) + "\n")


def edit_table(folder: Path, rng: random.Random) -> None:
    """A column of a table, or a cell."""
    path = rng.choice(sorted(folder.glob("*.parquet")))
    table = pd.read_parquet(path)
    column = rng.choice(list(table))
    kind = rng.randrange(5)
    if kind == 0:
        table = table.drop(columns=column)
    elif kind == 1:
        table[column] = rng.choice([None, -5, 10**12, 0.5, float("nan"), float("inf"), "", "*x*", True])
    elif kind == 2:
        table = table.iloc[: rng.randrange(len(table) + 1)]
    elif kind == 3:
        table = pd.concat([table] * rng.randint(2, 5), ignore_index=True)
    else:
        values = table[column].astype(object)
        fitting = [-7, 10**9, None, "<i>", float("inf")] if not isinstance(values.iloc[0], np.ndarray) else []
        values.iloc[rng.randrange(len(values))] = rng.choice([*fitting, *([np.array([])] if not fitting else [])])
        table[column] = values
    try:
        table.to_parquet(path)
    except Exception:
        table.astype({column: str}).to_parquet(path)


def edit_array(folder: Path, rng: random.Random) -> None:
    """Some numbers of an array."""
    paths = [*folder.rglob("*.npy"), folder / layout.RELEVANCE, folder / layout.FROZEN_AT, folder / layout.SNAPSHOTS]
    path = rng.choice(sorted(one for one in paths if one.exists()))
    if path.suffix == ".npy":
        values = np.load(path).copy()
        values.reshape(-1)[rng.randrange(values.size)] = rng.choice([np.nan, np.inf, -np.inf, 1e4, -7])
        np.save(path, values.astype(rng.choice([values.dtype, np.int64, np.float64, np.complex64])))
    elif path.suffix == ".npz":
        with np.load(path) as found:
            arrays = dict(found)
        name = rng.choice(sorted(arrays))
        arrays[name] = rng.choice([arrays[name][:1], arrays[name] * 1000 - 500, arrays[name].astype(float) * np.nan])
        np.savez(path, **arrays)
    else:
        numbers = np.frombuffer(path.read_bytes(), np.int16).copy()
        numbers[rng.randrange(len(numbers))] = rng.choice([-32768, 32767, -3, 999, 31744])
        path.write_bytes(numbers.tobytes())


EDITS: tuple[Callable[[Path, random.Random], None], ...] = (
    edit_config,
    edit_config,
    edit_event,
    edit_event,
    edit_table,
    edit_table,
    edit_array,
)


def spoil(folder: Path, rng: random.Random) -> list[str]:
    """Spoil a run folder and say how."""
    if rng.random() < 0.5:
        return mutate(folder, rng)
    edit = rng.choice(EDITS)
    edit(folder, rng)
    return [edit.__name__]


def read_whole(folder: Path) -> None:
    """Everything that is read of a run, by whichever page, each in its turn."""
    from app.shared.services.catalog import card

    card(folder)  # never raises
    problems: list[PMFError] = []
    for read in (
        lambda: RunReader(folder).check(),
        lambda: RunReader(folder).epoch_reports(),
        lambda: RunReader(folder).course(3),
        lambda: RunReader(folder).predictions(["query", "candidates"]),
        lambda: read_about(folder),
        lambda: stored(RunReader(folder)),
        lambda: read_task(folder, "maps"),
    ):
        try:
            read()
        except PMFError as error:
            problems.append(error)
    for problem in problems:
        assert "\n" not in str(problem), str(problem)
        assert len(str(problem)) < 2000, len(str(problem))
    if problems:
        raise problems[0]


def read_pages(folder: Path) -> None:
    """Every page on the run."""
    from tests.app.pages import open_page

    os.environ["PMF_RUNS"] = str(folder.parent)
    for page in PAGES:
        open_page(page, run=folder.name, runs=f"{folder.name},atlas")


def judge(folder: Path, read: Callable[[Path], None]) -> str:
    """How reading a folder ends: "read", "refused", or a traceback."""
    try:
        read(folder)
    except PMFError:
        return "refused"
    except BaseException:
        return traceback.format_exc(limit=-6)
    return "read"


def fuzz(run: Path, cases: int, seed: int, read: Callable[[Path], None] = read_whole, first: int = 0) -> dict[str, Any]:
    """Cases `first … first + cases - 1` on copies of a run.

    Returns:
        `outcomes`, and `failures`: case, what was done, what happened, seconds.
    """
    outcomes: Counter[str] = Counter()
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        for case in range(first, first + cases):
            folder = Path(scratch) / f"case{case}"  # a name of its own, as pages keep what they have read
            shutil.copytree(run, folder)
            done = spoil(folder, random.Random(f"{seed}:{case}"))
            start, waited = time.process_time(), time.perf_counter()
            outcome = judge(folder, read)
            seconds = max(
                time.process_time() - start, (time.perf_counter() - waited) / 12
            )  # others use the machine too
            outcomes[outcome if outcome in ("read", "refused") else "failed"] += 1
            if outcome not in ("read", "refused") or (read is read_whole and seconds > SECONDS):
                failures.append({"case": case, "done": done, "outcome": outcome, "seconds": round(seconds, 2)})
            shutil.rmtree(folder)
    return {"cases": cases, "outcomes": dict(outcomes), "failures": failures}


def limit_memory() -> None:
    """Let this process take so much and no more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=Path("assets/runs/atlas"))
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = {"pages": fuzz(options.run, options.pages, options.seed, read_pages, first=10**6)}
    limit_memory()
    report["readers"] = fuzz(options.run, options.cases, options.seed)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(any(part["failures"] for part in report.values()))
