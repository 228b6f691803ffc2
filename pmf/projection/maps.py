"""The maps of a run: drawn where the embeddings have none yet, or have changed since; beside each its quality."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pmf.bounded.json_files import read_json
from pmf.errors import DataFormatError, RunFormatError
from pmf.progress import Progress
from pmf.projection.project import project, project_aligned
from pmf.projection.quality import Quality, measure
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter, replace_file

ALIGNED = "aligned"
_METHOD = "umap after pca, 2"  # to be counted up with each change to what is drawn
_FEWEST = 16  # entities, and
_FEWEST_EPOCHS = 2  # epochs, to be worth an aligned map
_LARGEST = 2**20  # bytes of the file about all maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What is known of a map.

    Args:
        key: of the embeddings it shows and of how it was drawn.
        seconds: that drawing and measuring took.
        quality: one a picture: of the aligned map one an epoch; empty where it has too few points.
    """

    key: str
    seconds: float
    quality: tuple[Quality, ...]


def names(run: RunReader) -> list[str]:
    """The maps that a run can have as it stands, the fused embedding's first."""
    found = [name for name in ("fused", *run.modalities) if _source(run, name).exists()]
    snapshots = run.snapshots()
    if snapshots is not None:
        epochs, sample = snapshots["fused"].shape[:2]
        found += [ALIGNED] if epochs >= _FEWEST_EPOCHS and sample >= _FEWEST else []
    return found


def stored(run: RunReader) -> dict[str, Map]:
    """What is known of the maps that are there; nothing of one that an older version drew."""
    try:
        found = read_json(run.folder / layout.MAPS, _LARGEST)
        return {str(name): _map(values) for name, values in found.items()}
    except (DataFormatError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def outdated(run: RunReader) -> list[str]:
    """The maps that `draw_maps` would draw: not there yet, or of other embeddings than those there now."""
    known = stored(run)
    return [
        name
        for name in names(run)
        if name not in known or not _is_there(run, name) or known[name].key != _key(run, name)
    ]


def draw_maps(run: RunReader, progress: Progress) -> list[str]:
    """Draw the maps that are outdated into the run's folder.

    Args:
        run: a run with embeddings.
        progress: called with (name of a map, done, total).

    Returns:
        The maps that were drawn.
    """
    wanted = outdated(run)
    writer = RunWriter(run.folder, epochs=run.epochs, modalities=run.modalities, n_entities=run.n_entities)
    for done, name in enumerate(wanted):
        progress(name, done, len(wanted))
        key, start = _key(run, name), time.monotonic()
        quality = _draw(run, writer, name)
        drawn = Map(key=key, seconds=round(time.monotonic() - start, 2), quality=quality)
        text = json.dumps({known: asdict(map_) for known, map_ in (stored(run) | {name: drawn}).items()}, indent=1)
        replace_file(run.folder / layout.MAPS, lambda path, text=text: path.write_text(text + "\n", encoding="utf-8"))
    progress("", len(wanted), len(wanted))
    return wanted


def _draw(run: RunReader, writer: RunWriter, name: str) -> tuple[Quality, ...]:
    seed = _seed(run)
    if name == ALIGNED:
        snapshots = run.snapshots()
        assert snapshots is not None  # it has a name because it has these
        rows = snapshots["fused"]
        points = project_aligned(rows, seed)
    else:
        embedding = run.embedding(name)
        assert embedding is not None
        rows = np.asarray(embedding)[None]
        points = project(rows[0], seed)[None]
    writer.projection(name, points if name == ALIGNED else points[0])
    measured = [measure(*both, seed) for both in zip(rows, points, strict=True)]
    return tuple(quality for quality in measured if quality is not None)


def _is_there(run: RunReader, name: str) -> bool:
    try:
        return run.projection(name) is not None
    except RunFormatError:
        return False


def _key(run: RunReader, name: str) -> str:
    with _source(run, name).open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{_METHOD}, seed {_seed(run)}, {content}".encode()).hexdigest()


def _source(run: RunReader, name: str) -> Path:
    return run.folder / (layout.SNAPSHOTS if name == ALIGNED else f"{layout.EMBEDDINGS}/{name}.npy")


def _seed(run: RunReader) -> int:
    return int(run.config["seed"]) % 2**32


def _map(values: Any) -> Map:
    """A map as it was stored; the file may have come from anybody."""
    shares = ("trustworthiness", "continuity", "shared")
    quality = [
        Quality(
            neighbours=int(one["neighbours"]),
            points=int(one["points"]),
            **{name: _share(one[name]) for name in shares},
        )
        for one in values["quality"]
    ]
    return Map(key=str(values["key"]), seconds=float(values["seconds"]), quality=tuple(quality))


def _share(value: Any) -> float:
    share = float(value)
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no share")
    return share
