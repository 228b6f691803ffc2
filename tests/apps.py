"""The app as a user starts it: a real process that starts at once, at an address of its own."""

from __future__ import annotations

import os
import runpy
import socket
import sys
from multiprocessing.context import ForkServerProcess

from tests.browsing import wait_for
from tests.commands import PROCESSES
from tests.conftest import ROOT


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start_app(port: int, *arguments: str, module: str = "streamlit", **environment: str) -> ForkServerProcess:
    """`python -m streamlit run app/main.py` with further variables, once it answers.

    Args:
        port: where it is to listen.
        arguments: before `run`.
        module: another one that starts the app.
        environment: variables on top of this process's.
    """
    line = [*arguments, "run", "app/main.py", "--server.headless=true", f"--server.port={port}"]
    process = PROCESSES.Process(target=_app, args=(module, line, {**os.environ, **environment}))
    process.start()
    wait_for(f"http://localhost:{port}/_stcore/health")
    return process


def _app(module: str, line: list[str], variables: dict[str, str]) -> None:
    if "coverage" in sys.modules and (measured := sys.modules["coverage"].Coverage.current()):
        measured.stop()  # measuring an app slows it, and only commands are measured
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    sys.argv = [module, *line]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
