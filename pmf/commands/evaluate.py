"""`pmf evaluate`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pmf.commands import add_command
from pmf.commands.report import print_alignment, print_figures
from pmf.config.evaluation import DECODES
from pmf.places import run_named


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "evaluate", "figures of a run on its test links", _run)
    parser.add_argument("folder", type=run_named, metavar="RUN")
    parser.add_argument("--scope", choices=("closed", "open"), help="candidates (the run's own)")
    parser.add_argument("--decode", choices=DECODES, help="decoding (the run's own)")


def _run(options: argparse.Namespace) -> None:
    from pmf.alignment.evaluation.of_run import evaluate_run
    from pmf.runs.reader import RunReader

    results = evaluate_run(RunReader(options.folder), scope=options.scope, decode=options.decode)
    if options.json:
        print(json.dumps(results))
    else:
        print_figures(results)
        print_alignment(results)
