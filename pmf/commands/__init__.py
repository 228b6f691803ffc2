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
    """A parser for one command; `run` gets what was parsed, and `progress` to tell how far it is."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    answers(parser, run)
    for option, what in (("--json", "one JSON object on stdout and nothing else"), ("--quiet", "no progress")):
        # without a default: it would undo what a word before has set, as in `pmf queue --json list`
        parser.add_argument(option, action="store_true", default=argparse.SUPPRESS, help=f"print {what}")
    return parser


def answers(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], None]) -> None:
    """`run` answers what the parser parses; the first line says what that is, before anything heavy is imported."""
    parser.set_defaults(command=run, about=f"{parser.prog.removeprefix('python -m ')}: {parser.description}")
