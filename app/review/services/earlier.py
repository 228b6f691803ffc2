"""Decisions on the data that a run's data follow: they stay, and are not asked again."""

from __future__ import annotations

from pathlib import Path

from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from pmf.data.notes import counted
from pmf.runs import layout
from pmf.runs.reader import RunReader


def earlier(store: ReviewStore, run: RunView) -> list[Event]:
    """The verdicts that stand since older data, the oldest first."""
    if store.lineage(fingerprint(run)) == [fingerprint(run)]:
        return []
    return [event for event in store.current(fingerprint(run)) if event.fingerprint != fingerprint(run)]


def in_words(store: ReviewStore, run: RunView) -> str:
    """How many they are, or where they are left and how to take them on; "" where there are none."""
    id_of, kept = ids(run), earlier(store, run)
    if kept:
        gone = sum((event.side, event.query) not in id_of for event in kept)
        words = (
            f"{counted(len(kept), 'decision')} on earlier data count here too and are not asked again (My verdicts)."
        )
        return words + (f" {gone:,} of them are about entities that are gone." if gone else "")
    if left := _left(store, run):
        return (
            f"{counted(len(left), 'decision')} on the data before this update are not here yet: "
            "propose this run's pairs (Alignment) to take them on."
        )
    return ""


def _left(store: ReviewStore, run: RunView) -> list[Event]:
    """Verdicts on the data of the run that was updated, where these data do not follow them."""
    updated = run.reader.facts.updated
    folder = run.reader.folder.parent / Path(updated.parent if updated else "").name
    if updated is None or not (folder / layout.CONFIG).is_file():
        return []
    older = RunReader(folder).facts.fingerprint
    line = store.lineage(fingerprint(run))
    return [] if older is None or older in line else store.current(older)
