"""`pmf maps`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from pmf.commands import add_command
from pmf.places import run_named


def add(commands: Any) -> None:
    """Put the parser in."""
    help_ = "draw the two-dimensional maps of a run that it does not have yet, and measure how far to trust them"
    parser = add_command(commands, "maps", help_, _run)
    parser.add_argument("folder", type=run_named, metavar="RUN")


def _run(options: argparse.Namespace) -> None:
    from pmf.errors import RunLockedError
    from pmf.projection.maps import draw_maps, stored
    from pmf.projection.quality import MOST_WHOLE
    from pmf.runs.lock import owner
    from pmf.runs.reader import RunReader
    from pmf.runs.tasks import TaskWriter

    run = RunReader(options.folder)
    if holder := owner(run.folder):
        raise RunLockedError(f"{run.folder} is being written by {holder}; training draws its maps when it ends")
    with TaskWriter(run.folder, "maps") as work:

        def progress(name: str, done: int, total: int) -> None:
            work.progress(f"Drawing the map of {name}" if name else "Maps drawn", done, total)
            options.progress("maps", done, total)

        drawn = draw_maps(run, progress)
    maps = stored(run)
    if options.json:
        print(json.dumps({"drawn": drawn, "maps": {name: asdict(map_) for name, map_ in maps.items()}}))
        return
    print(
        f"{'map':<12} {'':<8} {'seconds':>8} {'trustworthiness':>16} {'continuity':>11} {'nearest shared':>15} "
        f"{'counterparts near':>18} {'Hits@15':>8}"
    )
    for name, map_ in maps.items():
        last = map_.quality[-1] if map_.quality else None
        figures = f"{last.trustworthiness:>16.3f} {last.continuity:>11.3f} {last.shared:>15.1%}" if last else ""
        if last and map_.counterparts:
            counted = map_.counterparts[-1]
            figures += f" {counted.on_map:>18.1%} {counted.in_embedding:>8.1%}"
        print(f"{name:<12} {'drawn' if name in drawn else 'current':<8} {map_.seconds:>8.1f} {figures}".rstrip())
    print("counterparts near: test links with the counterpart among the 15 nearest of the other graph on the map")
    if run.n_entities > MOST_WHOLE:
        print("Hits@15 may be half a point too high: so many entities are compared in full with a shortlist alone")
