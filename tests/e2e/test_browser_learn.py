"""The lesson in a browser: what is dragged is answered there, a presenter's keys work, and all can read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.learn.services import freezing as learn_freezing
from app.learn.services import lesson as learn
from app.learn.services.words import TITLES
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.runs.reader import RunReader
from tests.browsing import open_page
from tests.conftest import ATLAS

Paused = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.browser

AT_ONCE = 50  # milliseconds
SMALLEST = 20  # pixels of type on a stage of 1920 × 1080
DRAGGED = """async (input, share) => {
  const took = [];
  for (let i = 0; i < 12; i++) {
    const at = performance.now();
    input.value = Number(input.min) + (share + i / 200) * (input.max - input.min);
    input.dispatchEvent(new Event("input"));
    await new Promise(painted => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = painted;
      channel.port2.postMessage(0);
    }));
    took.push(performance.now() - at);
  }
  return took.sort((a, b) => a - b)[2]; // other processes hold up some, and on busy cores whole rounds
}"""
SMALL_TYPE = """smallest => {
  const small = [];
  const walk = root => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) walk(node.shadowRoot);
      const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
      const seen = node.getBoundingClientRect().bottom > 0 && node.checkVisibility(); // a link to skip to waits above
      if (!own || !seen || node.closest("style, script, option")) continue;
      const size = parseFloat(getComputedStyle(node).fontSize);
      if (size < smallest - 0.1) small.push(`${node.tagName} ${size} ${node.textContent.trim().slice(0, 30)}`);
    }
  };
  walk(document);
  return small;
}"""
OVER = """() => {
  const page = document.querySelector("[data-testid=stMain]");
  return [page.scrollHeight - innerHeight, page.scrollWidth - innerWidth];
}"""


@pytest.fixture(scope="module")
def atlas() -> RunView:
    return RunView(RunReader(ATLAS))


def open_step(page: Page, server: str, step: int) -> None:
    open_page(page, f"{server}/learn?step={step}")
    expect(page.locator(".lesson h1")).to_have_text(f"{step}. {TITLES[step - 1]}")


def test_what_is_dragged_is_answered_while_the_server_is_stopped(
    page: Page, server: str, atlas: RunView, paused: Paused
) -> None:
    open_step(page, server, 1)
    with paused():
        for step in range(1, len(TITLES) + 1):
            slider = page.locator(".drag input").first
            rounds = [slider.evaluate(DRAGGED, 0.3 + 0.1 * again) for again in range(5)]
            assert median(rounds) < AT_ONCE, TITLES[step - 1]
            page.keyboard.press("PageDown")
        page.get_by_role("button", name="Step 4").click()
        frozen = learn_freezing.pictures(atlas, open_dataset(atlas))
        page.get_by_role("button", name=re.compile("^our default: ")).click()
        count = int(np.searchsorted(frozen.relevance, frozen.threshold, side="right"))
        expect(page.locator(".lesson .result")).to_contain_text(f"{count} of {len(frozen.ids)} pictures frozen")
        page.keyboard.press("ArrowRight")
        results, pair = atlas.reader.results(), learn.example(atlas, open_dataset(atlas))
        assert results is not None
        assert atlas.failures is not None
        page.get_by_role("button", name="this run", exact=True).click()
        expect(page.locator(".meter.now .value")).to_have_text(f"{100 * results['source_to_target']['hits@1']:.1f} %")
        page.get_by_role("button", name="structure alone").click()
        rank = atlas.failures.loc[pair.source, "alone_structure"]
        expect(page.locator(".lesson .result")).to_contain_text(f"is number {rank:.0f} ")


def test_the_keys_of_a_presenter_always_work(page: Page, server: str) -> None:
    open_step(page, server, 1)
    title = page.locator(".lesson h1")
    for key, step in (("ArrowRight", 2), ("PageDown", 3), (" ", 4), ("ArrowLeft", 3), ("PageUp", 2), ("End", 6)):
        page.keyboard.press(key)
        expect(title).to_have_text(f"{step}. {TITLES[step - 1]}")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press(" ")  # the last step stays, and so does the film
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text(f"5. {TITLES[4]}")
    page.locator(".drag input").first.click()
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text(f"4. {TITLES[3]}")
    assert page.url.endswith("step=4")
    value = page.locator(".drag output").inner_text()
    page.keyboard.press("ArrowUp")
    assert page.locator(".drag output").inner_text() != value
    page.keyboard.press("n")
    expect(page.locator(".lesson .note")).to_be_visible()
    page.keyboard.press("Tab")
    with page.expect_download() as taken:
        page.get_by_role("button", name="on one page").focus()
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename == "lesson.html"


def test_all_of_it_can_be_read_from_the_last_row(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_step(page, server, 1)
    page.locator(".lesson .picture img").first.wait_for()
    for width, height, smallest in ((1920, 1080, SMALLEST), (1280, 720, 13)):
        page.set_viewport_size({"width": width, "height": height})
        page.keyboard.press("Home")
        for title in TITLES:
            page.wait_for_timeout(150)
            assert page.evaluate(SMALL_TYPE, smallest) == [], title
            assert max(page.evaluate(OVER)) <= 0, title
            page.keyboard.press("ArrowRight")
