"""`pmf match`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "match", "write the alignment itself, with confidence", _run)
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tsv")
    parser.add_argument("--decode", choices=("mutual", "greedy"), default="mutual", help="one-to-one rule (mutual)")


def _run(options: argparse.Namespace) -> None:
    from pmf.alignment.stored import match_run
    from pmf.runs.reader import RunReader

    table = match_run(RunReader(options.folder), decode=options.decode)
    table.to_csv(options.out, sep="\t", index=False)
    summary = {"out": str(options.out), "pairs": len(table), "decode": options.decode}
    print(json.dumps(summary) if options.json else f"{len(table):,} pairs written to {options.out}")
