"""The run that the Learn page teaches with, and the pair of entities that goes through its first steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from pmf.errors import MissingModalityError
from pmf.runs import layout

STEPS = (
    "Two graphs, one world",
    "What each modality sees",
    "Freeze what cannot help",
    "Play the training",
    "Together or alone?",
    "Did it freeze too much?",
)
LESSON = "atlas"
"""The bundled run that the lesson is about."""
NEIGHBOURS = 6


def bundled() -> Path | None:
    """The folder of the finished run that comes with the app, whatever other runs there are; None without one."""
    folder = catalog.BUNDLED / LESSON
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

    Of several the one with most neighbours that seed links tie to each other.

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
    return max(examples, key=lambda pair: (_by_its_picture(run, pair.source), pair.known))


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


def beside(run: RunView, pair: Around) -> pd.DataFrame:
    """The neighbours of a pair: `side, entity, relation, neighbour`."""
    sides = (("source", pair.source, pair.beside_source), ("target", pair.target, pair.beside_target))
    rows = [
        (side, run.labels[entity], neighbour.relation, run.labels[neighbour.entity])
        for side, entity, neighbours in sides
        for neighbour in neighbours
    ]
    return pd.DataFrame(rows, columns=["side", "entity", "relation", "neighbour"])


def _by_its_picture(run: RunView, query: int) -> bool:
    """Whether an entity is found by all modalities together, and by its picture, and not by its structure."""
    if run.failures is None or query not in run.failures.index:
        return False
    row = run.failures.loc[query]
    return bool(row["similarity_rank"] == 1 == row["alone_image"] and row.get("alone_structure", 1) > 1)
