"""Twenty annotators at once, each a process of its own (R3).

PMF_REVIEW_VERDICTS says how many verdicts each of them saves: 15 unless told, 500 in full, which takes two cores half a
minute with SQLite and a minute and a half with PostgreSQL; `pytest -s` shows how long saving took.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from app.store import ReviewStore, open_store
from tests.app.store.events import DATA
from tests.conftest import ROOT

WRITERS = 20
EACH = int(os.environ.get("PMF_REVIEW_VERDICTS", "15"))


def race(url: str, mode: str, count: int, folder: Path, writers: int = WRITERS) -> list[tuple[str, float]]:
    """(event_id, milliseconds) of every verdict that was told as saved; no writer may print an error."""
    command = [sys.executable, "-m", "tests.app.store.writer", url]
    processes = []
    for i in range(writers):
        with (folder / f"{i}.out").open("wb") as out, (folder / f"{i}.err").open("wb") as err:
            arguments = [f"writer {i}", DATA, mode, str(count)]
            processes.append(subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=out, stderr=err))
    ended = [process.wait(timeout=1800) for process in processes]
    errors = "".join((folder / f"{i}.err").read_text() for i in range(writers))
    assert (errors, set(ended)) == ("", {0})
    lines = [line.split() for i in range(writers) for line in (folder / f"{i}.out").read_text().splitlines()]
    return [(event_id, float(took)) for event_id, took in lines]


def test_twenty_writers_open_an_empty_database_and_lose_nothing(url: str, tmp_path: Path) -> None:
    """Nobody made the store before: they race for that, too."""
    saved = race(url, "own", EACH, tmp_path)
    store = open_store(url)
    events = store.events(DATA)
    store.close()
    assert len(saved) == len(events) == WRITERS * EACH
    assert {event_id for event_id, _ in saved} == {event.event_id for event in events}
    assert set(Counter((event.annotator, event.query) for event in events).values()) == {1}
    milliseconds = sorted(took for _, took in saved)
    p95, longest = milliseconds[int(0.95 * len(saved))], milliseconds[-1]
    figures = f"{len(saved):,} verdicts, p95 {p95:.0f} ms, longest {longest:.0f} ms"
    print(f"{url.partition(':')[0]}: {figures}")  # noqa: T201 - pytest -s


def test_writers_of_one_query_take_turns(store: ReviewStore, url: str, tmp_path: Path) -> None:
    saved = race(url, "same", 5, tmp_path, writers=4)
    events = store.events(DATA)
    assert [event.version for event in events] == list(range(1, 21))
    assert {event_id for event_id, _ in saved} == {event.event_id for event in events}


def test_a_shared_queue_gives_each_query_to_two(store: ReviewStore, url: str, tmp_path: Path) -> None:
    count = 40
    race(url, "queue", count, tmp_path, writers=4)
    judged = Counter(event.query for event in store.current(DATA))
    assert len(judged) == count
    assert set(judged.values()) == {2}
    assert len({(event.query, event.annotator) for event in store.events(DATA)}) == len(store.events(DATA)) == 2 * count
