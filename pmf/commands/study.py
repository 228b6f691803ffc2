"""`pmf study`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmf.commands import add_command
from pmf.commands.report import print_account
from pmf.commands.train import add_settings, settings_of
from pmf.errors import ConfigError

if TYPE_CHECKING:
    from pmf.studies.study import StudyReport


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "study", "train many runs that differ in one thing, and compare them", _run)
    parser.add_argument(
        "name",
        metavar="NAME",
        help="modalities, leave-one-out, parts, freezing, schedule, seed-share, missing-images, corrupted-images, "
        "size, presets, planted, noise or annotator",
    )
    parser.add_argument("--data", required=True, help='folder of a data set, or "demo" for the bundled one')
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the study; goes on there")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated; one run of each variant a seed (0,1,2)")
    add_settings(parser)
    parser.set_defaults(seed=None)


def _run(options: argparse.Namespace) -> None:
    from pmf.studies.cells import Request
    from pmf.studies.study import run_study

    settings = settings_of(options)
    for name in ("data", "seed"):
        if name in settings and settings.pop(name) != getattr(options, name):
            raise ConfigError(f"--set {name}=… does not go with a study; say --data DIR and --seeds 0,1,2")
    try:
        seeds = [int(seed) for seed in options.seeds.split(",")]
    except ValueError:
        raise ConfigError(f"--seeds needs whole numbers with commas between, got {options.seeds}") from None
    request = Request(
        study=options.name,
        data=options.data,
        out=options.out,
        seeds=seeds,
        preset=options.preset,
        settings=settings,
    )
    if options.json:
        report = run_study(request, options.progress)
        print(json.dumps(report.to_dict(), allow_nan=False))
    else:
        _print(run_study(request, options.progress, print_account))


def _print(report: StudyReport) -> None:
    from pmf.studies.study import readable

    print(f"{report.study}: {report.question}")
    print(readable(report.summary).to_string(index=False))
    for sentence in (*report.conditions, *report.left_out):
        print(sentence)
    print(f"in {report.out}: results.parquet, groups.parquet, summary.parquet, runs/")
