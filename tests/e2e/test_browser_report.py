"""The report of a run as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser

from app.report.services.html import as_html
from app.report.services.report import report
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.runs.reader import RunReader
from tests.conftest import ROOT

WIDTH, HEIGHT = 680, 1024  # pixels that A4 leaves between the margins


def test_the_report_prints_on_a4_with_its_findings_on_the_first_page(browser: Browser, tmp_path: Path) -> None:
    run = RunView(RunReader(ROOT / "assets" / "runs" / "atlas"))
    file = tmp_path / "report.html"
    file.write_text(as_html(report(run, open_dataset(run))), encoding="utf-8")
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.emulate_media(media="print")
    page.goto(file.as_uri())
    page.wait_for_selector("#figure-map .main-svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert page.evaluate("document.querySelector('.cover').getBoundingClientRect().bottom") <= HEIGHT
    assert page.locator(".cover figure").count() == 3
    assert page.locator(".error").count() == 12
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert 6 <= pages <= 14
    page.close()
