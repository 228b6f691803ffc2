"""The app in a real browser, on the bundled run."""

from __future__ import annotations

import http.client
import re
import statistics
import time
import zipfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browsing import open_page

PAGES = {"": True, "freezing": False, "embeddings": True, "matches": True}
"""Whether it has charts that are explained beside them."""

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_an_exception_and_draws_its_charts(page: Page, server: str, name: str) -> None:
    open_page(page, f"{server}/{name}")
    page.wait_for_url("**run=atlas*")
    assert page.locator("[data-testid='stException']").count() == 0
    others = ("Data", "Train", "Review", "Failures", "Compare", "Learn", "Account")
    assert page.locator("[data-testid='stTopNavLink']").count() == len(PAGES) + len(others)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    if PAGES[name]:
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
    page.wait_for_selector("text=Candidates as a table")
    assert page.locator("[data-testid='stException']").count() == 0


def test_small_answers_are_sent_at_once(server: str) -> None:
    """Where the server's socket collects small packets, each answer waits 40 ms for the browser to confirm the last."""
    address = urlsplit(server)
    seconds = []
    with closing(http.client.HTTPConnection(address.hostname or "", address.port)) as connection:
        for _ in range(60):
            start = time.perf_counter()
            connection.request("GET", "/static/index.html")
            assert connection.getresponse().read()
            seconds.append(time.perf_counter() - start)
    assert statistics.median(seconds) < 0.03


def test_charts_and_report_are_taken_along(browser: Browser, server: str, tmp_path: Path) -> None:
    """From a dark page: pictures on white, data, and a report that opens by itself."""
    context = browser.new_context(color_scheme="dark", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_page(page, f"{server}/overview?run=atlas")
    drawn = page.locator(".st-key-overview-curve .main-svg").first
    drawn.wait_for()

    def save(name: str) -> Path:
        with page.expect_download() as downloading:
            page.get_by_role("button", name=name, exact=True).last.click()
        downloading.value.save_as(tmp_path / downloading.value.suggested_filename)
        return tmp_path / downloading.value.suggested_filename

    page.locator(".st-key-take-overview-curve button:visible").click()
    with Image.open(save("PNG")) as picture:
        assert picture.width >= 2 * drawn.bounding_box()["width"]
        colours = picture.convert("L").getextrema()
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    assert colours[0] < 80  # dark ink
    svg = save("SVG").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "Hits@1" in svg
    assert save("CSV").read_text(encoding="utf-8-sig").splitlines()[0] == "epoch,stage,split,direction,hits"
    page.keyboard.press("Escape")

    with zipfile.ZipFile(save("Markdown")) as archive:
        assert "report.md" in archive.namelist()
    file = save("Report")
    assert file.name == "atlas_report.html"
    assert f'href="{server}/failures?run=atlas' in file.read_text(encoding="utf-8")
    report, faults = context.new_page(), []
    report.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    report.on("pageerror", lambda error: faults.append(str(error)))
    report.goto(file.as_uri())
    report.wait_for_function(
        "[...document.querySelectorAll('figure')].every(f => f.querySelector('.main-svg') && f.ariaLabel)"
    )
    assert report.locator("figure").count() >= 3
    assert faults == []
    context.close()


def test_what_draws_charts_is_read_while_the_first_page_is_on_its_way(page: Page, server: str) -> None:
    headers = page.request.get(f"{server}/overview").headers
    address = re.fullmatch(r"<(/static/js/PlotlyChart\.[\w-]+\.js)>; rel=modulepreload", headers["link"])
    assert address, headers["link"]
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.removeprefix(server)))
    open_page(page, server)
    page.wait_for_selector(".js-plotly-plot .main-svg")
    assert requests.count(address[1]) == 1  # Streamlit uses what was read ahead
    assert requests.index(address[1]) < next(place for place, path in enumerate(requests) if "/_stcore/" in path)
