"""Driving the app in a browser."""

from __future__ import annotations

import time
import urllib.request

from playwright.sync_api import Page


def wait_for(address: str) -> None:
    """Until the address answers."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{address} did not answer")


def open_page(page: Page, address: str) -> None:
    """Go there and wait until the script has run to its end."""
    page.goto(address, wait_until="load")
    page.wait_for_selector("h1")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")
