"""The command line: arguments in, one call of the engine, JSON or a short report out.

Progress goes to stderr, results to stdout. Exit status: 0 done, 2 wrong usage or bad input (one
line), 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pmf.errors import ConfigError, PMFError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    # waiting threads sleep: spinning ones starve whatever else runs, a second training or the app
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    try:
        options.command(options)
    except PMFError as error:
        print(f"pmf: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pmf: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pmf: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pmf", description="Align two multi-modal knowledge graphs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_match(commands)
    data = commands.add_parser("data", help="look at a data set")
    _add_inspect(data.add_subparsers(required=True, metavar="WHAT"))
    return parser


def _command(
    commands: Any, name: str, help_: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    parser.set_defaults(command=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout and nothing else")
    return parser


def _add_train(commands: Any) -> None:
    parser = _command(commands, "train", "train a model and write a run folder", _train)
    parser.add_argument("--data", help='folder of a data set, or "demo" for the bundled one')
    parser.add_argument("--preset", default="default", help="default, paper or published")
    parser.add_argument("--modalities", help="comma-separated; what the data set has, when left out")
    parser.add_argument("--seed-ratio", type=float, help="share of the links that training sees (0.3)")
    parser.add_argument("--seed", type=int, help="of every random choice (0)")
    parser.add_argument("--device", help="auto, cpu or cuda")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, e.g. train.epochs=100"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--run", type=Path, metavar="DIR", help="run folder to write (runs/DATA-PRESET-…)")
    where.add_argument("--resume", type=Path, metavar="DIR", help="unfinished run to go on with")


def _add_evaluate(commands: Any) -> None:
    parser = _command(commands, "evaluate", "figures of a run on its test links", _evaluate)
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("--scope", choices=("closed", "open"), help="candidates (the run's own)")
    parser.add_argument("--decode", choices=("cosine", "csls", "mutual", "greedy"), help="decoding (the run's own)")


def _add_match(commands: Any) -> None:
    parser = _command(commands, "match", "write the alignment itself, with confidence", _match)
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tsv")
    parser.add_argument("--decode", choices=("mutual", "greedy"), default="mutual", help="one-to-one rule (mutual)")


def _add_inspect(commands: Any) -> None:
    parser = _command(commands, "inspect", "what a data set holds", _inspect)
    parser.add_argument("path", metavar="PATH")


def _settings(options: argparse.Namespace) -> dict[str, str]:
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
    return settings


def _train(options: argparse.Namespace) -> None:
    from pmf.training.start import new_run, resumed_run

    with _Progress(hidden=options.json) as progress:
        if options.resume:
            folder, results = resumed_run(options.resume, _settings(options), progress)
        else:
            folder, results = new_run(options.preset, _settings(options), options.run, progress)
    if options.json:
        print(json.dumps({"run": str(folder), **results}))
        return
    print(f"run folder: {folder}")
    _print_figures(results)


def _evaluate(options: argparse.Namespace) -> None:
    from pmf.alignment.stored import evaluate_run
    from pmf.runs.reader import RunReader

    results = evaluate_run(RunReader(options.folder), scope=options.scope, decode=options.decode)
    if options.json:
        print(json.dumps(results))
    else:
        _print_figures(results)


def _match(options: argparse.Namespace) -> None:
    from pmf.alignment.stored import match_run
    from pmf.runs.reader import RunReader

    table = match_run(RunReader(options.folder), decode=options.decode)
    table.to_csv(options.out, sep="\t", index=False)
    summary = {"out": str(options.out), "pairs": len(table), "decode": options.decode}
    print(json.dumps(summary) if options.json else f"{len(table):,} pairs written to {options.out}")


def _inspect(options: argparse.Namespace) -> None:
    from pmf.data.inspect import summarise
    from pmf.data.readers import read_graph_pair

    summary = summarise(read_graph_pair(options.path))
    if options.json:
        print(json.dumps(summary))
        return
    for name, value in summary.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for inner, inner_value in value.items():
                print(f"  {inner}: {inner_value}")
        else:
            print(f"{name}: {value}")


def _print_figures(results: dict[str, Any]) -> None:
    """Both directions, never without what they were measured on."""
    for direction in ("source_to_target", "target_to_source"):
        figures = results[direction]
        print(
            f"{direction.replace('_', ' '):<17} Hits@1 {figures['hits@1']:.3f}  Hits@10 {figures['hits@10']:.3f}  "
            f"MRR {figures['mrr']:.3f}  mean rank {figures['mean_rank']:.1f}"
        )
    print(
        f"on {results['split']} links, {results['scope']} candidates, {results['decode']}; "
        f"epoch chosen by: {results['selection']}; seed {results['seed']}"
    )


class _Progress:
    """One tqdm bar per activity, on stderr; `(what, done, total)` moves it."""

    def __init__(self, *, hidden: bool) -> None:
        self.hidden = hidden
        self.bars: dict[str, Any] = {}

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self.bars.values():
            bar.close()

    def __call__(self, what: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if what not in self.bars:
            self.bars[what] = tqdm(total=total, desc=what, file=sys.stderr, disable=self.hidden, leave=what != "batch")
        bar = self.bars[what]
        if done < bar.n or bar.total != total:  # the next round of the same activity
            bar.reset(total)
        bar.update(done - bar.n)
