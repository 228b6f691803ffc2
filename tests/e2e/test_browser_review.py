"""Review in a real browser: keys and buttons act on what is on screen, and on nothing else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from app.review.services.card import card as dealt_card
from app.review.services.history import mine, take_back_many
from app.review.services.settling import contradictions
from app.shared.services import catalog
from app.shared.services.access import Role, User
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from app.store import open_store
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app.review.people import ANN, answer
from tests.browsing import open_page
from tests.e2e.review import SMALL, App, all_saved, card, press, read, record, shown, watched

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


def test_a_menu_gives_the_keys_back(deck: Page, app: App) -> None:
    page = deck
    before = card(page)
    run = page.get_by_role("combobox", name="Run").or_(page.locator("[data-testid=stSelectbox] input")).first
    run.click()
    page.get_by_role("option", name=re.compile(r"^atlas\b(?!_)")).click()
    page.get_by_role("option").first.wait_for(state="hidden")
    page.wait_for_function(CARD_HAS_KEYS)
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


def test_a_group_is_judged_together(tab: Page, app: App) -> None:
    page = tab
    app.open(page, mode="conflicts")
    before = len(app.verdicts())
    press(page, "2")
    press(page, "a")
    all_saved(page)
    given = app.verdicts()[before:]
    assert sorted(event.verdict for event in given) == ["match", *["not"] * (len(given) - 1)]
    assert len(given) > 1
    press(page, "Backspace")
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


def test_the_queue_says_what_counts_and_ends_with_a_way_on(tab: Page, app: App) -> None:
    page = tab
    app.open(page, split="useful", audit="0", probes="0", direction="target_to_source")
    note = page.locator(".deck .outlook")
    note.filter(has_text="Training will use verdicts on").wait_for()
    assert "audit" in note.inner_text()
    over = page.get_by_text("Nothing is left to judge here")
    while not over.count():
        press(page, "u")
        page.locator(".deck .card").or_(over).first.wait_for()
    page.get_by_role("link", name="Go on with").click()
    page.wait_for_selector(".deck .card")
    assert "split=all" in page.url


def test_a_queue_of_test_links_says_before_the_first_verdict_that_none_trains(tab: Page, app: App) -> None:
    page = tab
    table = RunReader(catalog.BUNDLED / "atlas_published").failures()
    assert table is not None
    forward = table["direction"] == layout.SOURCE_TO_TARGET
    links = int((forward & (table["cause"] == "unexplained")).sum())
    open_page(
        page, app.address(run="atlas_published", slice="cause:unexplained", split="useful", audit="0", probes="0")
    )
    page.get_by_text("Training can use no verdict here: all of these are test links.").wait_for()
    page.get_by_role("link", name=f"Go on with {links} test links: verdicts on them measure").click()
    outlook = page.locator(".deck .outlook")
    outlook.filter(has_text=f"verdicts on 0 of these {links} queries. All of them are").wait_for()


def test_a_contradiction_is_settled_with_pictures_and_taken_back(tab: Page, app: App) -> None:
    run = RunView(RunReader(catalog.BUNDLED / "atlas"))
    data = open_dataset(run)
    seen = [i for i in range(run.n_source) if run.split[i] == "test" and data.picture(i) and run.types[i] == "country"]
    store = open_store(app.store_url)
    for name in {event.annotator for event in app.verdicts()}:  # what other tests have said
        user = User(name=name, role=Role.ANNOTATOR)
        take_back_many(user, store, run, mine(user, store, run))
    for query in seen[-2:]:
        shown_card = dealt_card(ANN, store, run, data, query, other=int(run.partner[seen[-1]]))
        answer(ANN, store, run, shown_card, "match")
    assert len(contradictions(store, run)) == 1
    page, before = tab, len(app.events())
    app.open(page, mode="adjudicate")
    page.get_by_text("1 contradiction between verdicts").wait_for()
    assert page.locator(".deck .choice img").count() == 2
    assert page.locator(".deck img.picture").count() == 2
    assert "ann" in page.inner_text(".deck .said")
    press(page, "2")
    chosen = shown(page)[0]
    press(page, "a")
    all_saved(page)
    given = app.events()[before:]
    assert {event.kind for event in given} == {"adjudication"}
    assert sorted(event.verdict for event in given) == ["match", "not"]
    matched = next(event for event in given if event.verdict == "match")
    assert chosen == run.labels[list(run.uris).index(matched.query)]
    assert contradictions(store, run) == []
    page.wait_for_selector('.deck .status[data-past]:not([data-past="0"])')
    page.keyboard.press("Backspace")
    page.wait_for_selector(".deck .card")
    all_saved(page)
    assert len(contradictions(store, run)) == 1
    store.close()


def test_nobody_judges_under_a_name_from_a_link(browser: Browser, tab: Page, app: App) -> None:
    page = tab
    open_page(page, f"http://localhost:{app.port}/account")
    page.get_by_label("Your name", exact=True).fill("Ann of Green Gables")
    page.get_by_label("Your name", exact=True).press("Enter")
    page.wait_for_function("document.cookie.includes('Gables')")
    app.open(page)
    press(page, "u")
    all_saved(page)
    assert app.verdicts()[-1].annotator == "Ann of Green Gables"
    assert "Ann" not in page.url
    other = watched(browser.new_page(viewport=SMALL))
    open_page(other, page.url + "&user=Ann of Green Gables")
    press(other, "u")
    all_saved(other)
    assert app.verdicts()[-1].annotator != "Ann of Green Gables"
    other.context.close()
