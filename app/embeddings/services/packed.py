"""What the maps of a run are drawn from, packed for the browser: it is sent once, and everything is computed there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from app.embeddings.figures.looks import looks
from app.embeddings.services.clusters import Terms, clusters, kinds, names, words
from app.embeddings.services.facets import Facet, facets, freezing_state
from app.embeddings.services.over_epochs import Course, moved
from app.embeddings.services.placement import Placement, Points, how_far_to_trust
from app.shared.figures.style import MODALITY
from app.shared.services.for_browser import Json, numbers
from app.shared.services.run_view import RunView

STEPS, NOWHERE = 65_534, 65_535  # a place is a step across its map; one code is left for "not shown"
LONGEST_LABEL = 80


def packed(run: RunView, placements: Mapping[str, Placement], course: Course | None, labels: list[str]) -> Json:
    """The table of the browser.

    Args:
        run: the run.
        placements: view → where each entity lies on its map.
        course: places over the epochs, None without.
        labels: `[entities]`, as they are shown.

    Returns:
        JSON: `n, nSource, labels`, `facets`, `views`, `film`, and columns as base64 of little-endian numbers: `degree`,
        `counterpart`, `prediction` (int32, -1 = none), `rank` (uint16, 0 = not ranked); under `table` a digest of it.
    """
    rank = np.zeros(run.n, np.uint16)
    if run.predictions is not None:
        ranks = np.nan_to_num(run.predictions["rank"].to_numpy(float))
        rank[run.predictions.index.to_numpy()] = np.minimum(ranks, NOWHERE)
    terms = (kinds(run.types), words(run.labels))
    made: Json = {
        "run": run.run_id,
        "n": run.n,
        "nSource": run.n_source,
        "labels": labels,
        "facets": [_facet(facet, MODALITY["fused"]) for facet in facets(run)],
        "views": [_view(run, name, placement, terms) for name, placement in placements.items()],
        "film": None if course is None else _film(run, course),
        "degree": numbers(run.degree, "<i4"),
        "counterpart": numbers(run.partner, "<i4"),
        "prediction": numbers(run.best, "<i4"),
        "rank": numbers(rank, "<u2"),
    }
    return {"table": hashlib.sha256(json.dumps(made).encode()).hexdigest()[:20], **made}


def _facet(facet: Facet, in_use: str) -> Json:
    marks = looks(facet.options, in_use, ordered=facet.name == "degree")
    options = [
        {"name": name, "colour": colour, "symbol": symbol, "opacity": opacity}
        for name, (colour, symbol, opacity) in zip(facet.options, marks, strict=True)
    ]
    codes = numbers(np.where(facet.codes < 0, NOWHERE, facet.codes), "<u2")
    return {"name": facet.name, "title": facet.title, "options": options, "codes": codes}


def _view(run: RunView, name: str, placement: Placement, terms: tuple[Terms, ...]) -> Json:
    box, steps = _steps(placement.points)
    part = clusters(placement.points)
    called = names(part, *terms)
    own = Facet(
        name="cluster",
        title="Part of this map",
        options=tuple(f"{i}{f' · {what}' if what else ''}" for i, what in enumerate(called, 1)),
        codes=part,
    )
    return {
        "name": name,
        "method": placement.method,
        "trust": how_far_to_trust(placement),
        "grey": placement.says_nothing,
        "box": box,
        "places": numbers(steps, "<u2"),
        "facets": [_facet(facet, MODALITY[name]) for facet in (freezing_state(run, name), own)],
        "called": [
            {"text": text, "at": np.median(placement.points[part == i], axis=0).tolist()}
            for i, text in enumerate(called)
            if text
        ],
    }


def _film(run: RunView, course: Course) -> Json:
    box, steps = _steps(course.points.reshape(-1, 2))
    frozen = np.full(len(course.entities), -1, np.int64)
    if run.frozen_at is not None:
        epochs = np.where(run.frozen_at < 0, np.iinfo(np.int16).max, run.frozen_at).min(axis=0)[course.entities]
        frozen = np.where(epochs == np.iinfo(np.int16).max, -1, epochs)
    kept = ", ".join(f"{epoch}: {q.shared:.0%}" for epoch, q in zip(course.epochs, course.quality, strict=False))
    steps_said = ", ".join(
        f"{share:.0%} to epoch {epoch}" for epoch, share in zip(course.epochs[1:], moved(course), strict=True)
    )
    return {
        "method": course.method,
        "epochs": list(course.epochs),
        "entities": numbers(course.entities, "<i4"),
        "frozen": numbers(frozen, "<i2"),
        "box": box,
        "places": numbers(steps, "<u2"),
        "trust": f"{len(course.entities):,} entities that training keeps snapshots of. Each epoch starts from the "
        f"places of the one after it, so what moves has learned. Mean movement in widths of the map: {steps_said}."
        + (f" Of the 15 nearest on the map, kept from the embedding, by epoch: {kept}." if kept else ""),
    }


def _steps(points: Points) -> tuple[list[float], npt.NDArray[np.uint16]]:
    """The corners of a map, `[x0, y0, x1, y1]`, and its points as steps between them."""
    there = np.isfinite(points).all(axis=1)
    if not there.any():
        return [0.0, 0.0, 1.0, 1.0], np.full(points.shape, NOWHERE, np.uint16)
    low, high = points[there].min(axis=0), points[there].max(axis=0)
    width = np.maximum(high - low, 1e-9)
    steps = np.full(points.shape, NOWHERE, np.uint16)
    steps[there] = ((points[there] - low) / width * STEPS).round()
    return [float(value) for value in (*low, *(low + width))], steps
