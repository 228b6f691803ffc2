"""kill -9 while verdicts are saved: each that was shown as saved is there, and none is there twice (R2).

PMF_REVIEW_KILLS says after how many saved verdicts the test is content: 1000 is the full size; 100 unless told.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from app.store import StoreError, open_store
from tests.app.store.conftest import Postgres
from tests.app.store.events import DATA, A, new_event
from tests.conftest import ROOT

VERDICTS = int(os.environ.get("PMF_REVIEW_KILLS", "100"))
AT_A_TIME = 20  # between two kills, on average


def killed_writer(url: str, verdicts: int, moment: tuple[int, float]) -> tuple[list[str], bool]:
    """The ids that a writer told as saved until it was killed, some milliseconds after a certain one, or was done."""
    command = [sys.executable, "-m", "tests.app.store.writer", url, "Ann", DATA, "own", str(verdicts)]
    told = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            told.append(line.split()[0])
            if len(told) == moment[0]:
                time.sleep(moment[1])
                process.send_signal(signal.SIGKILL)
        ended = process.wait()
    assert ended in (0, -signal.SIGKILL)
    return told, ended == 0


def test_what_was_shown_as_saved_is_there_once(url: str) -> None:
    rng = random.Random(2)
    shown: list[str] = []
    kills, done = 0, False
    while not done:
        told, done = killed_writer(url, VERDICTS, (rng.randint(1, 2 * AT_A_TIME), rng.uniform(0, 0.02)))
        shown += told
        kills += not done
    store = open_store(url)
    events = store.events(DATA, "Ann")
    store.close()
    ids = [event.event_id for event in events]
    assert kills >= VERDICTS // AT_A_TIME // 3
    assert set(shown) <= set(ids)
    assert len(shown) == len(set(shown))
    assert len(ids) - len(shown) <= kills  # saved, and killed before it could be told
    assert len({event.query for event in events}) == len(events) == VERDICTS
    figures = f"{kills} kills, {len(shown):,} shown, {len(ids):,} saved"
    print(f"{url.partition(':')[0]}: {figures}")  # noqa: T201 - pytest -s


def test_a_killed_writer_leaves_no_lock(url: str) -> None:
    """Killed in the middle of its transaction, before anything was promised."""
    program = (
        "import sys; from app.store import open_store, writing; from tests.app.store.events import new_event\n"
        "with open_store(sys.argv[1])._database.write() as connection:\n"
        "    writing.append(connection, [new_event()])\n"
        "    print('inside', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "inside\n"
        process.kill()
    store = open_store(url)
    assert store.events(DATA) == []
    store.append(new_event())
    assert len(store.events(DATA)) == 1
    store.close()


def test_a_killed_server_comes_back_with_everything(postgres: Postgres) -> None:
    """The app stays open; while the server is away it says so in one sentence, afterwards it goes on."""
    url = postgres.new_database()
    store = open_store(url)
    saved = [new_event(f"{A}{i}") for i in range(20)]
    for event in saved:
        store.append(event)
    postgres.kill()
    with pytest.raises(StoreError, match="the review store cannot be written: "):
        store.append(new_event())
    postgres.start()
    store.append(saved[-1], new_event())
    assert store.events(DATA)[:20] == saved
    assert len(store.events(DATA)) == 21
    store.close()
