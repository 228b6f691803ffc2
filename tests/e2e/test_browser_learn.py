"""The lesson on a small projector: nothing to scroll, and two keys to go through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.learn.services.lesson import STEPS
from tests.browsing import open_page, settle

PATIENCE = 60_000  # milliseconds

pytestmark = pytest.mark.browser

ROOM = "() => { const page = document.querySelector('[data-testid=stMain]'); return page.scrollHeight - innerHeight; }"
ACROSS = "() => document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth"


def test_no_step_scrolls_and_the_arrow_keys_lead_through_them(
    page: Page, start_app: Callable[..., str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, f"{start_app(PMF_RUNS=str(tmp_path), OMP_NUM_THREADS='1')}/learn")
    for number, title in enumerate(STEPS, 1):
        if number > 1:
            page.keyboard.press("ArrowRight")
        expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=PATIENCE)
        settle(page)
        expect(page.locator(".js-plotly-plot")).to_have_count(1, timeout=PATIENCE)
        expect(page.get_by_text("How to read this:")).to_be_in_viewport(timeout=PATIENCE)
        page.wait_for_timeout(400)  # what belongs to the step before has left the page by then
        assert page.evaluate(ROOM) <= 0, title
        assert page.evaluate(ACROSS) <= 0, title
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", level=1)).to_have_text(STEPS[4], timeout=PATIENCE)
