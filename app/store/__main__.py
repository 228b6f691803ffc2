"""`python -m app.store`: copy the reviews out, and back in.

python -m app.store backup FILE     a consistent copy, while others write; SQLite of SQLite, JSONL of PostgreSQL
python -m app.store restore FILE    into an empty store, from a backup or JSONL
python -m app.store export FILE     every event, list and note as a line of JSON
python -m app.store replay FILE     add what is in such a file and not here yet
python -m app.store merge FILE      the same from a store in which people worked meanwhile: lists what contradicts

Exit status: 0 done, 2 wrong usage or bad input (one line).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.store import ReviewStore, open_store
from app.store.merge import Merged
from pmf.data.notes import counted
from pmf.errors import PMFError

COMMANDS = {
    "backup": "copy all events into a new file, while others write",
    "restore": "fill an empty store from a backup or a JSONL file",
    "export": "write every event as a line of JSON",
    "replay": "add the events of a JSONL file that are not here yet",
    "merge": "add another store's work, from a backup or a JSONL file, and list what contradicts what is here",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        store = open_store(options.store)
        try:
            print(_run(store, options.command, options.file))  # noqa: T201 - a command line
        finally:
            store.close()
    except PMFError as error:
        print(f"app.store: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        print(f"app.store: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _run(store: ReviewStore, command: str, file: Path) -> str:
    if command == "backup":
        store.backup(file)
        return f"backup: {file}"
    if command == "export":
        return f"{counted(store.write_jsonl(file), 'event')} written: {file}"
    if command == "merge":
        return _merged(store.merge(file))
    added = store.restore(file) if command == "restore" else store.replay(file)
    return f"{counted(added, 'event')} added"


def _merged(merged: Merged) -> str:
    lines = [f"{counted(merged.added, 'event')} added"]
    if merged.renamed:
        lines.append(f"{counted(merged.renamed, 'event')} under “NAME (merged)”: NAME judged otherwise here")
    if merged.set_aside:
        lines.append(f"{counted(merged.set_aside, 'decision')} came as opinions: it was decided otherwise here")
    if merged.left_out:
        lines.append(f"{counted(merged.left_out, 'undo')} left out: somebody went on with that verdict here")
    lines.append(f"{counted(len(merged.conflicts), 'new conflict')}{': decide in Review' if merged.conflicts else ''}")
    lines += [
        f"  {one.source or '(none)'}\t{one.target or '(none)'}\t{', '.join(one.who)}" for _, one in merged.conflicts
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app.store", description="Copy the reviews out, and back in.")
    parser.add_argument("--store", metavar="URL", help="PMF_REVIEWS, or reviews.sqlite in the runs folder")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_ in COMMANDS.items():
        commands.add_parser(name, help=help_, description=help_).add_argument("file", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
