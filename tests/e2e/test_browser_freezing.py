"""The Freezing page in a real browser: what it answers by itself, and what the server adds."""

from __future__ import annotations

import json
import re
import shutil
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.freezing.services import effect as freezing_effect
from app.freezing.services.effect import HELPED, HURT
from app.shared.services import freezing_record as freezing
from app.shared.services.catalog import BUNDLED
from app.shared.services.run_view import RunView
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.browsing import open_page, settle

Paused = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.browser

AT_ONCE = 50  # milliseconds
RUN = "atlas_paper"
TIMED = """kind => {
  const took = (window.took = []);
  document.addEventListener(kind, event => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => took.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
  }), {capture: true});
}"""


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one's own, as it stood after 30 epochs."""
    folder = tmp_path_factory.mktemp("runs") / "growing"
    shutil.copytree(BUNDLED / RUN, folder)
    lines = (folder / layout.EVENTS).read_text().splitlines(keepends=True)
    (folder / layout.EVENTS).write_text("".join(line for line in lines if json.loads(line).get("epoch", 0) < 30))
    return folder


@pytest.fixture(scope="module")
def server(start_app: Callable[..., str], growing: Path) -> str:
    """Address of the app."""
    return start_app(PMF_RUNS=str(growing.parent))


@pytest.fixture(scope="module")
def run() -> RunView:
    return RunView(RunReader(BUNDLED / RUN))


def open_player(page: Page, server: str, parameters: str = "", run: str = RUN) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    open_page(page, f"{server}/freezing?run={run}{parameters}")
    page.locator(".pmf-freezing .card").first.wait_for()


def epoch(page: Page) -> int:
    return int(page.locator(".pmf-freezing").get_attribute("data-epoch") or -1)


def picture(page: Page, chart: str) -> str:
    """What a chart shows, as its canvas has it."""
    drawn: str = page.locator(f".pmf-freezing canvas.{chart}").evaluate("canvas => canvas.toDataURL()")
    return drawn


def test_the_page_is_at_most_two_screens(page: Page, server: str) -> None:
    for run_id in (RUN, "atlas"):
        open_player(page, server, run=run_id)
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollHeight") <= 2 * 800
        shares = page.locator(".pmf-freezing canvas.shares").bounding_box()
        assert shares is not None
        assert shares["y"] + shares["height"] <= 800  # the large chart comes first
    for width in (768, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_keys_and_cursor_answer_at_once_while_the_server_is_paused(page: Page, server: str, paused: Paused) -> None:
    open_player(page, server, "&modality=image&epoch=30")
    page.locator(".pmf-freezing .gallery img").first.wait_for()
    page.wait_for_timeout(2500)  # pictures of the other epochs
    with paused():
        before = {chart: picture(page, chart) for chart in ("shares", "spread", "pairs")}
        page.evaluate(TIMED, "keydown")
        for _ in range(15):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(40)
        assert epoch(page) == 45
        page.keyboard.press("ArrowLeft")
        assert statistics.median(page.evaluate("window.took")) < AT_ONCE
        page.wait_for_timeout(50)
        assert epoch(page) == 44
        assert all(picture(page, chart) != drawn for chart, drawn in before.items())
        expect(page.locator(".pmf-freezing .words")).to_contain_text("Epoch 44 of")
        expect(page.locator(".pmf-freezing .gallery h2")).to_contain_text("frozen by epoch 44")
        expect(page.locator(".pmf-freezing .gallery img").first).to_be_visible()
        page.keyboard.press("Home")
        page.wait_for_timeout(50)
        assert epoch(page) == 0
        page.keyboard.press("End")
        page.evaluate(TIMED, "pointermove")
        box = page.locator(".pmf-freezing canvas.shares").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 100, box["y"] + 150)
        page.mouse.down()
        for i in range(20):
            page.mouse.move(box["x"] + 100 + 6 * i, box["y"] + 150)
            page.wait_for_timeout(30)
        page.mouse.up()
        assert statistics.median(page.evaluate("window.took")) < AT_ONCE
        assert 0 < epoch(page) < 49
        left_at = epoch(page)
    page.wait_for_url(f"**epoch={left_at}*")
    page.wait_for_timeout(1000)
    settle(page)
    assert epoch(page) == left_at  # the server left it there
    assert parse_qs(urlsplit(page.url).query)["epoch"] == [str(left_at)]


def test_play_begins_at_the_first_epoch_and_needs_no_server(page: Page, server: str, paused: Paused) -> None:
    open_player(page, server)
    assert epoch(page) > 0  # opens where most froze
    with paused():
        page.evaluate(
            """() => {
              const seen = (window.seen = []);
              const node = document.querySelector(".st-key-freezing-player-place");
              const player = (function find(root) {
                for (const one of root.querySelectorAll("*")) {
                  if (one.matches(".pmf-freezing")) return one;
                  const inside = one.shadowRoot && find(one.shadowRoot);
                  if (inside) return inside;
                }
              })(node);
              new MutationObserver(() => seen.push(Number(player.dataset.epoch))).observe(player, {attributes: true});
            }"""
        )
        page.evaluate(TIMED, "keydown")
        page.get_by_label("Pace", exact=True).select_option("fast")
        page.locator(".pmf-freezing").focus()
        page.keyboard.press(" ")
        page.wait_for_timeout(2000)
        page.keyboard.press(" ")
        page.wait_for_timeout(100)
        shown = list(dict.fromkeys(page.evaluate("window.seen")))
        assert shown == list(range(len(shown)))
        assert len(shown) > 12
        for _ in range(6):  # on, off
            page.keyboard.press(" ")
            page.wait_for_timeout(60)
        assert min(page.evaluate("window.took")) < AT_ONCE  # the one that no other process held up
        stopped = epoch(page)
        page.wait_for_timeout(400)
        assert epoch(page) == stopped
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(300)
        assert epoch(page) > stopped  # after a pause it goes on


def test_one_click_leads_to_what_froze_to_its_harm_and_to_its_help(page: Page, server: str, run: RunView) -> None:
    open_player(page, server)
    rows = pd.concat([freezing_effect.by_epoch(run, m).assign(modality=m) for m in run.modalities])
    rows = rows.set_index(["modality", "epoch"])
    for place, (jump, more, less) in enumerate((("harmful", HELPED, HURT), ("helpful", HURT, HELPED))):
        before = page.url
        page.locator(f"[data-jump={jump}]").click()
        page.wait_for_url(lambda address, before=before: address != before and "epoch=" in address)
        where = parse_qs(urlsplit(page.url).query)
        row = rows.loc[where["modality"][0], int(where["epoch"][0])]
        assert row[more] - row[less] == (rows[more] - rows[less]).max() >= 4
        column = page.locator(".pmf-freezing .column").nth(place)
        expect(column.locator("h3")).to_contain_text(f"{row[more]} of them now")
        assert column.locator(".card").count() == 5
        expect(column.locator(".card").first).to_contain_text(re.compile(r"rank \d.*, not frozen \d"))


def test_an_entity_is_followed_and_pairs_become_a_slice(page: Page, server: str, run: RunView) -> None:
    open_player(page, server, "&modality=image&epoch=30")
    before = picture(page, "shares")
    page.get_by_label("Follow an entity").fill("Icelan")
    page.keyboard.press("Enter")
    iceland = int(np.flatnonzero(run.labels == "Iceland")[0])
    page.wait_for_url(f"**entity={iceland}*")
    assert picture(page, "shares") != before  # its relevance lies over the shares
    page.get_by_role("link", name="How it was matched").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    with Image.open(download.value.path()) as kept:
        assert kept.width > 2 * 1000
        assert len(kept.convert("RGB").getcolors(1 << 24) or []) > 100  # charts, not blank paper
    box = page.locator(".pmf-freezing canvas.pairs").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 45, steps=4)
    page.mouse.up()
    page.get_by_text(re.compile(r"\d+ pairs chosen")).wait_for()


def test_the_evidence_of_the_guard_is_drawn(page: Page, server: str) -> None:
    open_player(page, server, "&modality=image&epoch=49", run="atlas")
    proposals = freezing.proposals(RunView(RunReader(BUNDLED / "atlas")))
    expect(page.locator(".pmf-freezing canvas.evidence")).to_be_visible(visible=not proposals.empty)


def test_where_one_was_stays_when_the_run_writes_more(page: Page, server: str, growing: Path) -> None:
    open_player(page, server, "&modality=relation&epoch=29", run="growing")
    page.get_by_label("Pace", exact=True).select_option("slow")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".pmf-freezing[data-epoch='2']")).to_have_count(1)
    shutil.copy(BUNDLED / RUN / layout.EVENTS, growing / layout.EVENTS)
    page.keyboard.press("r")  # Streamlit's key: draw the page again
    expect(page.get_by_label("Epoch", exact=True)).to_have_attribute("max", "49")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="relation", exact=True)).to_have_attribute("aria-pressed", "true")
    assert 2 <= epoch(page) < 29
