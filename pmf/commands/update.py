"""`pmf update`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.places import new_run_folder, run_named


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(
        commands, "update", "match what is new in the data with a finished run, without training", _run
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a finished run; it stays as it is")
    parser.add_argument("--data", required=True, metavar="FOLDER", help="its data as they are now, in another folder")
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder to write (PMF_RUNS/DATA-updated-…)")
    parser.add_argument("--verdicts", type=Path, metavar="FILE", help="what people decided meanwhile, as for train")
    parser.add_argument("--look", action="store_true", help="only say what is new, changed and gone")


def _run(options: argparse.Namespace) -> None:
    from pmf.commands.report import print_figures
    from pmf.runs.layout import DIRECTIONS
    from pmf.runs.reader import RunReader
    from pmf.updating.start import look
    from pmf.updating.update import update
    from pmf.updating.words import counts_of, lines_of

    start = look(RunReader(run_named(options.run)), options.data, options.progress)
    lines, counts = lines_of(start.changes), counts_of(start.changes)
    if not options.json:
        print("\n".join(lines), flush=True)
    if options.look:
        if options.json:
            print(json.dumps({"changes": counts, "lines": lines}))
        return
    folder = options.out or new_run_folder(options.data, "updated")
    run, left_out = update(start, folder, verdicts=options.verdicts, progress=options.progress)
    updated, results, accepted = run.facts.updated, run.results() or {}, run.accepted()
    assert updated is not None
    assert accepted is not None
    states = {state: int((accepted["state"] == state).sum()) for state in ("kept", "changed", "gone")}
    if options.json:
        report = {"run": str(folder), "parent": updated.parent, "changes": counts, "lines": lines}
        report |= {"accepted": states, "left_out": left_out, "due": updated.due, "judged": updated.judged}
        print(json.dumps(report | {"results": results}))
        return
    print(
        f"accepted pairs: {states['kept']:,} kept, {states['changed']:,} kept with changed evidence, "
        f"{states['gone']:,} gone"
    )
    for line in (*left_out, *(updated.due or (updated.judged,))):
        print(line)
    print("A new training is due." if updated.due else "No new training is due.")
    if any(direction in results for direction in DIRECTIONS):
        print("new entities:")
        print_figures(results)
    print(f"run {folder}")
