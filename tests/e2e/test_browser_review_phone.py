"""Review on a phone and a small screen: everything is in sight, and swipes are verdicts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.review import App, all_saved, card, read, watched

PHONE = {"width": 390, "height": 844}


pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def phone(browser: Browser, app: App) -> Iterator[Page]:
    """The deck on a phone."""
    page = watched(browser.new_page(viewport=PHONE, has_touch=True, is_mobile=True))
    app.open(page, direction="target_to_source")
    yield page
    page.context.close()


def place(page: Page, part: str) -> dict[str, float]:
    """Where a part of the page is: x, y, width and height in pixels."""
    box = page.locator(part).first.bounding_box()
    assert box
    return dict(box)


@pytest.mark.parametrize("device", ["deck", "phone"])
def test_the_card_fits_a_small_screen_and_a_phone(request: pytest.FixtureRequest, device: str) -> None:
    page: Page = request.getfixturevalue(device)
    height = page.evaluate("innerHeight")
    for part in (".deck .pair", ".deck .do.match", ".deck .strip"):
        box = place(page, part)
        assert 0 <= box["y"] <= box["y"] + box["height"] <= height, part
    foot, facts = place(page, ".deck .foot"), place(page, ".deck .facts")
    assert facts["y"] + 80 <= foot["y"]  # the pair, its candidates and what speaks against it lie above the buttons
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert place(page, ".deck .outlook")["y"] < height
    if device == "phone":
        buttons = [place(page, f".deck .do.{name}") for name in ("match", "not", "unsure", "none")]
        assert all(min(box["width"], box["height"]) >= 44 for box in buttons)


@pytest.mark.parametrize(
    ("across", "down", "verdict"), [(150, 0, "match"), (-150, 10, "not"), (150, 120, ""), (60, 0, "")]
)
def test_a_swipe_is_a_verdict(phone: Page, app: App, across: int, down: int, verdict: str) -> None:
    page, before = phone, len(app.verdicts())
    on_table = card(page)
    read(page)
    box = place(page, ".deck .pair")
    x, y = box["x"] + box["width"] / 2 - across / 2, box["y"] + 60
    touch = page.context.new_cdp_session(page)
    for step in range(6):
        point = {"x": x + across * step / 5, "y": y + down * step / 5}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": [point]})
    assert page.inner_text(".deck .hint") == {"match": "Match", "not": "Not", "": ""}[verdict]
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    read(page)
    assert (card(page) != on_table) == bool(verdict)
    all_saved(page)
    assert [event.verdict for event in app.verdicts()[before:]] == ([verdict] if verdict else [])
    assert page.inner_text(".deck .hint") == ""
