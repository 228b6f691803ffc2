"""The map of the Embeddings page in a real browser: what it answers by itself, and what the server adds."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from app.shared.services.run_view import RIGHT, WRONG, RunView
from pmf.runs.reader import RunReader
from tests.browsing import open_page, settle, still
from tests.conftest import ATLAS

Paused = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.browser

AT_ONCE = 50  # milliseconds
STAGE = ".pmf-map .stage"
TIMED = """kind => {
  const took = (window.took = []);
  document.querySelector(".pmf-map .stage").addEventListener(kind, event => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => took.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
  }));
}"""


@pytest.fixture(scope="module")
def atlas() -> RunView:
    return RunView(RunReader(ATLAS))


def open_map(page: Page, server: str, parameters: str = "", height: int = 800) -> None:
    page.set_viewport_size({"width": 1280, "height": height})
    open_page(page, f"{server}/embeddings?run=atlas{parameters}")
    page.wait_for_selector(f"{STAGE} .drawing .main-svg")
    still(page, 500)  # pictures come after the map


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """A place on the stage, from shares of it to pixels of the page."""
    box = page.locator(STAGE).bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw_around_everything(page: Page) -> None:
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(*spot(page, 0.02, 0.02))
    page.mouse.down()
    for corner in ((0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.1)):
        page.mouse.move(*spot(page, *corner), steps=6)
    page.mouse.up()


def test_everything_is_on_one_screen(page: Page, server: str) -> None:
    open_map(page, server)
    box = page.locator(".pmf-map").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 800
    assert page.locator(STAGE).bounding_box()["width"] > 850
    page.set_viewport_size({"width": 390, "height": 844})
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_hover_and_lasso_answer_at_once_while_the_server_is_paused(
    page: Page, server: str, atlas: RunView, paused: Paused
) -> None:
    open_map(page, server)
    with paused():
        page.evaluate(TIMED, "pointermove")
        for i in range(25):
            page.mouse.move(*spot(page, 0.1 + 0.03 * i, 0.9 - 0.03 * i))
            page.wait_for_timeout(30)
        assert statistics.median(page.evaluate("window.took")) < AT_ONCE
        page.wait_for_selector(".pmf-map .under .card, .pmf-map .under .quiet")
        page.evaluate(TIMED, "pointerup")
        for _ in range(5):
            draw_around_everything(page)
            page.wait_for_timeout(300)
        assert min(page.evaluate("window.took")) < AT_ONCE  # of five, the one that no other process held up
        ranked = int((atlas.outcome != -1).sum())
        hits = (atlas.outcome == RIGHT).sum() / ranked
        words = page.locator(".pmf-map .picked strong").inner_text()
        assert words == f"{atlas.n:,} selected · Hits@1 {100 * hits:.1f} % of {ranked:,} ranked"
        expect(page.locator("[data-testid=stHeading]", has_text="entities selected")).to_have_count(0)
    page.get_by_text(f"{atlas.n:,} entities selected").wait_for()
    page.get_by_role("button", name="Review").wait_for()
    expect(page.locator(".pmf-map .strip img").first).to_be_visible()


def test_through_the_epochs_plays_at_thirty_frames_while_the_server_is_paused(
    page: Page, server: str, paused: Paused
) -> None:
    open_map(page, server, "&show=epochs")
    first = page.locator(".pmf-map .epoch").inner_text()
    assert first.startswith("epoch 0 of 49 · 0 frozen")
    rates = []
    with paused():
        for _ in range(3):
            page.get_by_role("button", name="Play").click()
            rates.append(
                page.evaluate(
                    """async () => {
                      const frames = () => Number(document.querySelector(".pmf-map").dataset.frames);
                      const [from, at] = [frames(), performance.now()];
                      await new Promise(done => setTimeout(done, 2000));
                      return 1000 * (frames() - from) / (performance.now() - at);
                    }"""
                )
            )
            page.get_by_role("button", name="Pause").click()
    assert max(rates) >= 30
    later = page.locator(".pmf-map .epoch").inner_text()
    assert re.search(r"epoch [2-4]\d of 49 · [1-9]\d* frozen", later)
    expect(page).to_have_url(re.compile(r"epoch=[2-4]\d"))


def test_filters_count_each_other(page: Page, server: str, atlas: RunView) -> None:
    open_map(page, server)

    def count(facet: str, option: str) -> int:
        return int(page.locator(f"[data-facet={facet}] [data-option='{option}'] .n").text_content().replace(",", ""))

    def press(facet: str, option: str) -> None:
        line = page.locator(f"[data-facet={facet}]")
        if line.get_attribute("open") is None:
            line.locator("summary").click()
        line.locator(f"[data-option='{option}']").click()

    press("match", "wrong")
    wrong = atlas.outcome == WRONG
    assert count("graph", "source") == wrong[: atlas.n_source].sum()
    assert count("match", "right") == (atlas.outcome == RIGHT).sum()  # its own facet still offers the others
    press("type", "country")
    both = wrong & (atlas.types == "country")
    assert page.locator(".pmf-map .title").inner_text().startswith(f"{both.sum():,} of {atlas.n:,} entities")
    assert count("match", "right") == ((atlas.outcome == RIGHT) & (atlas.types == "country")).sum()
    assert parse_qs(urlsplit(page.url).query)["match"] == ["wrong"]
    page.reload()
    page.wait_for_selector(f"{STAGE} .drawing .main-svg")
    expect(page.locator(".pmf-map .title")).to_contain_text(f"{both.sum():,} of {atlas.n:,} entities")
    page.get_by_role("button", name="All of them").click()
    assert "match=" not in page.url


def test_zoom_and_what_was_drawn_around_are_in_the_address(page: Page, server: str) -> None:
    open_map(page, server)
    visited = page.evaluate("history.length")
    page.get_by_role("button", name="Box").click()
    page.mouse.move(*spot(page, 0.3, 0.02))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.95, 0.6), steps=5)
    page.mouse.up()
    words = page.locator(".pmf-map .picked strong").inner_text()
    page.mouse.move(*spot(page, 0.5, 0.5))
    page.mouse.wheel(0, -200)
    page.wait_for_url("**zoom=*")
    zoom = parse_qs(urlsplit(page.url).query)["zoom"]
    page.wait_for_timeout(1500)
    settle(page)
    assert parse_qs(urlsplit(page.url).query)["zoom"] == zoom  # the server left it there
    assert page.evaluate("history.length") <= visited + 1
    page.goto(page.url)
    page.wait_for_selector(".pmf-map .picked strong")
    assert page.locator(".pmf-map .picked strong").inner_text() == words
    page.wait_for_timeout(1000)
    assert parse_qs(urlsplit(page.url).query)["zoom"] == zoom


def test_keys_lead_from_one_to_the_next(page: Page, server: str, atlas: RunView) -> None:
    open_map(page, server)
    page.locator(".pmf-map").focus()
    page.keyboard.press("ArrowRight")
    tip = page.locator(".pmf-map .tip")
    first = tip.get_attribute("data-entity")
    page.keyboard.press("ArrowRight")
    second = int(tip.get_attribute("data-entity") or -1)
    assert first != str(second)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**entity={second}*")
    page.get_by_text("Nearest in the fused embedding itself").wait_for()  # the server followed
    page.keyboard.press("/")
    page.keyboard.type("icela")
    page.keyboard.press("Enter")
    iceland = int(np.flatnonzero(atlas.labels == "Iceland")[0])
    page.wait_for_url(lambda address: f"entity={iceland}" in address and "zoom=" in address)
    expect(page.locator(".pmf-map .under .name")).to_have_text("Iceland")
    page.keyboard.press("Escape")
    expect(page.locator(".pmf-map .under .card")).to_have_count(0)
    page.wait_for_url(lambda address: "entity=" not in address)


def test_the_server_follows_where_pictures_are_sent_for_in_the_same_moment(
    page: Page, server: str, atlas: RunView
) -> None:
    """Streamlit sends what is told in one task as one message, for one fragment of the page alone."""
    open_map(page, server)
    page.evaluate(
        """() => ["ArrowRight", "Enter"].forEach(key => document.querySelector(".pmf-map")
             .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })))"""
    )
    page.wait_for_url("**entity=*")
    chosen = atlas.labels[int(parse_qs(urlsplit(page.url).query)["entity"][0])]
    page.get_by_text(f"to that of {chosen};").wait_for()
    expect(page.locator(".pmf-map .under img")).to_be_visible()


def lose_the_first_request_for_pictures(page: Page) -> list[bytes]:
    """All requests that were sent from then on, the lost one among them."""
    sent: list[bytes] = []

    def connect(socket: WebSocketRoute) -> None:
        upstream = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if isinstance(message, bytes) and b"wanted" in message:
                sent.append(message)
                if len(sent) == 1:
                    return
            upstream.send(message)

        socket.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), connect)
    return sent


@pytest.fixture
def pictured(atlas: RunView) -> int:
    return int(np.flatnonzero(atlas.reader.embedding("image").any(axis=1))[0])


def test_pictures_are_sent_for_again_when_that_got_lost(page: Page, server: str, pictured: int) -> None:
    sent = lose_the_first_request_for_pictures(page)
    open_map(page, server, f"&entity={pictured}")
    expect(page.locator(".pmf-map .pane .card img").first).to_be_visible()
    assert len(sent) > 1


def test_nobody_sends_for_pictures_of_a_page_that_was_left(page: Page, server: str, pictured: int) -> None:
    sent = lose_the_first_request_for_pictures(page)
    open_map(page, server, f"&entity={pictured}")
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("heading", name="Compare", level=1).wait_for()
    still(page)
    before = len(sent)
    page.wait_for_timeout(9_000)  # longer than the silence after which they are sent for again
    assert len(sent) == before > 0


def test_the_pane_shows_what_an_entity_leads_to(page: Page, server: str, atlas: RunView) -> None:
    pictured = atlas.reader.embedding("image").any(axis=1)
    wrong = int(np.flatnonzero((atlas.outcome == WRONG) & pictured & pictured[atlas.best])[0])
    open_map(page, server, f"&entity={wrong}")
    names = page.locator(".pmf-map .pane .card .name")
    expect(names).to_have_text(
        [atlas.labels[wrong], atlas.labels[atlas.partner[wrong]], atlas.labels[atlas.best[wrong]]]
    )
    expect(page.locator(".pmf-map .pane .card img").first).to_be_visible()
