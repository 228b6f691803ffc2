"""The whole lesson, packed for the browser once: every number that it draws from, so that it can answer by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np

from app.learn.services import film
from app.learn.services import fusion as learn_fusion
from app.learn.services import lesson as learn
from app.learn.services import words as learn_words
from app.learn.services.contrast import Contrast, contrast
from app.learn.services.freezing import Pictures, pictures
from app.learn.services.handout import handout
from app.learn.services.lesson import Around, Neighbour
from app.learn.services.live_lesson import CHANGES
from app.learn.services.senses import FACTS, Sense, senses
from app.shared.figures.style import MODALITY
from app.shared.services import pictures as thumbnails
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import Json, numbers
from app.shared.services.run_view import RunView
from app.shared.widgets.text import short
from pmf.errors import MissingModalityError

TILES, STRIP, PICTURE = 60, 10, 112  # pictures of the freezing step, of the handout, and pixels of one
COSINE = 32_767
"""A cosine is one of so many steps from 0 to 1."""
DASH = {"structure": "", "relation": "9 5", "attribute": "2 5", "image": "9 4 2 4"}
"""Of a modality's line, in the browser's own words."""


def packed(run: RunView, beside: RunView | None, data: Dataset) -> Json:
    """What the browser draws the lesson from.

    Args:
        run: the run that it is about.
        beside: the run by other rules, None without one.
        data: of both.

    Returns:
        JSON; columns are base64 of little-endian numbers, as the functions below say; under `lesson` a digest of it.

    Raises:
        MissingModalityError: the run has no pair to teach with.
        RunFormatError: the run is damaged or has not ended.
    """
    pair = learn.example(run, data)
    loss, frozen = contrast(run, pair), pictures(run, data)
    steps = learn_words.steps(run, beside, pair, loss, frozen)
    names = [short(label, learn_words.LONGEST) for label in run.labels]
    made: Json = {
        "run": run.run_id,
        "steps": [
            {"title": s.title, "dragged": s.dragged, "words": s.words, "formulas": s.formulas, "note": s.note}
            for s in steps
        ],
        "modalities": [{"name": m, "colour": MODALITY[m], "dash": DASH.get(m, "4 4")} for m in run.modalities],
        "labels": names,
        "nSource": run.n_source,
        "pair": [pair.source, pair.target],
        "partner": numbers(run.partner, "<i4"),
        "pictured": numbers(learn.pictured(run), "<i4"),
        "rules": [learn_words.rule_of(one) for one in (run, beside) if one is not None],
        "graphs": _graphs(pair),
        "senses": _senses(run, data, pair),
        "contrast": None if loss is None else _contrast(run, loss),
        "freezing": [_freezing(run, frozen, pair), *_freezing_beside(beside, data, pair)],
        "fusion": _fusion(run, pair),
        "films": [film.curves(one) for one in (run, beside) if one is not None],
        "pairFilm": film.of_pair(run, pair.source),
        "moving": film.moving(run),
        "changes": {name: change.words for name, change in CHANGES.items()},
        "handout": handout(
            "Progressively freezing modalities",
            f"The lesson of the bundled run {run.run_id}, trained by {learn_words.rule_of(run)}.",
            [(names[entity], _picture(data, entity)) for entity in (pair.source, pair.target)],
            steps,
            [(names[entity], _picture(data, entity)) for entity in frozen.some_frozen(STRIP).tolist()],
        ),
    }
    return {"lesson": hashlib.sha256(json.dumps(made).encode()).hexdigest()[:20], **made}


def all_pictures(run: RunView, data: Dataset) -> dict[str, str]:
    """Entity → its picture as an address that holds it; those that cannot be read are left out."""
    made = {str(entity): _picture(data, entity) for entity in learn.pictured(run).tolist()}
    return {entity: address for entity, address in made.items() if address}


def _picture(data: Dataset, entity: int) -> str | None:
    path = data.picture(entity)
    return thumbnails.small(path, PICTURE) if path else None


def _graphs(pair: Around) -> Json:
    def beside(neighbours: Sequence[Neighbour]) -> list[Json]:
        return [{"entity": one.entity, "relation": short(one.relation, 24)} for one in neighbours]

    return {"known": pair.known, "source": beside(pair.beside_source), "target": beside(pair.beside_target)}


def _senses(run: RunView, data: Dataset, pair: Around) -> Json:
    """Of each modality float32 cosines, learned and spread, bytes and ids `[candidates]`, and what it is given."""

    def one(sense: Sense) -> Json:
        return {
            "share": sense.share,
            "learned": numbers(sense.learned, "<f4"),
            "spread": numbers(sense.spread, "<f4"),
            "hasLabels": numbers(sense.has_labels, "u1"),
            "labelled": sense.labelled,
            "candidates": numbers(sense.candidates, "<i4"),
            "facts": [[[short(fact, 28) for fact in facts[:FACTS]], len(facts)] for facts in sense.facts],
        }

    return {"by": [one(sense) for sense in senses(run, data, pair.source, pair.target)]}


def _contrast(run: RunView, loss: Contrast) -> Json:
    """The negatives' ids `[k]`, and cosines float32 `[e, 1 + k]`, the partner's first."""
    return {
        "source": loss.source,
        "target": loss.target,
        "epochs": loss.epochs.tolist(),
        "temperature": float(run.reader.facts.settings["loss.temperature"]),
        "negatives": numbers(loss.negatives, "<i4"),
        "cosines": numbers(np.column_stack([loss.positive, loss.cosines]), "<f4"),
    }


def _freezing(run: RunView, frozen: Pictures, pair: Around) -> Json:
    """Ids int32, α and ranks float32 and bytes of the pictures `[p]`, the least relevant first; places of tiles."""
    place = int(np.flatnonzero(frozen.ids == pair.source)[0]) if pair.source in frozen.ids else 0
    return {
        "epoch": frozen.epoch,
        "threshold": frozen.threshold,
        "kind": str(run.reader.facts.settings["freezing.fusion_weight"]),
        "ids": numbers(frozen.ids, "<i4"),
        "relevance": numbers(frozen.relevance, "<f4"),
        "helpless": None if frozen.helpless is None else numbers(frozen.helpless, "u1"),
        "alone": numbers(frozen.alone, "<f4"),
        "fused": numbers(frozen.fused, "<f4"),
        "thawed": numbers(frozen.thawed, "<f4"),
        "tiles": frozen.sample(TILES, place).tolist(),
    }


def _freezing_beside(run: RunView | None, data: Dataset, pair: Around) -> list[Json]:
    if run is None:
        return []
    try:
        return [_freezing(run, pictures(run, data), pair)]
    except MissingModalityError:  # it froze no picture, so there is none to show
        return []


def _fusion(run: RunView, pair: Around) -> Json:
    """Ids int32 `[s]`, `[t]`; links as places int32 `[l, 2]`; cosines int16 `[m, s, t]`; weight float32 `[m, n]`."""
    made = learn_fusion.fusion(run)
    return {
        "source": numbers(made.source, "<i4"),
        "target": numbers(made.target, "<i4"),
        "truth": numbers(made.truth, "<i4"),
        "cosines": numbers((made.cosines * COSINE).round().clip(-COSINE, COSINE), "<i2"),
        "weight": numbers(made.weight, "<f4"),
        "reliability": made.reliability.tolist(),
        "unit": made.unit,
        "csls": list(made.csls),
        "alone": learn_fusion.alone(run, pair.source),
        "frozen": {m: run.frozen_epoch(m, pair.source) for m in run.modalities},
    }
