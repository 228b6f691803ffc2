"""`pmf estimate`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from pmf.commands import add_command
from pmf.commands.train import add_settings, settings_of
from pmf.data.notes import counted
from pmf.errors import ConfigError


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "estimate", "how long a training would take, and how much memory", _run)
    parser.add_argument("--data", help='folder of a data set, or "demo" for the bundled one')
    add_settings(parser)
    parser.set_defaults(seed=None)


def _run(options: argparse.Namespace) -> None:
    from pmf.training.cost.estimate import measure

    settings = settings_of(options)
    if "data" not in settings:
        raise ConfigError("say what to train on: --data FOLDER, or --data demo")
    estimate = measure(settings, options.preset)
    if options.json:
        print(json.dumps(dataclasses.asdict(estimate)))
        return
    print(f"about {estimate.total_seconds:,.0f} s on this machine's {estimate.device}, if nothing else runs on it:")
    print(f"  {estimate.setup_seconds:,.1f} s to read the data and build features")
    print(f"  {counted(estimate.epochs, 'epoch')} of {estimate.epoch_seconds:,.2f} s each")
    print(
        f"  {estimate.ending_seconds:,.1f} s for figures and predictions, {estimate.projection_seconds:,.0f} s for maps"
    )
    print(f"peak memory {estimate.peak_memory_bytes / 1e9:.2f} GB; calibrated in {estimate.calibration_seconds:,.1f} s")
