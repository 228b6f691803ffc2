"""`pmf app`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from pmf.errors import ConfigError

_ROOT = Path(__file__).parents[2]
_MAIN = _ROOT / "app" / "main.py"


def add(commands: Any) -> None:
    """Put the parser in."""
    help_ = "open the app in the browser, on the bundled demo and on your runs"
    parser = commands.add_parser("app", help=help_, description=help_)
    parser.add_argument("--port", type=int, help="where it listens (8501)")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> None:
    if not _MAIN.is_file():
        raise ConfigError(f"the app is not installed beside the engine: there is no {_MAIN}")
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(_MAIN)]  # -P: never an `app` of the working folder
    if options.port is not None:
        command.append(f"--server.port={options.port}")
    if options.no_browser:
        command.append("--server.headless=true")
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    os.execve(sys.executable, command, environment)  # noqa: S606 - this process becomes the app, signals and all
