"""The commands as a user runs them: real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import ROOT, TINY_SETTINGS


def pmf(*arguments: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m pmf …` in a folder, with further variables; however it ends."""
    where = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "pmf", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=where, capture_output=True, text=True, timeout=300, check=False)


def as_arguments(settings: Mapping[str, str]) -> list[str]:
    """Settings as `--set NAME=VALUE`."""
    return [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]


TINY = as_arguments(TINY_SETTINGS)
