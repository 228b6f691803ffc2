"""WCAG 2.2 AA by axe-core on the pages, in both themes: contrast, names, order of headings."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import open_page, still

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
    "data?tab=entities&entity=3",
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
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate(
        "([without, rules]) => axe.run({exclude: without.map(one => [one])}, rules)", [NOT_OURS, RULES]
    )
    return [
        f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
        for one in result["violations"]
    ]


@pytest.fixture(scope="module", params=PAGES)
def opened(page: Page, server: str, request: pytest.FixtureRequest) -> Page:
    """One page after the other, each loaded once for all that is looked at."""
    open_page(page, f"{server}/{request.param}")
    still(page)
    return page


def test_nothing_to_object_to(opened: Page) -> None:
    page = opened
    grounds = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        still(page)
        grounds.append(page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor"))
        assert found(page) == [], theme
    assert len(set(grounds)) == 2
    page.emulate_media(color_scheme="light")


CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const ground = one => { for (; one; one = one.parentElement) {
    const found = parts(getComputedStyle(one).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  } };
  return [...document.querySelectorAll("button:disabled")].filter(one => one.checkVisibility()).map(one => {
    const text = one.querySelector("p") ?? one;
    const both = [parts(getComputedStyle(text).color), ground(one)].map(light).sort((a, b) => a - b);
    return [one.innerText, getComputedStyle(one).opacity * (both[1] + 0.05) / (both[0] + 0.05)];
  });
}"""


def test_what_cannot_be_pressed_can_be_read(page: Page, server: str) -> None:
    open_page(page, f"{server}/review?mode=files")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        still(page)
        ratios = page.evaluate(CONTRAST)
        assert ratios
        assert all(ratio >= 3 for _, ratio in ratios), (theme, ratios)
    page.emulate_media(color_scheme="light")


def test_all_pages_stand_in_the_menu_at_1280(page: Page, server: str) -> None:
    open_page(page, f"{server}/account")
    for name in ("Overview", "Failures", "Compare", "Learn", "Account"):
        expect(page.get_by_test_id("stTopNav").get_by_role("link", name=name)).to_be_in_viewport()
    assert page.get_by_text(re.compile(r"^\d+ more$")).locator("visible=true").count() == 0


OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = one => { for (; one; one = one.parentElement)
    if (/auto|scroll/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth) return true; };
  return [...document.querySelectorAll("[data-testid=stMain] :is(svg.main-svg, canvas, img, button, p, h1, h2)")]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > width + 1 && !scrolls(one))
    .map(one => one.outerHTML.slice(0, 120));
}"""


def test_nothing_is_cut_at_768_or_with_200_percent_zoom(opened: Page) -> None:
    page = opened
    for width in (768, 640):  # 200 % zoom of 1280 is a page of 640
        page.set_viewport_size({"width": width, "height": 900})
        still(page)
        assert page.evaluate(OVERFLOWING) == [], width
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 900})


WALKED = {
    "overview": None,
    "data": None,
    "train": None,
    "data?tab=entities&entity=3": "entity=",
    "freezing": None,
    "matches": None,
    "failures": "slice=cause",
    "failures?tab=health": None,
    "compare": None,
}
"""Pages with charts, and what Enter puts into the address where a click selects."""
CHART = ".js-plotly-plot, [data-testid=stEChartsChart], .pmf-freezing canvas:visible"
CELLS = 9
"""Of a row of a table, at most: where one stands before the chart, Tab may lead through them."""
FOCUSED = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return one?.getAttribute("aria-roledescription") === "chart";
}"""


def test_charts_work_by_keys(opened: Page, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["opened"]
    page, charts = opened, opened.locator("[data-testid=stMain]").locator(CHART)
    if name not in WALKED:
        assert name in {"embeddings", "learn"} or charts.count() == 0  # those two have keys of their own
        return
    spoken = page.locator(".pmf-freezing .spoken" if name == "freezing" else ".st-key-unseen-charts [role=status]")
    for chart in charts.all():
        expect(chart).to_have_attribute("role", "application")
        expect(chart).to_have_attribute("tabindex", "0")
        expect(chart).to_have_attribute("aria-label", re.compile(r"\w.* lead through its points"))
        before = chart.screenshot()
        chart.focus()
        page.keyboard.press("Shift+Tab")
        for _ in range(CELLS):  # by key, so that the focus is shown
            page.keyboard.press("Tab")
            if page.evaluate(FOCUSED):
                break
        assert page.evaluate(FOCUSED)
        assert chart.screenshot() != before
        along = "ArrowDown" if str(chart.get_attribute("aria-label")).count(". Up and down lead") else "ArrowRight"
        spoken_texts = set()
        for key in (along, along, "End", "Home"):
            last = spoken.text_content() or ""
            page.keyboard.press(key)
            expect(spoken).to_have_text(re.compile(r"\d.*\. \d+ of \d+|Nothing is drawn"))
            with contextlib.suppress(AssertionError):  # the label of a mark comes after the key, if it moves
                expect(spoken).not_to_have_text(last, timeout=120)
            spoken_texts.add(spoken.text_content())
        assert len(spoken_texts) > 1 or re.search("1 of 1|Nothing", str(spoken_texts))
        page.keyboard.press("Escape")
        expect(spoken).to_have_text("")
        assert not page.evaluate(FOCUSED)
    if (selected := WALKED[name]) is not None:
        before_url = page.url
        charts.first.focus()
        for key in ("ArrowDown", "ArrowRight", "Enter"):
            page.keyboard.press(key)
            page.wait_for_timeout(120)
        page.wait_for_url(lambda url: url != before_url and selected in unquote(url))
        page.wait_for_function(FOCUSED)  # also where the chart is drawn anew


def test_the_menu_switches_the_theme(page: Page, server: str) -> None:
    open_page(page, f"{server}/account")
    dark = "getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'"
    for name, wanted in (("Dark", dark), ("System", f"!({dark})")):
        page.get_by_test_id("stMainMenu").get_by_role("button").click()
        page.get_by_role("menuitemradio", name=name).click()
        page.wait_for_function(wanted)
        page.keyboard.press("Escape")


def test_axe_sees_what_is_wrong(page: Page, server: str) -> None:
    open_page(page, f"{server}/account")
    page.evaluate(
        "document.querySelector('h1').outerHTML += '<h4>Too deep</h4><p style=\"color:#999;background:#aaa\">Faint</p>'"
    )
    objections = " ".join(found(page))
    assert "heading-order" in objections
    assert "color-contrast" in objections
