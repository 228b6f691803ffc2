"""The runs that the Learn page teaches with, and the pair of entities that goes through its steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import Ids, RunView
from pmf.errors import MissingModalityError
from pmf.runs import layout

LESSON = "atlas"
"""The bundled run that the lesson is about."""
BESIDE = ("atlas_paper", "atlas_published")
"""Bundled runs of the same data by other rules, the first of which stands beside it."""
NEIGHBOURS = 5


def bundled() -> Path | None:
    """The folder of the run that the lesson is about, whatever other runs there are; None without it."""
    return _folder(LESSON)


def bundled_beside() -> Path | None:
    """The folder of the run that stands beside it; None without one."""
    return next((folder for name in BESIDE if (folder := _folder(name))), None)


def _folder(name: str) -> Path | None:
    folder = catalog.BUNDLED / name
    return folder if (folder / layout.CONFIG).is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An entity beside the one that is looked at, and the relation between them."""

    entity: int
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A linked pair with neighbours of both; the first `known` of either side are linked with each other by seeds."""

    source: int
    target: int
    beside_source: tuple[Neighbour, ...]
    beside_target: tuple[Neighbour, ...]
    known: int


def example(run: RunView, data: Dataset) -> Around:
    """The pair to teach with: a test link whose pictures are in use, found, and told apart by its picture.

    Of several one with neighbours that a seed link ties to each other; of those the one that training found hardest.

    Raises:
        MissingModalityError: the run learned no pictures, or has no test link with two pictures in use.
    """
    if "image" not in run.modalities:
        raise MissingModalityError(f"{run.run_id} learned no pictures, and the lesson is about pictures")
    links = run.reader.links
    pairs = links.loc[links["split"] == "test", ["source", "target"]].to_numpy().tolist()
    in_use = [(s, t) for s, t in pairs if all(run.frozen_epoch("image", e) == layout.NEVER_FROZEN for e in (s, t))]
    if not in_use:
        raise MissingModalityError(f"{run.run_id} has no test link with two pictures in use")
    examples = [around(run, data, source, target) for source, target in in_use]
    worst = _worst_ranks(run)
    return max(
        examples,
        key=lambda p: (_by_its_picture(run, p.source), p.known > 0, worst.get(p.source, 1.0), p.known),
    )


def around(run: RunView, data: Dataset, source: int, target: int) -> Around:
    """The neighbours of a pair, those first that seed links tie to each other, at most `NEIGHBOURS` a side."""
    beside = [
        {n.entity: n.relation for n in data.neighbours(entity) if n.entity != entity} for entity in (source, target)
    ]
    links = [
        (entity, int(run.partner[entity]))
        for entity in beside[0]
        if run.split[entity] == "seed" and int(run.partner[entity]) in beside[1]
    ][:NEIGHBOURS]
    sides = []
    for side, named in enumerate(beside):
        first = [pair[side] for pair in links]
        others = [entity for entity in named if entity not in first]
        chosen = [*first, *others][:NEIGHBOURS]
        sides.append(tuple(Neighbour(entity=entity, relation=named[entity]) for entity in chosen))
    return Around(source=source, target=target, beside_source=sides[0], beside_target=sides[1], known=len(links))


def pictured(run: RunView) -> Ids:
    """Entities that have a picture, in use or frozen."""
    if "image" not in run.modalities or run.frozen_at is None:
        return np.empty(0, np.int64)
    return np.flatnonzero(run.frozen_at[run.modalities.index("image")] != layout.MISSING)


def _by_its_picture(run: RunView, query: int) -> bool:
    """Whether an entity is found by all modalities together, and by its picture, and not by its structure."""
    if run.failures is None or query not in run.failures.index:
        return False
    row = run.failures.loc[query]
    return bool(row["similarity_rank"] == 1 == row["alone_image"] and row.get("alone_structure", 1) > 1)


def _worst_ranks(run: RunView) -> dict[int, float]:
    """Source entity → the worst rank that its counterpart had at any snapshot; empty where none were kept."""
    course = run.reader.course()
    if course is None:
        return {}
    rows = course[course["direction"] == layout.SOURCE_TO_TARGET]
    return {int(query): float(rank) for query, rank in rows.groupby("query")["rank"].max().items()}
