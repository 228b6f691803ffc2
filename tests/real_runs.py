"""Runs over the real data sets: two epochs of each, enough to pass through everything at full size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

TWO_EPOCHS = ["train.epochs=2", "train.freeze_epochs=1", "freezing.start_epoch=0", "train.evaluate_every=2"]


def command_of(data: Path, folder: Path, *arguments: str) -> list[str]:
    """The command line that trains two epochs."""
    settings = [part for setting in (*TWO_EPOCHS, "train.project=false") for part in ("--set", setting)]
    command = [sys.executable, "-m", "pmf", "train", "--data", str(data), "--run", str(folder), "--json"]
    return [*command, *settings, *arguments]


def train_two_epochs(data: Path, folder: Path, *arguments: str) -> dict[str, Any]:
    """Train by the command line and return what it printed."""
    command = command_of(data, folder, *arguments)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed
