"""One file a command: its arguments, one call of the engine, JSON or a short report out.

A command's file has `add(commands)`, which puts its parser in; `pmf.cli` lists them. The engine is imported
when a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def add_command(
    commands: Any, name: str, help_: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    """A parser for one command, with `--json`; `run` gets what was parsed."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    parser.set_defaults(command=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout and nothing else")
    return parser
