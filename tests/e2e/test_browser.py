"""The app in a real browser, on the bundled run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browsing import open_page

PAGES = ("", "freezing", "embeddings", "matches")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the app with no runs but the bundled one."""
    return start_app(PMF_RUNS=str(tmp_path_factory.mktemp("no_runs")))


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_an_exception(page: Page, server: str, name: str) -> None:
    open_page(page, f"{server}/{name}")
    page.wait_for_url("**run=atlas*")
    assert page.locator("[data-testid='stException']").count() == 0
    assert page.locator("[data-testid='stTopNavLink']").count() == len(PAGES) + 4  # Data, Train, Review, Account
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
