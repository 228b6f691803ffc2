"""Review in a real browser: keys and buttons act on what is on screen, and on nothing else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.e2e.review import App, all_saved, card, press, read, record, shown

CARD_HAS_KEYS = "document.activeElement?.shadowRoot?.activeElement?.classList.contains('deck')"
# the moment the next card is painted; then the machine hangs for longer than it takes to read a card
PRESSED_AT_ONCE = """document.addEventListener("pmf-review-painted", () => {
  addEventListener("keydown", hang, { capture: true, once: true });
  addEventListener("dblclick", hang, { capture: true, once: true });
  function hang() { for (const end = performance.now() + 400; performance.now() < end; ); }
  window.deck().querySelector(".choice").dispatchEvent(EVENT);
}, { once: true })"""

pytestmark = pytest.mark.browser


def test_every_key_means_what_it_says_and_is_taken_back_also_after_a_reload(tab: Page, app: App) -> None:
    page = tab
    app.open(page, split="validation", audit="0", probes="0")
    before = len(app.verdicts())
    names = []
    for key in "axunf":
        names.append(shown(page))
        press(page, key)
    all_saved(page)
    kinds = ["match", "not", "unsure", "none", "flag"]
    assert [event.verdict for event in app.verdicts()[before:]] == kinds
    page.reload()
    page.wait_for_selector('.deck .status[data-past="5"]')
    for name in reversed(names):
        press(page, "Backspace")
        assert name[0] in shown(page)
    all_saved(page)
    assert len(app.verdicts()) == before


def test_a_double_press_counts_once(deck: Page, app: App) -> None:
    page = deck
    for gap in (0, 30, 120):
        before = sum(line["what"] == "verdict" for line in record(page))
        page.keyboard.press("x")
        page.wait_for_timeout(gap)
        page.keyboard.press("x")
        read(page)
        assert sum(line["what"] == "verdict" for line in record(page)) == before + 1
        assert "not counted" in page.inner_text(".deck .status")
    all_saved(page)


@pytest.mark.parametrize("act", ["new KeyboardEvent('keydown', {key: 'x', ", "new MouseEvent('dblclick', {"])
def test_a_machine_that_hangs_counts_from_when_it_was_pressed(deck: Page, app: App, act: str) -> None:
    page = deck
    page.evaluate(PRESSED_AT_ONCE.replace("EVENT", act + "bubbles: true, composed: true})"))
    before = len(record(page))
    press(page, "u")
    page.wait_for_function("n => window.record.slice(n).filter(l => /ignored|verdict/.test(l.what))[1]", arg=before)
    assert sum(line["what"] == "verdict" for line in record(page)[before:]) == 1
    all_saved(page)


def test_keys_do_nothing_to_a_card_that_is_covered(deck: Page, app: App) -> None:
    page = deck
    on_table, before = card(page), len(app.verdicts())
    for opener in ("z", "?", "s"):
        press(page, opener)
        assert page.locator(".deck .sheet").is_visible()
        for key in ("a", "x", "u", "Backspace", "3"):
            page.keyboard.press(key)
        press(page, "Escape")
        assert not page.locator(".deck .sheet").is_visible()
    page.get_by_role("button", name="Filters").click()
    page.get_by_test_id("stPopoverBody").wait_for()
    for key in "axu":
        press(page, key)
    press(page, "Escape")
    page.get_by_test_id("stPopoverBody").wait_for(state="hidden")
    assert card(page) == on_table
    assert len(app.verdicts()) == before
    press(page, "u")  # and now they do
    assert card(page) != on_table


def test_the_reason_is_text_and_leads_back_to_the_card(deck: Page, app: App) -> None:
    page = deck
    on_table = card(page)
    for leave in ("Enter", "Escape"):
        press(page, "w")
        page.keyboard.type("an axiom ")
        press(page, leave)
        assert card(page) == on_table
    press(page, "x")
    all_saved(page)
    assert app.verdicts()[-1].reason == "an axiom an axiom"
    assert page.input_value(".deck .why") == ""


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("slower", [1, 20])
def test_a_menu_gives_the_keys_back(deck: Page, app: App, slower: int, *, by_key: bool) -> None:
    """However late it opens and closes."""
    page = deck
    before, browser = card(page), page.context.new_cdp_session(page)
    browser.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    run = page.get_by_role("combobox", name="Run").or_(page.locator("[data-testid=stSelectbox] input")).first
    run.click()
    option = page.get_by_role("option", name=re.compile(r"^atlas\b(?!_)"))
    option.wait_for()
    if by_key:
        page.keyboard.press("Escape")
    else:
        option.click()
    option.wait_for(state="hidden")
    page.wait_for_function(CARD_HAS_KEYS)
    browser.detach()  # as fast again as it is
    press(page, "x")  # without a click on the card
    assert card(page) != before
    all_saved(page)


def test_looking_is_not_deciding(deck: Page, app: App) -> None:
    page = deck
    on_table, before = card(page), len(app.verdicts())
    names = [name.inner_text() for name in page.locator(".deck .choice .name").all()]
    assert page.locator(".deck .facts").get_by_text(re.compile("What rules say|Rules find nothing")).count() == 1
    press(page, "3")
    assert names[2] in shown(page)
    page.locator(".deck .choice").nth(4).click()
    assert names[4] in shown(page)
    press(page, "ArrowRight")
    assert names[5] in shown(page)
    assert card(page) == on_table
    assert len(app.verdicts()) == before
    page.locator(".deck .choice").nth(1).click()
    read(page)
    page.locator(".deck .choice").nth(1).dblclick(delay=60)
    page.wait_for_function("card => document.querySelector('.deck .card')?.dataset.card !== card", arg=on_table)
    all_saved(page)
    event = app.verdicts()[-1]
    assert (event.verdict, event.other) == ("match", event.candidates[1])
    press(page, "4")
    read(page)
    page.get_by_role("button", name="Match").click()
    all_saved(page)
    event = app.verdicts()[-1]
    assert event.other == event.candidates[3]
    press(page, "x")  # the mouse left the keys to the card
    all_saved(page)
    assert len(app.verdicts()) == before + 3


def test_none_of_these_but_another_one(deck: Page, app: App) -> None:
    page = deck
    press(page, "s")
    page.keyboard.type("a")
    page.locator(".deck .hit").nth(6).wait_for()
    candidates = [name.inner_text() for name in page.locator(".deck .choice .name").all()]
    names = [name.inner_text() for name in page.locator(".deck .hit .name").all()]
    name = next(name for name in names if name not in candidates)
    page.locator(".deck .hit").nth(names.index(name)).click()
    assert name in shown(page)
    assert "found outside the candidates" in page.inner_text(".deck .pair")
    press(page, "a")
    all_saved(page)
    event = app.verdicts()[-1]
    assert event.verdict == "match"
    assert event.other not in event.candidates


def test_skipping_is_no_verdict_and_can_be_undone(deck: Page, app: App) -> None:
    page = deck
    before, names = len(app.verdicts()), shown(page)
    press(page, "Space")
    assert shown(page) != names
    press(page, "Backspace")
    assert shown(page) == names
    all_saved(page)
    assert len(app.verdicts()) == before


def test_it_can_be_used_without_seeing(deck: Page, app: App) -> None:
    page = deck
    assert all(image.get_attribute("alt") for image in page.locator(".deck img.picture").all())
    buttons = page.locator(".deck button:visible").all()
    assert len(buttons) >= 18
    assert all(button.inner_text().strip() for button in buttons)
    match = page.get_by_role("button", name="Match")
    match.focus()
    before = card(page)
    press(page, "Enter")
    assert card(page) != before
    assert page.get_by_role("button", name="Match").evaluate("b => b === b.getRootNode().activeElement")
    all_saved(page)
