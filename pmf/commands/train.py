"""`pmf train`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.commands.report import ProgressBars, print_figures
from pmf.errors import ConfigError
from pmf.presets import ITERATIVE_EPOCHS


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "train", "train a model and write a run folder", _run)
    parser.add_argument("--data", help='folder of a data set, or "demo" for the bundled one')
    parser.add_argument("--preset", default="default", help="default, paper or published")
    parser.add_argument("--modalities", help="comma-separated; what the data set has, when left out")
    parser.add_argument("--seed-ratio", type=float, help="share of the links that training sees (0.3)")
    parser.add_argument("--seed", type=int, help="of every random choice (0)")
    parser.add_argument(
        "--iterative", action="store_true", help="go on with pairs that keep finding each other (stage 3)"
    )
    parser.add_argument("--device", help="auto, cpu or cuda")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, e.g. train.epochs=100"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--run", type=Path, metavar="DIR", help="run folder to write (runs/DATA-PRESET-…)")
    where.add_argument("--resume", type=Path, metavar="DIR", help="unfinished run to go on with")


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """Settings by name, as text, from `--set` and the options that name one."""
    settings = {}
    for item in options.set:
        name, separator, value = item.partition("=")
        if not separator:
            raise ConfigError(f"--set needs NAME=VALUE, got {item}")
        settings[name] = value
    for name in ("data", "modalities", "seed_ratio", "seed", "device"):
        value = getattr(options, name)
        if value is not None:
            settings[name] = str(value)
    if options.iterative:
        settings.setdefault("train.iterative_epochs", ITERATIVE_EPOCHS.get(options.preset, "0"))
    return settings


def _run(options: argparse.Namespace) -> None:
    from pmf.training.start import new_run, resumed_run

    with ProgressBars(hidden=options.json) as progress:
        if options.resume:
            folder, results = resumed_run(options.resume, settings_of(options), progress)
        else:
            folder, results = new_run(options.preset, settings_of(options), options.run, progress)
    if options.json:
        print(json.dumps({"run": str(folder), **results}))
        return
    print(f"run folder: {folder}")
    print_figures(results)
