"""Two dropped tables become an alignment with the mouse alone, in under ten actions."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browsing import settle

pytestmark = pytest.mark.browser

WORDS = ["amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "inlet", "juniper", "knoll", "lagoon"]


def tables() -> list[FilePayload]:
    """Sixty things in two tables: other ids, another order, a word more in the second."""
    chance = random.Random(3)
    names = [f"{a} {b} {number}" for number, (a, b) in enumerate(zip(WORDS * 5, WORDS[5:] * 9, strict=False))][:60]
    first = ["id,title,year", *(f"x{i},{name},{1900 + i}" for i, name in enumerate(names))]
    rows = [f"{i + 100},The {name},{1900 + i}" for i, name in enumerate(names)]
    chance.shuffle(rows)
    second = ["key;name;year", *(row.replace(",", ";") for row in rows)]
    return [
        FilePayload(name="shop.csv", mimeType="text/csv", buffer="\n".join(first).encode()),
        FilePayload(name="stock.csv", mimeType="text/csv", buffer="\n".join(second).encode()),
    ]


def test_two_tables_become_an_alignment(start_app: Callable[..., str], page: Page, tmp_path: Path) -> None:
    address = start_app(PMF_DATA=str(tmp_path / "data"), PMF_RUNS=str(tmp_path / "runs"), PMF_DATA_ONLY_ROOT="1")
    actions = 0

    def act() -> None:
        nonlocal actions
        actions += 1

    page.goto(f"{address}/data")
    act()
    page.get_by_text("Add a data set").click()
    act()
    page.locator("input[type=file]").set_input_files(tables())
    page.get_by_text("stock.csv").wait_for()
    act()
    page.get_by_role("button", name="Unpack and read").click()
    page.wait_for_url("**data=shop-stock*")
    page.get_by_text("Files and columns").wait_for()
    settle(page)  # while the report comes, the page moves under the mouse
    assert page.get_by_text("60", exact=True).count() >= 2
    assert page.get_by_text("nothing can be measured").count()
    act()
    page.get_by_role("link", name="Train on this data set").click()
    page.get_by_text("Nothing can be measured then").last.wait_for(timeout=180_000)
    act()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_test_id("stMain").get_by_text("finished").first.wait_for(timeout=300_000)
    act()
    page.get_by_role("link", name="Matches").first.click()
    page.get_by_text("Download the alignment").wait_for()
    act()
    page.get_by_text("Download the alignment").click()
    act()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save", exact=True).click()
    lines = Path(waiting.value.path()).read_text().splitlines()[1:]
    right = sum(int(line.split(",")[1]) - 100 == int(line.split(",")[0][1:]) for line in lines)
    assert actions < 10
    assert right >= 54, f"{right} of 60 right, {len(lines)} written"
