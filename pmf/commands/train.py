"""`pmf train`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmf.commands import add_command
from pmf.commands.report import print_account, print_figures
from pmf.config.build import parse_settings
from pmf.config.presets import ITERATIVE_EPOCHS
from pmf.data.notes import counted
from pmf.errors import ConfigError
from pmf.places import run_named
from pmf.runs.layout import CONFIG

if TYPE_CHECKING:
    from pmf.audit.account import Account
    from pmf.runs.reader import RunReader


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "train", "train a model and write a run folder", _run)
    parser.add_argument("--data", help='folder of a data set, or "demo" for the bundled one')
    parser.add_argument("--seed", type=int, help="of every random choice (0)")
    add_settings(parser)
    verdicts = parser.add_argument_group("verdicts of people")
    verdicts.add_argument(
        "--verdicts",
        metavar="FILE",
        help="what people said: a table with source, target, verdict (match, not, none), or pairs alone",
    )
    verdicts.add_argument(
        "--from", dest="base", metavar="RUN", help="go on from this run with its settings, for 10 epochs"
    )
    verdicts.add_argument(
        "--verdicts-may-use-test-links",
        choices=["yes"],
        help="use verdicts on test links too, which then no longer count in the figures; left out otherwise",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--run", type=Path, metavar="DIR", help="run folder to write (PMF_RUNS/DATA-PRESET-…)")
    where.add_argument("--resume", type=run_named, metavar="DIR", help="unfinished run to go on with")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that every command has which trains; `settings_of` reads them."""
    parser.add_argument("--preset", default="default", help="default, paper or published")
    parser.add_argument("--modalities", help="comma-separated; what the data set has, when left out")
    parser.add_argument("--seed-ratio", type=float, help="share of the links that training sees (0.3)")
    parser.add_argument(
        "--iterative", action="store_true", help="go on with pairs that keep finding each other (stage 3)"
    )
    parser.add_argument("--device", help="auto, cpu or cuda")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, e.g. train.epochs=100"
    )


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """Settings by name, as text, from `--set` and the options that name one."""
    settings = parse_settings(options.set, "--set")
    for name in ("data", "modalities", "seed_ratio", "seed", "device"):
        value = getattr(options, name)
        if value is not None:
            settings[name] = str(value)
    if options.iterative:
        settings.setdefault("train.iterative_epochs", ITERATIVE_EPOCHS.get(options.preset, "0"))
    return settings


def _verdict_settings(options: argparse.Namespace) -> dict[str, str]:
    confirmed = "true" if options.verdicts_may_use_test_links else None
    given = {"file": options.verdicts, "base": options.base, "may_use_test_links": confirmed}
    return {f"verdicts.{name}": value for name, value in given.items() if value is not None}


def _run(options: argparse.Namespace) -> None:
    from pmf.runs.reader import RunReader
    from pmf.training.start import new_run, resumed_run

    settings = settings_of(options) | _verdict_settings(options)
    silent = int(os.environ.get("RANK", "0")) > 0  # of several processes the first one speaks
    folder = options.resume or _unfinished(options)
    if folder:
        folder, results = resumed_run(folder, settings if options.resume else {}, options.progress)
    else:
        tell = _silent if options.json or silent else print_account
        folder, results = new_run(options.preset, settings, options.run, options.progress, tell)
    if silent:
        return
    account = RunReader(folder).facts.account  # none in a run of an older version that goes on
    if options.json:
        print(json.dumps({"run": str(folder), "account": account, **results}))
        return
    print(f"run folder: {folder}")
    print_figures(results, account)
    if left_out := _doubted(RunReader(folder)):
        print(left_out)
    if any(results["review"].values()):
        print(_reviewed(results["review"]))


def _doubted(run: RunReader) -> str:
    """How many seed links did not train because rules speak against them, in a sentence; "" for none."""
    doubted = sum(report.get("rules", {}).get("doubted", 0) for report in run.epoch_reports()[:1])
    if not doubted:
        return ""
    seeds = int((run.links["split"] == "seed").sum())
    return (
        f"seed links: rules speak against {doubted:,} of {seeds:,}, which therefore did not train; "
        f"`python -m pmf explain {run.folder} --links` lists the clear cases with reasons"
    )


def _silent(account: Account) -> None:
    """Print nothing: the account is in the run folder too."""


def _unfinished(options: argparse.Namespace) -> Path | None:
    """The run to go on with where torchrun has started its processes anew.

    Raises:
        ConfigError: several processes, and no folder that all of them know.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return None
    if not (options.run or options.resume):
        raise ConfigError("several processes need a folder that all of them reach: --run DIR, or --resume DIR")
    again = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    begun: Path | None = options.run if again and (options.run / CONFIG).exists() else None
    return begun


def _reviewed(counts: dict[str, int]) -> str:
    """What came of the verdicts, in a sentence."""
    used = f"{counted(counts['matched'], 'pair')} confirmed, {counts['rejected']:,} rejected, "
    used += f"{counted(counts['alone'], 'entity', 'entities')} alone"
    tested = f"{counted(counts['test_links_used'], 'link')} with a verdict no longer among the test links"
    if counts.get("unsure"):
        used += f", {counts['unsure']} left out because somebody was not sure"
    if counts.get("relations"):
        used += f", {counted(counts['relations'], 'pair')} of relations judged"
    left_out = f"{counted(counts['left_out'], 'verdict')} on test links left out"
    return f"verdicts: {used}; {tested if counts['test_links_used'] else left_out}"
