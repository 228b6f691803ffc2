"""The maps of a run: drawn where the embeddings have none yet, or have changed since; beside each its quality."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pmf.bounded.json_files import read_json
from pmf.errors import DataFormatError, RunFormatError
from pmf.files import replace_file
from pmf.modalities.whole import WHOLE
from pmf.processes import cores
from pmf.progress import Progress, step
from pmf.projection.beside import LARGEST, drawn_beside
from pmf.projection.drawing import ALIGNED, Map, draw, key_of, map_of, source_of
from pmf.projection.project import MOST_COMPARED
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter

_FEWEST = 16  # entities, and
_FEWEST_EPOCHS = 2  # epochs, to be worth an aligned map
_WORTH_TWO = 4_000  # entities, of which a map takes as long as a second process to begin with


def names(run: RunReader) -> list[str]:
    """The maps that a run can have as it stands, the fused embedding's first."""
    views = ("fused", *(name for name in run.modalities if name != WHOLE.name))  # the whole one is the fused
    drawable = [name for name in views if source_of(run, name).exists()]
    snapshots = run.snapshots()
    if snapshots is not None:
        epochs, sample = snapshots["fused"].shape[:2]
        drawable += [ALIGNED] if epochs >= _FEWEST_EPOCHS and sample >= _FEWEST else []
    return drawable


def stored(run: RunReader) -> dict[str, Map]:
    """What is known of the maps that are there; nothing of one that an older version drew."""
    try:
        about = read_json(run.folder / layout.MAPS, LARGEST)
        return {str(name): map_of(values) for name, values in about.items()}
    except (DataFormatError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def outdated(run: RunReader) -> list[str]:
    """The maps that `draw_maps` would draw: not there yet, or of other embeddings than those there now."""
    about = stored(run)
    return [
        name
        for name in names(run)
        if name not in about or not _is_there(run, name) or about[name].key != key_of(run, name)
    ]


def draw_maps(run: RunReader, progress: Progress) -> list[str]:
    """Draw the maps that are outdated into the run's folder.

    Of larger runs every second one is drawn in a process of its own, at the same time: UMAP keeps one core busy.

    Args:
        run: a run with embeddings.
        progress: called with (name of a map, done, total).

    Returns:
        The maps that were drawn.
    """
    wanted = outdated(run)
    writer = RunWriter(run.folder, epochs=run.epochs, modalities=run.modalities, n_entities=run.n_entities)
    others = wanted[1::2] if _WORTH_TWO <= run.n_entities <= MOST_COMPARED and cores() > 1 else []
    with drawn_beside(run, others) as taken:
        for done, name in enumerate(sorted(wanted, key=others.__contains__)):  # its own first
            progress(name, done, len(wanted))
            with step(f"drawing the map of {name}"):
                points, drawn = taken(name) or draw(run, name)
            writer.projection(name, points)
            text = json.dumps({other: asdict(map_) for other, map_ in (stored(run) | {name: drawn}).items()}, indent=1)
            replace_file(run.folder / layout.MAPS, partial(Path.write_text, data=f"{text}\n", encoding="utf-8"))
    progress("", len(wanted), len(wanted))
    return wanted


def _is_there(run: RunReader, name: str) -> bool:
    try:
        return run.projection(name) is not None
    except RunFormatError:
        return False
