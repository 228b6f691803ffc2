"""Which runs there are, and what a card says about each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmf.errors import PMFError
from pmf.runs import layout
from pmf.runs.reader import RunReader, RunState, find_runs

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "assets" / "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A run at a glance; `problem` is set, and all else blank, where the folder cannot be read."""

    run_id: str
    folder: Path
    problem: str = ""
    data: str = ""
    preset: str = ""
    modalities: tuple[str, ...] = ()
    created: str = ""
    state: RunState | None = None
    hits_at_1: float | None = None
    split: str = ""
    curve: tuple[float, ...] = ()


def own_runs() -> Path:
    """Where the user's runs lie: `PMF_RUNS`, or `runs/`."""
    return Path(os.environ.get("PMF_RUNS") or ROOT / "runs")


def run_folders() -> dict[str, Path]:
    """Run id → folder, newest first; the user's own before the bundled, and instead of it under an equal name."""
    folders: dict[str, Path] = {}
    for root in (own_runs(), BUNDLED):
        for folder in find_runs(root):
            folders.setdefault(folder.name, folder)
    return folders


def stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Changes whenever a file that a page reads has changed; the key of every cache over a run."""
    names = (
        layout.CONFIG,
        layout.ENTITIES,
        layout.LINKS,
        layout.EVENTS,
        layout.FROZEN_AT,
        layout.PREDICTIONS,
        layout.EMBEDDINGS,
        layout.PROJECTIONS,
    )
    found = ((name, folder / name) for name in names)
    return tuple((name, path.stat().st_mtime_ns) for name, path in found if path.exists())


def card(folder: Path) -> Card:
    """What the card of one run shows; never raises for a damaged run."""
    try:
        reader = RunReader(folder)
        reports = reader.epoch_reports()
        state = reader.state()
        results = reader.results()
    except (PMFError, KeyError, TypeError, ValueError) as error:
        return Card(run_id=folder.name, folder=folder, problem=str(error))
    points = [point for report in reports if (point := _hits(report.get("metrics", {})))]
    split, hits = points[-1] if points else ("", None)
    if results and "source_to_target" in results:
        split, hits = results.get("split", "test"), results["source_to_target"].get("hits@1")
    config = reader.config["config"]
    return Card(
        run_id=reader.run_id,
        folder=folder,
        data=str(reader.config.get("dataset", {}).get("name", "")),
        preset=str(config.get("preset", "")),
        modalities=reader.modalities,
        created=str(reader.config.get("created", ""))[:10],
        state=state,
        hits_at_1=hits,
        split=split,
        curve=tuple(value for _, value in points),
    )


def _hits(metrics: dict[str, Any]) -> tuple[str, float] | None:
    for split in ("validation", "test"):
        value = metrics.get(split, {}).get("source_to_target", {}).get("hits@1")
        if value is not None:
            return split, float(value)
    return None
