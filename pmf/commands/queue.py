"""`pmf queue`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmf.commands import add_command
from pmf.commands.train import settings_of
from pmf.data.notes import counted
from pmf.places import runs_folder

if TYPE_CHECKING:
    from pmf.queue.job import Job

_ACTIONS = {
    "stop": "let a training finish its epoch, save and end",
    "kill": "end a training at once",
    "resume": "go on with a training that has not finished",
    "cancel": "take a waiting training out of the line",
}


def add(commands: Any) -> None:
    """Put the parser in."""
    help_ = "trainings one after the other in the background; says what they are doing"
    parser = add_command(commands, "queue", help_, _list)
    parser.add_argument(
        "--root", type=Path, default=runs_folder(), metavar="DIR", help="runs folder (PMF_RUNS, or runs/)"
    )
    what = parser.add_subparsers(metavar="WHAT")
    add_command(what, "list", "every training and its state", _list)
    _add_training(what)
    for name, meaning in _ACTIONS.items():
        action = add_command(what, name, meaning, _act)
        action.add_argument("run_id", metavar="ID")
        action.set_defaults(action=name)
    slots = add_command(what, "slots", "how many trainings run at once", _set_slots)
    slots.add_argument("slots", type=int, metavar="N")
    add_command(what, "work", "start what waits until nothing is left; done by the others when needed", _work)


def _add_training(what: Any) -> None:
    parser = add_command(what, "add", "put a training at the end of the line, and print its id", _submit)
    parser.add_argument("--data", help='folder of a data set, or "demo" for the bundled one')
    parser.add_argument("--preset", default="default", help="default, paper or published")
    parser.add_argument("--name", default="", help="what to call it on screen")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting, e.g. train.epochs=100"
    )
    absent = dict.fromkeys(("modalities", "seed_ratio", "seed", "device"))
    parser.set_defaults(iterative=False, **absent)


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
