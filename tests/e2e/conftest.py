"""The app as a real process, and a real browser."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.apps import free_port, start_app
from tests.browsing import chromium
from tests.e2e.review import SMALL, App, watched

PATIENCE = 60_000  # milliseconds
expect.set_options(timeout=PATIENCE)  # what is to be quick is timed by its test, not by the load of the machine


Processes = dict[str, ForkServerProcess]
"""Address → the app that answers there."""


@pytest.fixture(scope="session")
def processes() -> Processes:
    return {}


@contextlib.contextmanager
def starting(processes: Processes) -> Iterator[Callable[..., str]]:
    """Starts the app as a user starts it, with environment variables, and returns its address."""
    with contextlib.ExitStack() as running:

        def start(**environment: str) -> str:
            port = free_port()
            process = start_app(port, **environment)
            running.callback(process.join, 20)
            running.callback(process.terminate)
            processes[f"http://localhost:{port}"] = process
            return f"http://localhost:{port}"

        yield start


@pytest.fixture(scope="module", name="start_app")
def start_app_(processes: Processes) -> Iterator[Callable[..., str]]:
    with starting(processes) as start:
        yield start


@pytest.fixture(scope="session")
def server(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app with no runs but the bundled ones, for all tests that change nothing in it."""
    with starting(processes) as start:
        yield start(PMF_RUNS=str(tmp_path_factory.mktemp("no_runs")))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        launched = play.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu"],
        )
        yield launched
        launched.close()


@pytest.fixture
def paused(server: str, processes: Processes) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Stops the server while something is done in the browser."""

    @contextlib.contextmanager
    def stopped() -> Iterator[None]:
        os.kill(processes[server].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(processes[server].pid, signal.SIGCONT)

    return stopped


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in a browser that has never been here; one that others have used makes tests of the map fail at times."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    running = App(tmp_path_factory.mktemp("app"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """One tab for all tests that need no other; whatever they leave in it is loaded over."""
    context = browser.new_context(viewport=SMALL)
    yield watched(context.new_page())
    context.close()


@pytest.fixture
def deck(tab: Page, app: App) -> Page:
    """A deck that several tests use one after the other: none leaves anything over the card."""
    if tab.url != app.address():
        app.open(tab)
    return tab


@pytest.fixture
def slow_app(app: App, tab: Page) -> Iterator[App]:
    """The app with a server that takes half a second for everything; a test may kill it."""
    tab.goto("about:blank")
    app.slow(0.5)
    yield app
    app.slow(0)
