"""Review in a real browser: keys, and what is left when the app is stopped or killed.

`PMF_REVIEW_KILLS=50` kills the app as many times instead of 3.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.review.services.desk import fingerprint
from app.shared.services import catalog
from app.shared.services.run_view import RunView
from app.store import Event, open_store
from pmf.runs.reader import RunReader
from tests.browsing import open_page, wait_for

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("PMF_REVIEW_KILLS", "3"))
LOOK = 300  # milliseconds in which the annotator looks at a card
FIT = {"width": 1280, "height": 720}

pytestmark = pytest.mark.browser


class App:
    """The app on a port and a store of its own; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.store_url = f"sqlite:///{folder / 'reviews.sqlite'}"
        self.environment = {"PMF_REVIEWS": self.store_url, "PMF_RUNS": str(folder / "runs")}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.headless=true"]
        self.process = subprocess.Popen(
            [*command, f"--server.port={self.port}"],
            cwd=ROOT,
            env=os.environ | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(f"http://localhost:{self.port}/_stcore/health")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None

    def open(self, page: Page, **parameters: str) -> None:
        asked = "&".join(f"{name}={value}" for name, value in {"run": "atlas", "user": "ann", **parameters}.items())
        open_page(page, f"http://localhost:{self.port}/review?{asked}")
        page.wait_for_selector(".st-key-review-pair h3")
        page.wait_for_timeout(LOOK)

    def verdicts(self) -> list[Event]:
        """What the store holds, read by another process than the one that wrote it."""
        store = open_store(self.store_url)
        try:
            return store.current(fingerprint(RunView(RunReader(catalog.BUNDLED / "atlas"))), "ann")
        finally:
            store.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    running = App(tmp_path)
    running.start()
    yield running
    running.stop()


def judged(page: Page) -> int:
    """How many verdicts the page says are saved."""
    found = re.search(r"([\d,]+) of [\d,]+ judged", page.inner_text(".st-key-review-decisions"))
    assert found
    return int(found[1].replace(",", ""))


def press(page: Page, key: str, *, then: int) -> None:
    """A key, and the card after it has been looked at."""
    page.keyboard.press(key)
    page.wait_for_function(
        "n => document.querySelector('.st-key-review-decisions')?.innerText.includes(`${n} of `)", arg=then
    )
    page.wait_for_timeout(LOOK)


def test_ten_keys_a_restart_and_ten_undos(page: Page, app: App) -> None:
    page.set_viewport_size(FIT)
    app.open(page)
    shown = []
    for number, key in enumerate("axunf12axu", 1):
        shown.append(page.inner_text(".st-key-review-pair h3 >> nth=0"))
        press(page, key, then=number)
    kinds = ["match", "not", "unsure", "none", "flag", "match", "match", "match", "not", "unsure"]
    assert [event.verdict for event in app.verdicts()] == kinds
    app.stop()
    app.start()
    app.open(page)
    assert judged(page) == 10
    for number in range(9, -1, -1):
        press(page, "Backspace", then=number)
        assert page.inner_text(".st-key-review-pair h3 >> nth=0") == shown[number]
    assert app.verdicts() == []


def test_the_card_and_its_keys_fit_a_small_screen(page: Page, app: App) -> None:
    page.set_viewport_size(FIT)
    app.open(page)
    for part in (".st-key-review-pair", ".st-key-review-candidates", ".st-key-review-decisions"):
        box = page.locator(part).bounding_box()
        assert box
        assert box["y"] + box["height"] <= FIT["height"], part
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_it_can_be_used_without_seeing(page: Page, app: App) -> None:
    app.open(page)
    pair = page.locator(".st-key-review-pair")
    assert all(image.get_attribute("alt") for image in pair.locator("img").all())
    buttons = page.locator(".st-key-review-candidates button, .st-key-review-decisions button").all()
    assert len(buttons) == 18
    assert all(button.inner_text().strip() for button in buttons)
    order = "(a, b) => document.querySelector(a).compareDocumentPosition(document.querySelector(b)) & 4"
    parts = (".st-key-review-pair", ".st-key-review-candidates", ".st-key-review-decisions")
    for before, after in itertools.pairwise(parts):
        assert page.evaluate(f"([a, b]) => ({order})(a, b)", [before, after])
    match = page.locator(".st-key-review-decisions").get_by_role("button", name="Match")
    match.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.st-key-review-decisions').innerText.includes('1 of ')")
    assert match.evaluate("button => button === document.activeElement")  # one may go on with Enter


def test_question_mark_shows_the_keys(page: Page, app: App) -> None:
    app.open(page)
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_text("Take the last verdict back").wait_for()
    assert app.verdicts() == []


def test_keys_typed_into_the_reason_are_no_verdicts(page: Page, app: App) -> None:
    app.open(page)
    page.get_by_placeholder("Reason, if you like").fill("an axiom")
    page.get_by_placeholder("Reason, if you like").press("Enter")
    page.wait_for_timeout(LOOK)
    assert app.verdicts() == []
    page.mouse.click(5, 300)  # on nothing, so that the field loses the keys
    press(page, "x", then=1)
    assert [event.reason for event in app.verdicts()] == ["an axiom"]


def test_what_was_shown_as_saved_outlives_a_kill(page: Page, app: App) -> None:
    chance = random.Random(5)
    said = 0
    for _ in range(KILLS):
        app.open(page)
        assert judged(page) >= said
        for _ in range(3):
            press(page, chance.choice("axn"), then=judged(page) + 1)
        page.keyboard.press("x")
        page.wait_for_timeout(chance.uniform(0, 150))
        app.stop(signal.SIGKILL)
        said = judged(page)
        found = app.verdicts()
        assert len(found) >= said
        assert len({(event.side, event.query) for event in found}) == len(found)
        app.start()
