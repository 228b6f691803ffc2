"""`pmf app`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pmf.commands import answers
from pmf.errors import ConfigError

_ROOT = Path(__file__).parents[2]
_MAIN = _ROOT / "app" / "main.py"


def add(commands: Any) -> None:
    """Put the parser in."""
    help_ = "open the app in the browser, on the bundled demo and on your runs"
    parser = commands.add_parser("app", help=help_, description=help_)
    parser.add_argument("--port", type=int, help="where it listens (8501)")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    answers(parser, _run)


def add_module(commands: Any, name: str, help_: str) -> None:
    """A command that is a module `app.NAME`, which reads its arguments itself."""
    # with no character that begins an option, all that follows is left to the module
    parser = commands.add_parser(name, help=help_, description=help_, add_help=False, prefix_chars="\0")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    answers(parser, lambda options: _become(f"app.{name}", *options.arguments))


def _run(options: argparse.Namespace) -> None:
    command = ["run", str(_MAIN)]
    if options.port is not None:
        command.append(f"--server.port={options.port}")
    if options.no_browser:
        command.append("--server.headless=true")
    _become("streamlit", *command)


def _become(module: str, *arguments: str) -> None:
    """Go on as `python -m MODULE`, signals and all."""
    if not _MAIN.is_file():
        raise ConfigError(f"the app is not installed beside the engine: there is no {_MAIN}")
    command = [sys.executable, "-P", "-m", module, *arguments]  # -P: never an `app` of the working folder
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    os.execve(sys.executable, command, environment)  # noqa: S606 - this process becomes it
