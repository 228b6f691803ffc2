"""A person at the Review page: an app that can be slow or killed, and a record of what was on screen."""

from __future__ import annotations

import os
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from app.review.services.desk import fingerprint
from app.shared.services import catalog
from app.shared.services.run_view import RunView
from app.store import Event, open_store
from pmf.runs.reader import RunReader
from tests.apps import free_port, start_app
from tests.browsing import open_page

SMALL = {"width": 1280, "height": 720}
READING = 250  # milliseconds from a card painted to the first key that counts on it

# What the component says, and beside it what really stood in the page at that moment; it outlives a reload.
RECORD = """
(() => {
  if (window.record) return;
  const kept = Object.keys(sessionStorage).filter((key) => key.startsWith("record."));
  const lines = kept.map((key) => JSON.parse(sessionStorage[key])).sort((a, b) => a.n - b.n);
  const before = lines.length;
  let shadow = null;
  window.deck = () => {
    if (!shadow?.host.isConnected) {
      shadow = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).find((r) => r?.querySelector(".deck"));
    }
    return shadow;
  };
  const screen = () => {
    window.deck();
    const uris = [...(shadow?.querySelectorAll(".face .uri") ?? [])].map((e) => e.title);
    return { onScreen: shadow?.querySelector(".card")?.dataset.card ?? "", uris };
  };
  for (const what of ["painted", "verdict", "undo", "saved", "refused", "ignored"]) {
    document.addEventListener(`pmf-review-${what}`, (event) => {
      const line = { what, n: lines.length, ...screen(), ...event.detail };
      lines.push(line);
      sessionStorage[`record.${line.n}`] = JSON.stringify(line);
    });
  }
  window.record = lines;
  window.readable = (reading) => {
    const { onScreen } = screen();
    const last = lines.slice(before).findLast((line) => line.what === "painted");
    return last?.card === onScreen && performance.now() > last.at + reading;
  };
})()
"""


class App:
    """The app on a port and a store of its own; it can be slow, be killed and be started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.seconds = folder / "seconds"
        self.slow(0)
        self.store_url = f"sqlite:///{folder / 'reviews.sqlite'}"
        self.environment = {"PMF_REVIEWS": self.store_url, "PMF_RUNS": str(folder / "runs")}
        self.process: ForkServerProcess | None = None

    def slow(self, seconds: float) -> None:
        """Have every message of a deck wait so long from now on."""
        self.seconds.write_text(str(seconds))

    def start(self) -> None:
        self.process = start_app(self.port, str(self.seconds), module="tests.e2e.slow_server", **self.environment)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process:
            os.kill(self.process.pid or 0, how)
            self.process.join(20)
            self.process = None

    def address(self, **parameters: str) -> str:
        """Of the deck."""
        query = "&".join(f"{name}={value}" for name, value in {"run": "atlas", "split": "all", **parameters}.items())
        return f"http://localhost:{self.port}/review?{query}"

    def open(self, page: Page, **parameters: str) -> None:
        """Go to the deck, and look at its first card."""
        open_page(page, self.address(**parameters))
        read(page)

    def events(self) -> list[Event]:
        """What the store holds, read by another process than the one that wrote it."""
        store = open_store(self.store_url)
        try:
            return store.events(fingerprint(RunView(RunReader(catalog.BUNDLED / "atlas"))))
        finally:
            store.close()

    def verdicts(self) -> list[Event]:
        """Those that stand, oldest first."""
        events = self.events()
        undone = {event.undoes for event in events}
        return [event for event in events if event.kind != "undo" and event.event_id not in undone]


def watched(page: Page) -> Page:
    """A page that keeps a record, and whose questions are answered with yes."""
    page.set_default_timeout(60_000)
    page.add_init_script(RECORD)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def read(page: Page) -> None:
    """Wait until the card on screen, or what was put on it last, has been there as long as it takes to read."""
    page.wait_for_selector(".deck .card")
    page.wait_for_function("(reading) => window.readable(reading)", arg=READING)


def press(page: Page, key: str) -> None:
    """A key, by somebody who has read the card on screen."""
    read(page)
    page.keyboard.press(key)


def all_saved(page: Page, timeout: float = 60_000) -> None:
    """Wait until the browser holds nothing that is not on the server's disk."""
    page.wait_for_selector('.deck .status[data-unsent="0"]', timeout=timeout)


def card(page: Page) -> str:
    """The id of the card on screen."""
    return str(page.get_attribute(".deck .card", "data-card"))


def shown(page: Page) -> list[str]:
    """The names on screen, source first."""
    return [name.inner_text() for name in page.locator(".deck .face h2").all()]


def record(page: Page) -> list[dict[str, Any]]:
    """What was on screen and what was pressed, in order."""
    lines: list[dict[str, Any]] = page.evaluate("window.record")
    return lines


def compare(lines: list[dict[str, Any]], events: list[Event]) -> int:
    """Every verdict that was pressed is stored once, on what stood in the page then; returns how many there are.

    Args:
        lines: records of all tabs.
        events: all that the store holds.
    """
    refused = {line["id"] for line in lines if line["what"] == "refused"}
    pressed = {line["id"]: line for line in lines if line["what"] == "verdict" and line["id"] not in refused}
    undone = {line["undoes"] for line in lines if line["what"] == "undo" and line["id"] not in refused}
    stored = {event.event_id: event for event in events if event.kind == "verdict"}
    assert len(stored) == len([event for event in events if event.kind == "verdict"])
    assert set(stored) == set(pressed)  # none lost, none out of nothing
    for name, event in stored.items():
        line = pressed[name]
        assert (event.card, event.verdict, event.other) == (line["card"], line["verdict"], line["other"])
        assert line["onScreen"] == line["card"]
        assert event.query in line["uris"]
        assert event.verdict == "none" or event.other in line["uris"]
    assert {event.undoes for event in events if event.kind == "undo"} == undone
    standing = [(event.side, event.query) for event in stored.values() if event.event_id not in undone]
    assert len(set(standing)) == len(standing)  # none twice
    return len(stored)
