"""Readers that do what none may; the fuzzer has to notice."""

from __future__ import annotations

import os
import time
from pathlib import Path


def crashes(folder: Path) -> None:
    """Raises an error nobody documented."""
    raise KeyError(folder.name)


def hangs(folder: Path) -> None:
    """Takes a minute."""
    time.sleep(60)


def swallows(folder: Path) -> None:
    """Takes two gigabytes."""
    bytearray(2 << 30)


def dies(folder: Path) -> None:
    """Ends the whole process."""
    os._exit(3)
