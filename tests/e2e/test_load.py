"""Several people at one server at once, small; `python -m tests.tools.load` is the same at full size."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.review.services.desk import fingerprint
from app.shared.services import catalog
from app.shared.services.run_view import RunView
from app.store import Event, open_store
from pmf.runs.reader import RunReader
from tests.tools.load import load, started


def stored(folder: Path) -> list[Event]:
    """What the database in a folder of runs holds."""
    store = open_store(f"sqlite:///{folder / 'reviews.sqlite'}")
    try:
        return store.events(fingerprint(RunView(RunReader(catalog.BUNDLED / "atlas"))))
    finally:
        store.close()


def test_everybody_is_answered_and_each_verdict_is_there_once(tmp_path: Path) -> None:
    with started(tmp_path) as url:
        told = asyncio.run(load(url, reviewers=4, browsing=2, run="atlas", pace=1.0, seconds=5))
    assert told["problems"] == []
    events = stored(tmp_path)
    assert len(events) == told["saved"]["n"] >= 12
    assert len({event.card for event in events}) == len(events)
    assert {event.annotator for event in events} == {f"annotator-{i}" for i in range(4)}
    assert told["page"]["n"] >= 2
