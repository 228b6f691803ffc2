"""The maps of a run: drawn where the embeddings have none yet, or have changed since; beside each its quality."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pmf.arrays import Ids
from pmf.bounded.arrays import open_array
from pmf.bounded.json_files import read_json
from pmf.errors import DataFormatError, RunFormatError
from pmf.files import replace_file
from pmf.modalities.whole import WHOLE
from pmf.processes import cores, environment
from pmf.progress import Progress
from pmf.projection.project import MOST_COMPARED, Points, centred, project, project_aligned, project_together
from pmf.projection.quality import Counterparts, Quality, counterparts, measure
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter

ALIGNED = "aligned"
_METHOD = "umap of both graphs, 5"  # to be counted up with each change to what is drawn
_FEWEST = 16  # entities, and
_FEWEST_EPOCHS = 2  # epochs, to be worth an aligned map
_LARGEST = 2**20  # bytes of the file about all maps
_WORTH_TWO = 4_000  # entities, of which a map takes as long as a second process to begin with


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What is known of a map.

    Args:
        key: of the embeddings it shows and of how it was drawn.
        seconds: that drawing and measuring took.
        quality: one a picture: of the aligned map one an epoch; empty where it has too few points.
        counterparts: likewise; empty where there are no test links on it, or it is too large to compare all pairs.
    """

    key: str
    seconds: float
    quality: tuple[Quality, ...]
    counterparts: tuple[Counterparts, ...] = ()


def names(run: RunReader) -> list[str]:
    """The maps that a run can have as it stands, the fused embedding's first."""
    views = ("fused", *(name for name in run.modalities if name != WHOLE.name))  # the whole one is the fused
    drawable = [name for name in views if _source(run, name).exists()]
    snapshots = run.snapshots()
    if snapshots is not None:
        epochs, sample = snapshots["fused"].shape[:2]
        drawable += [ALIGNED] if epochs >= _FEWEST_EPOCHS and sample >= _FEWEST else []
    return drawable


def stored(run: RunReader) -> dict[str, Map]:
    """What is known of the maps that are there; nothing of one that an older version drew."""
    try:
        about = read_json(run.folder / layout.MAPS, _LARGEST)
        return {str(name): _map(values) for name, values in about.items()}
    except (DataFormatError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def outdated(run: RunReader) -> list[str]:
    """The maps that `draw_maps` would draw: not there yet, or of other embeddings than those there now."""
    about = stored(run)
    return [
        name
        for name in names(run)
        if name not in about or not _is_there(run, name) or about[name].key != _key(run, name)
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
    others = wanted[1::2] if _two_at_once(run) else []
    with beside(run, others) as its:
        for done, name in enumerate([*(name for name in wanted if name not in others), *others]):
            progress(name, done, len(wanted))
            points, drawn = (its(name) if name in others else None) or draw(run, name)
            writer.projection(name, points)
            text = json.dumps({other: asdict(map_) for other, map_ in (stored(run) | {name: drawn}).items()}, indent=1)
            replace_file(run.folder / layout.MAPS, partial(Path.write_text, data=f"{text}\n", encoding="utf-8"))
    progress("", len(wanted), len(wanted))
    return wanted


def _two_at_once(run: RunReader) -> bool:
    return _WORTH_TWO <= run.n_entities <= MOST_COMPARED and cores() > 1


@contextmanager
def beside(run: RunReader, names: list[str]) -> Iterator[Callable[[str], tuple[Points, Map] | None]]:
    """Maps drawn in a process of its own, which ends with the `with` block: UMAP keeps one core busy and no more.

    Yields what waits for one of them; None where the process has ended without it.
    """
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pmf.projection.beside", str(run.folder.resolve()), folder, *names]
        quiet = subprocess.DEVNULL
        process = None
        if names:
            process = subprocess.Popen(command, env=environment(), stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603

        def wait_for(name: str) -> tuple[Points, Map] | None:
            about = Path(folder, f"{name}.json")
            while process and process.poll() is None and not about.exists():
                time.sleep(0.05)
            return (
                (np.array(open_array(about.with_suffix(".npy"))), _map(read_json(about, _LARGEST)))
                if about.exists()
                else None
            )

        try:
            yield wait_for
        finally:
            if process:
                process.kill()
                process.wait()


def draw(run: RunReader, name: str) -> tuple[Points, Map]:
    """A map: its points as they are stored, and what is known of it."""
    key, start = _key(run, name), time.monotonic()
    points, quality, counted = _draw(run, name)
    seconds = round(time.monotonic() - start, 2)
    return points, Map(key=key, seconds=seconds, quality=quality, counterparts=counted)


def _draw(run: RunReader, name: str) -> tuple[Points, tuple[Quality, ...], tuple[Counterparts, ...]]:
    from pmf.projection.neighbourhoods import OWN, neighbourhoods  # here, not above: pages import this, and it torch

    if name == ALIGNED:
        snapshots = run.snapshots()
        assert snapshots is not None  # it has a name because it has these
        shown, rows = np.asarray(snapshots["sample"]), snapshots["fused"]
    else:
        embedding = run.embedding(name)
        assert embedding is not None
        shown = np.flatnonzero(np.asarray(embedding).any(axis=1))  # a row of zeros is a missing feature
        rows = np.asarray(embedding)[shown][None]
    sides = np.flatnonzero(shown < run.n_source), np.flatnonzero(shown >= run.n_source)
    seed, counted = _seed(run), []
    if min(len(side) for side in sides) >= OWN and len(shown) <= MOST_COMPARED:
        pairs = _pairs(run, shown)
        setting = run.facts.config().evaluation
        ties = [
            neighbourhoods(here, sides, pairs, csls_k=setting.csls_k, csls_rounds=setting.csls_rounds) for here in rows
        ]
        if name == ALIGNED:
            points = project_aligned(rows, ties, sides, seed)
        else:
            points = project_together(rows[0], ties[0], sides, seed)[None]
        for here, tie in zip(points, ties, strict=True):
            counted += [one for one in [counterparts(here, sides, pairs, tie.ranks)] if one]
    else:  # too few for neighbourhoods, or too many to compare all
        points = np.stack([project(centred(here, sides), seed) for here in rows])
    stored_points = points
    if name != ALIGNED:
        stored_points = np.full((run.n_entities, 2), np.nan, np.float32)
        stored_points[shown] = points[0]
    measured = [measure(here, there, sides, seed) for here, there in zip(rows, points, strict=True)]
    return stored_points, tuple(quality for quality in measured if quality is not None), tuple(counted)


def _pairs(run: RunReader, shown: Ids) -> Ids:
    """The test links of which both ends are shown, as places in `shown`, `[p, 2]`."""
    links = run.links
    row = np.full(run.n_entities, -1)
    row[shown] = np.arange(len(shown))
    pairs = row[links.loc[links["split"] == "test", ["source", "target"]].to_numpy(np.int64)]
    complete: Ids = pairs[(pairs >= 0).all(axis=1)]
    return complete


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
    return (run.facts.seed or 0) % 2**32


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
    counted = [
        Counterparts(
            neighbours=int(one["neighbours"]),
            pairs=int(one["pairs"]),
            on_map=_share(one["on_map"]),
            in_embedding=_share(one["in_embedding"]),
            of_first=None if one["of_first"] is None else _share(one["of_first"]),
        )
        for one in values.get("counterparts", ())
    ]
    return Map(
        key=str(values["key"]), seconds=float(values["seconds"]), quality=tuple(quality), counterparts=tuple(counted)
    )


def _share(value: Any) -> float:
    share = float(value)
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no share")
    return share
