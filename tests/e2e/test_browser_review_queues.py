"""Review in a real browser: which cards come, what their verdicts count for, and whose they are."""

from __future__ import annotations

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
from tests.e2e.review import SMALL, App, all_saved, press, shown, watched

pytestmark = pytest.mark.browser


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
