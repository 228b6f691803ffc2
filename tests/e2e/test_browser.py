"""The app in a real browser, on the bundled run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
PAGES = ("", "freezing", "embeddings", "matches")
PATIENCE = 60_000  # milliseconds

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, started as a user starts it, with no runs but the bundled one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.headless=true"]
    process = subprocess.Popen(
        [*command, f"--server.port={port}"],
        cwd=ROOT,
        env=os.environ | {"PMF_RUNS": str(tmp_path_factory.mktemp("no_runs"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(address: str) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{address} did not answer")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium: the system's, else playwright's own."""
    with sync_playwright() as play:
        found = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


def open_page(page: Page, address: str) -> None:
    """Go there and wait until the script has run to its end."""
    page.goto(address, wait_until="load")
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_an_exception(page: Page, server: str, name: str) -> None:
    open_page(page, f"{server}/{name}")
    page.wait_for_url("**run=atlas*")
    assert page.locator("[data-testid='stException']").count() == 0
    assert page.locator("[data-testid='stTopNavLink']").count() == len(PAGES)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


@pytest.mark.parametrize("name", PAGES)
def test_charts_are_drawn(page: Page, server: str, name: str) -> None:
    open_page(page, f"{server}/{name}")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    page.wait_for_selector("text=How to read this")


def test_matches_shows_pictures(page: Page, server: str) -> None:
    open_page(page, f"{server}/matches?show=all")
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stImage] img')].filter(i => i.naturalWidth > 0).length >= 2"
    )


def test_a_failure_slice_leads_to_its_matches(page: Page, server: str) -> None:
    open_page(page, server)
    page.get_by_role("link", name="Look at them").first.click()
    page.wait_for_url("**/matches?*slice=*")
    page.wait_for_selector("text=Top candidates")
    assert page.locator("[data-testid='stException']").count() == 0
