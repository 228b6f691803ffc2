"""The command line: which commands there are, and how one ends.

Progress goes to stderr, results to stdout. Exit status: 0 done, 2 wrong usage or bad input (one
line), 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pmf import places
from pmf.commands import (
    adopt,
    alignment,
    app,
    audit,
    bench,
    convert,
    estimate,
    evaluate,
    explain,
    failures,
    import_,
    inspect,
    maps,
    match,
    queue,
    runs,
    serve,
    study,
    synthesize,
    train,
    update,
)
from pmf.commands.progress import shown
from pmf.errors import PMFError

COMMANDS = (
    *(app, train, update, adopt, evaluate, match, alignment, serve, explain),
    *(failures, maps, study, bench, queue, estimate, runs),
)
DATA_COMMANDS = (inspect, convert, audit, import_, synthesize)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    # waiting threads sleep: spinning ones starve whatever else runs, a second training or the app
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    places.settle()
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    try:
        with shown(options) as options.progress:
            options.command(options)
    except PMFError as error:
        print(f"pmf: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pmf: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pmf: interrupted", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Of the whole command line."""
    program = "pmf" if Path(sys.argv[0]).name == "pmf" else "python -m pmf"
    whole = argparse.ArgumentParser(prog=program, description="Align two multi-modal knowledge graphs.")
    whole.set_defaults(json=False, quiet=False)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    data = commands.add_parser("data", help="look at a data set, or make one").add_subparsers(
        required=True, metavar="WHAT"
    )
    for module in DATA_COMMANDS:
        module.add(data)
    return whole
