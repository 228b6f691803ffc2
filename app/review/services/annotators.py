"""How each annotator is getting on: pace, agreement with the others, and how they do on probes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.review.services.agreement import answers, independent
from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.review.services.probes import right
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import PROBE
from pmf.statistics import Proportion, proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatorReport:
    """One annotator's numbers.

    Args:
        name: theirs.
        verdicts: of theirs that stand, probes not counted.
        seconds: median from card to key; NaN without a verdict.
        agreement: pairs of an answer of theirs and another's to the same query that are the same.
        probes: answers to probes that agree with the seed link.
    """

    name: str
    verdicts: int
    seconds: float
    agreement: Proportion
    probes: Proportion


def annotators(user: User, store: ReviewStore, run: RunView) -> list[AnnotatorReport]:
    """The reports that a user may see: their own, and for an admin everybody's, by name."""
    events = store.events(fingerprint(run))
    verdicts = independent(events)
    names, codes = answers(verdicts)
    probes = _probes(run, events)
    shown = sorted({*names, *probes}) if user.role >= Role.ADMIN else [user.name]
    reports = []
    for name in shown:
        own = [event for (who, _), event in verdicts.items() if who == name]
        marks = probes.get(name, [])
        column = names.index(name) if name in names else -1
        reports.append(
            AnnotatorReport(
                name=name,
                verdicts=len(own),
                seconds=float(np.median([event.seconds for event in own])) if own else float("nan"),
                agreement=_agreement(codes, column) if column >= 0 else proportion(0, 0),
                probes=proportion(sum(marks), len(marks)),
            )
        )
    return reports


def _agreement(codes: np.ndarray, column: int) -> Proportion:
    own, rest = codes[:, column, None], np.delete(codes, column, axis=1)
    both = (own >= 0) & (rest >= 0)
    return proportion(int((both & (own == rest)).sum()), int(both.sum()))


def _probes(run: RunView, events: list[Event]) -> dict[str, list[bool]]:
    """By annotator, whether each of their answers to probes that stands is right."""
    undone, id_of = {event.undoes for event in events}, ids(run)
    standing = {
        (event.annotator, event.side, event.query): event
        for event in events
        if event.order == PROBE and event.kind == "verdict" and event.event_id not in undone
    }
    marks: dict[str, list[bool]] = {}
    for (name, side, uri), event in standing.items():
        query = id_of.get((side, uri))
        mark = None if query is None else right(run, query, event)
        if mark is not None:
            marks.setdefault(name, []).append(mark)
    return marks
