"""Twelve errors to look at, by cause: what was asked, the truth and the prediction."""

from __future__ import annotations

import pandas as pd

from app.report.services.parts import Cause, Error, Face, Section
from app.report.services.subject import Subject
from app.shared.services import pictures
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.slices.services import errors
from app.slices.services.examples import examples
from app.slices.services.repair import repairs
from pmf.data.notes import counted
from pmf.failures.causes import CAUSES

MOST = 12
SIZE = 200
"""Pixels of a picture: enough for the third of a column on paper."""


def pictured(run: RunView, data: Dataset, subject: Subject) -> Section | None:
    """A section with them, None where nothing is wrong or no cause is known."""
    if run.failures is None or (wrong := errors.errors(subject.rows(run.failures))).empty:
        return None
    chosen = _dealt(examples(run, data, wrong, MOST))
    words = repairs(run, wrong)
    causes = tuple(
        Cause(
            title=f"{errors.title(cause)} ({(wrong['cause'] == cause).sum():,} of {counted(len(wrong), 'error')})",
            sentence=CAUSES[cause].sentence,
            errors=tuple(_error(run, data, subject, wrong.loc[query], str(words[query])) for query in queries),
        )
        for cause, queries in chosen.items()
    )
    shown = sum(map(len, chosen.values()))
    few = f"{shown} of {counted(len(wrong), 'error')}, {subject.ways}"
    scope = f"{few}: of each cause the nearest misses, pictured ones first."
    return Section(title="Errors to look at", sentences=(scope,), causes=causes)


def _dealt(by_cause: dict[str, list[int]]) -> dict[str, list[int]]:
    """`MOST` of them, dealt out to the causes one by one."""
    rounds = [(place, cause) for cause, queries in by_cause.items() for place in range(len(queries))]
    order = list(by_cause)
    dealt = sorted(rounds, key=lambda one: (one[0], order.index(one[1])))[:MOST]
    return {cause: own for cause in order if (own := [by_cause[cause][at] for at, of in dealt if of == cause])}


def _error(run: RunView, data: Dataset, subject: Subject, row: pd.Series, repair: str) -> Error:
    query, truth, prediction = (int(row[name]) for name in ("query", "truth", "prediction"))
    roles = [("Asked for", query), ("● Truth", truth), *([("✕ Prediction", prediction)] if prediction >= 0 else [])]
    rank = (
        "The truth is not among the ranked candidates."
        if row["rank"] != row["rank"]
        else (f"The truth has rank {row['rank']:,.10g}.")
    )
    about = f" About {row['modality']}." if row["modality"] else ""
    repaired = f" It comes first {repair}." if repair else ""
    return Error(
        faces=tuple(_face(run, data, role, entity) for role, entity in roles),
        sentence=f"{rank}{about}{repaired}",
        link=subject.link(run, "failures", "Open in the app", pair=query),
    )


def _face(run: RunView, data: Dataset, role: str, entity: int) -> Face:
    path = data.picture(entity)
    picture = path and pictures.thumbnail(path, SIZE, square=True)
    frozen = "image" in run.modalities and run.frozen_epoch("image", entity) >= 0
    note = "picture frozen" if frozen else ""
    if not picture:
        gone = "data folder not there" if data.problem else "picture unreadable" if path else "no picture"
        note = f"{note}, {gone}" if frozen else gone
    elif frozen:
        picture = pictures.frozen_look(picture)
    return Face(entity=entity, role=role, label=str(run.labels[entity]), picture=picture or None, note=note)
