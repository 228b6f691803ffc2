"""Driving the app in a browser."""

from __future__ import annotations

import contextlib
import shutil
import time
import urllib.request

from playwright.sync_api import Locator, Page, Position
from playwright.sync_api import TimeoutError as PlaywrightTimeout


def chromium() -> str | None:
    """The system's, without a window, which is faster, or with one; None: Playwright's own is to be taken."""
    return next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)


def wait_for(address: str) -> None:
    """Until the address answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{address} did not answer")


def open_page(page: Page, address: str) -> None:
    """Go there and wait until the script has run to its end."""
    page.goto(address, wait_until="load")
    page.wait_for_selector("h1")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")


STILL = """quiet => new Promise(done => {
  const begun = performance.now();
  let last = begun;
  const watch = new MutationObserver(() => { last = performance.now(); });
  watch.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  const look = () => {
    const now = performance.now();
    if (now - last < quiet && now - begun < 5000) return setTimeout(look, 20);
    watch.disconnect();
    requestAnimationFrame(() => done());
  };
  look();
})"""


def still(page: Page, quiet: int = 200) -> None:
    """Wait until nothing has changed in the page for so many milliseconds: charts draw after the script has ended.

    Where something never ends, as a film, five seconds are enough.
    """
    settle(page)
    page.evaluate(STILL, quiet)


def click_until(page: Page, button: Locator, happened: str, position: Position | None = None) -> None:
    """Click, again where the click got lost on a page that still moved, until the script in the browser says so."""
    for _ in range(3):
        if button.is_visible():
            button.click(position=position)
        with contextlib.suppress(PlaywrightTimeout):
            page.wait_for_function(happened, timeout=20_000)
            return
    page.wait_for_function(happened)
