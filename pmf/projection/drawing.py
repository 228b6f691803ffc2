"""One map of a run: drawn, and measured."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pmf.arrays import Ids
from pmf.projection.project import MOST_COMPARED, Points, centred, project, project_aligned, project_together
from pmf.projection.quality import Counterparts, Quality, counterparts, measure
from pmf.runs import layout
from pmf.runs.reader import RunReader

ALIGNED = "aligned"
_METHOD = "umap of both graphs, 5"  # to be counted up with each change to what is drawn


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


def draw(run: RunReader, name: str) -> tuple[Points, Map]:
    """A map: its points as they are stored, and what is known of it."""
    key, start = key_of(run, name), time.monotonic()
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


def key_of(run: RunReader, name: str) -> str:
    """Another where the embeddings are others, or are drawn in another way."""
    with source_of(run, name).open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{_METHOD}, seed {_seed(run)}, {content}".encode()).hexdigest()


def source_of(run: RunReader, name: str) -> Path:
    """The file of what a map shows."""
    return run.folder / (layout.SNAPSHOTS if name == ALIGNED else f"{layout.EMBEDDINGS}/{name}.npy")


def _seed(run: RunReader) -> int:
    return (run.facts.seed or 0) % 2**32


def map_of(values: Any) -> Map:
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
