"""`pmf failures`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmf.commands import add_command
from pmf.places import run_named

if TYPE_CHECKING:
    import pandas as pd

    from pmf.failures.health import Health


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "failures", "why a run got its test queries wrong, and how healthy it is", _run)
    parser.add_argument("folder", type=run_named, metavar="RUN")


def _run(options: argparse.Namespace) -> None:
    from pmf.errors import RunLockedError
    from pmf.failures.health import health
    from pmf.failures.table import write_failures
    from pmf.runs.graphs import graphs_of
    from pmf.runs.lock import owner
    from pmf.runs.reader import RunReader
    from pmf.runs.tasks import TaskWriter

    run = RunReader(options.folder)
    if holder := owner(run.folder):
        raise RunLockedError(f"{run.folder} is being written by {holder}; training finds the causes when it ends")
    with TaskWriter(run.folder, "failures") as work:

        def progress(what: str, done: int, total: int) -> None:
            work.progress(what.capitalize(), done, total)
            options.progress(what, done, total)

        work.progress("Reading the data", 0, 1)
        graphs, problem = graphs_of(run)
        table = write_failures(run, graphs, progress)
    if problem:
        table.attrs["notes"].append(f"The data set was left out: {problem}.")
    diagnosis = health(run)
    if options.json:
        print(json.dumps(_summary(run.folder, table, diagnosis)))
    else:
        _print(table, diagnosis)


def _counts(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """By cause, of how many errors it is the primary one, for how many it holds, and for what share of right answers.

    The share is None of rules that ask whether the truth is not first, of what no rule explains, and without any.
    """
    from pmf.failures.causes import CAUSES

    wrong = table[~table["right"]]
    primary, holds = wrong["cause"].value_counts(), wrong["causes"].explode().value_counts()
    contrasts = table.attrs["contrasts"]
    return {
        name: {
            "primary": int(primary.get(name, 0)),
            "holds": int(holds.get(name, 0)),
            "right": contrasts[name]["right"] if CAUSES[name].circumstance else None,
        }
        for name in CAUSES
    }


def _summary(folder: Path, table: pd.DataFrame, diagnosis: Health) -> dict[str, Any]:
    from pmf.runs.layout import FAILURES

    return {
        "out": str(folder / FAILURES),
        "split": "test",
        "scope": diagnosis.scope,
        "decode": diagnosis.decode,
        "queries": len(table),
        "wrong": int((~table["right"]).sum()),
        "causes": _counts(table),
        "notes": table.attrs["notes"],
        "freezing": [asdict(harm) for harm in diagnosis.freezing],
        "health": diagnosis.sentences,
    }


def _print(table: pd.DataFrame, diagnosis: Health) -> None:
    from pmf.failures.causes import CAUSES

    wrong = int((~table["right"]).sum())
    print(
        f"{wrong:,} of {len(table):,} test queries, both directions, are wrong ({diagnosis.scope} candidates, "
        f"{diagnosis.decode}); causes by plain similarity\n"
    )
    print(f"{'primary cause':<32} {'errors':>7} {'share':>7}   {'rule holds':>10} {'of right':>9}")
    for name, counts in _counts(table).items():
        share = counts["primary"] / wrong if wrong else 0.0
        holds = f"{counts['holds']:,}" if name != "unexplained" else ""
        right = "" if counts["right"] is None else f"{counts['right']:.1%}"
        print(f"{CAUSES[name].title:<32} {counts['primary']:>7,} {share:>7.1%}   {holds:>10} {right:>9}".rstrip())
    print("Of right = for how many right answers the rule holds, against their best wrong candidate.")
    print()
    for sentence in (*diagnosis.sentences, *table.attrs["notes"]):
        print(sentence)
