"""`pmf runs`: what lies in a folder of runs, moved and removed safely."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.places import run_named, runs_folder

_ROOT_HELP = "folder of runs (PMF_RUNS, or runs/)"


def add(commands: Any) -> None:
    """Put the parsers in."""
    actions = commands.add_parser("runs", help="list, export, import, delete or restore runs").add_subparsers(
        required=True, metavar="WHAT"
    )
    listing = add_command(actions, "list", "the runs of a folder, newest first", _list)
    listing.add_argument("root", type=Path, nargs="?", default=runs_folder(), metavar="ROOT", help=_ROOT_HELP)
    export = add_command(actions, "export", "write a run into one file", _export)
    export.add_argument("folder", type=run_named, metavar="RUN")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="by custom NAME.pmfrun.zip")
    import_ = add_command(actions, "import", "unpack an exported run once all of it has been checked", _import)
    import_.add_argument("file", type=Path, metavar="FILE")
    import_.add_argument("--into", type=Path, default=runs_folder(), metavar="ROOT", help=_ROOT_HELP)
    delete = add_command(actions, "delete", "move a run to the trash, ROOT/.trash", _delete)
    delete.add_argument("folder", type=run_named, metavar="RUN")
    restore = add_command(actions, "restore", "move a deleted run back to the others", _restore)
    restore.add_argument("name", metavar="NAME", help="as it is called in the trash")
    restore.add_argument("--into", type=Path, default=runs_folder(), metavar="ROOT", help=_ROOT_HELP)


def _list(options: argparse.Namespace) -> None:
    from pmf.runs.reader import find_runs

    rows = [_row(folder) for folder in find_runs(options.root)]
    if options.json:
        print(json.dumps(rows))
        return
    for row in rows:
        done = "" if "problem" in row else f"epoch {row['epoch'] + 1} of {row['epochs']}"
        print(f"{row['run']:<40} {row['state']:<12} {done:<18} {row.get('problem') or row['message']}".rstrip())


def _row(folder: Path) -> dict[str, Any]:
    """A run in a line; one that cannot be read says why."""
    from pmf.errors import RunFormatError
    from pmf.runs.about import read_about
    from pmf.runs.reader import RunReader

    try:
        state, about = RunReader(folder).state(), read_about(folder)
    except RunFormatError as error:
        return {"run": folder.name, "state": "damaged", "problem": str(error)}
    return {
        "run": folder.name,
        "state": state.name,
        "reason": state.reason,
        "message": state.message,
        "epoch": state.epoch,
        "epochs": state.epochs,
        "name": about.name,
        "tags": about.tags,
    }


def _export(options: argparse.Namespace) -> None:
    from pmf.runs.archive import export_run

    export_run(options.folder, options.out)
    _say(options, out=options.out)


def _import(options: argparse.Namespace) -> None:
    from pmf.runs.archive import import_run

    _say(options, run=import_run(options.file, options.into))


def _delete(options: argparse.Namespace) -> None:
    from pmf.runs.trash import move_to_trash

    _say(options, trash=move_to_trash(options.folder))


def _restore(options: argparse.Namespace) -> None:
    from pmf.runs import layout
    from pmf.runs.trash import restore

    _say(options, run=restore(options.into / layout.TRASH / options.name))


def _say(options: argparse.Namespace, **where: Path) -> None:
    """Where something lies now."""
    (name, path), *_ = where.items()
    print(json.dumps({name: str(path)}) if options.json else path)
