"""WCAG 2.2 AA by axe-core on the pages, in both themes: contrast, names, order of headings."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import open_page, settle

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"heading-order": {"enabled": True}, "empty-table-header": {"enabled": True}},
}
NOT_OURS = ["[data-testid='stMetricChart']"]
"""Marks of the small line in a metric have no name, and the library offers none; the number beside it says the same."""
PAGES = (
    "overview",
    "data",
    "train",
    "freezing",
    "embeddings",
    "matches",
    "review",
    "failures",
    "failures?tab=slices",
    "failures?tab=health",
    "compare",
    "learn",
    "account",
)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def found(page: Page) -> list[str]:
    """What axe-core objects to, each with its first place."""
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate(
        "([without, rules]) => axe.run({exclude: without.map(one => [one])}, rules)", [NOT_OURS, RULES]
    )
    return [
        f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
        for one in result["violations"]
    ]


@pytest.mark.parametrize("address", PAGES)
def test_nothing_to_object_to(page: Page, server: str, address: str) -> None:
    open_page(page, f"{server}/{address}")
    page.wait_for_timeout(500)  # charts that are drawn once the script has ended
    grounds = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(500)
        settle(page)
        grounds.append(page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor"))
        assert found(page) == [], theme
    assert len(set(grounds)) == 2
    page.emulate_media(color_scheme="light")


def test_axe_sees_what_is_wrong(page: Page, server: str) -> None:
    open_page(page, f"{server}/account")
    page.evaluate(
        "document.querySelector('h1').outerHTML += '<h4>Too deep</h4><p style=\"color:#999;background:#aaa\">Faint</p>'"
    )
    said = " ".join(found(page))
    assert "heading-order" in said
    assert "color-contrast" in said
