"""`pmf queue`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmf.commands.train import settings_of
from pmf.data.notes import counted
from pmf.places import runs_folder

if TYPE_CHECKING:
    from pmf.queue.job import Job

_JSON = "print one JSON object on stdout and nothing else"
_ACTIONS = {
    "stop": "let a training finish its epoch, save and end",
    "kill": "end a training at once",
    "resume": "go on with a training that has not finished",
    "cancel": "take a waiting training out of the line",
}


def add(commands: Any) -> None:
    """Put the parser in."""
    help_ = "trainings one after the other in the background; says what they are doing"
    parser = commands.add_parser("queue", help=help_, description=help_)
    parser.add_argument(
        "--root", type=Path, default=runs_folder(), metavar="DIR", help="runs folder (PMF_RUNS, or runs/)"
    )
    parser.set_defaults(command=_list, json=False)
    what = parser.add_subparsers(metavar="WHAT")
    parts = [parser, what.add_parser("list", help="every training and its state"), _add_training(what)]
    for name, meaning in _ACTIONS.items():
        action = what.add_parser(name, help=meaning, description=meaning)
        action.add_argument("run_id", metavar="ID")
        action.set_defaults(command=_act, action=name)
        parts.append(action)
    slots = what.add_parser("slots", help="how many trainings run at once")
    slots.add_argument("slots", type=int, metavar="N")
    slots.set_defaults(command=_set_slots)
    work = what.add_parser("work", help="start what waits until nothing is left; done by the others when needed")
    work.set_defaults(command=_work)
    for part in (*parts, slots):  # without a default: it would undo the --json of a word before
        part.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_JSON)


def _add_training(what: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = what.add_parser(
        "add", help="put a training at the end of the line, and print its id"
    )
    parser.add_argument("--data", help='folder of a data set, or "demo" for the bundled one')
    parser.add_argument("--preset", default="default", help="default, paper or published")
    parser.add_argument("--name", default="", help="what to call it on screen")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, e.g. train.epochs=100"
    )
    absent = dict.fromkeys(("modalities", "seed_ratio", "seed", "device"))
    parser.set_defaults(command=_submit, iterative=False, **absent)
    return parser


def _list(options: argparse.Namespace) -> None:
    from pmf.queue.queue import RunQueue

    queue = RunQueue(options.root)
    jobs = queue.jobs()
    if options.json:
        print(json.dumps({"slots": queue.slots, "jobs": [dataclasses.asdict(job) for job in jobs]}))
        return
    for job in jobs:
        print(f"{job.state:<12}{job.run_id:<44}{_times(job):<34}{job.message}".rstrip())
    waiting = sum(job.state == "waiting" for job in jobs)
    print(f"{counted(len(jobs), 'training')}, {waiting} waiting; {queue.slots} at once; in {queue.root}")


def _times(job: Job) -> str:
    if job.started is None:
        return f"submitted {_clock(job.submitted)}"
    return f"started {_clock(job.started)}, {(job.ended or time.time()) - job.started:,.0f} s"


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _submit(options: argparse.Namespace) -> None:
    from pmf.queue.queue import RunQueue

    settings = settings_of(options)
    data = settings.pop("data", "")
    run_id = RunQueue(options.root).submit(data=data, preset=options.preset, settings=settings, name=options.name)
    print(json.dumps({"run_id": run_id}) if options.json else run_id)


def _act(options: argparse.Namespace) -> None:
    from pmf.queue.queue import RunQueue

    queue = RunQueue(options.root)
    getattr(queue, options.action)(options.run_id)
    job = queue.job(options.run_id)
    print(json.dumps(dataclasses.asdict(job)) if options.json else f"{job.run_id}: {job.message or job.state}")


def _set_slots(options: argparse.Namespace) -> None:
    from pmf.queue.queue import RunQueue

    queue = RunQueue(options.root)
    queue.set_slots(options.slots)
    print(json.dumps({"slots": queue.slots}) if options.json else f"{queue.slots} at once")


def _work(options: argparse.Namespace) -> None:
    from pmf.queue.worker import work

    work(options.root)
