"""A run in the hands of its owner, in a real browser: named, taken out, deleted, taken in again, found, adopted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pmf.runs.about import About, read_about
from tests.browsing import open_page, settle
from tests.conftest import ROOT

NAME = "<b>mine</b>"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    shutil.copytree(ROOT / "assets" / "runs" / "atlas", root / "one")
    return root


@pytest.fixture(scope="module")
def server(start_app: Callable[..., str], runs: Path) -> str:
    return start_app(PMF_RUNS=str(runs))


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).last.click()


def test_name_export_delete_import_find(page: Page, server: str, runs: Path, tmp_path: Path) -> None:
    open_page(page, f"{server}/overview?run=one")
    press(page, "Name, notes, tags")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(NAME)
    dialog.get_by_label("Tags, separated by commas").fill("paper, paper, week 3")
    dialog.get_by_label("Notes").fill("=1+1\n*kept*")
    press(page, "Save")
    dialog.wait_for(state="hidden")
    settle(page)
    assert read_about(runs / "one") == About(name=NAME, notes="=1+1\n*kept*", tags=("paper", "week 3"))
    assert page.get_by_text(NAME).count() > 0  # as it was typed, not as markup

    with page.expect_download() as downloading:
        press(page, "Export")
    file = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(file)
    assert file.name == "one.pmfrun.zip"

    press(page, "Delete")
    press(page, "Delete it")
    page.wait_for_url("**run=atlas*")
    assert not (runs / "one").exists()

    press(page, "Import")
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(file)
    button = page.get_by_role("dialog").get_by_role("button", name="Import", exact=True)
    expect(button).to_be_enabled()  # without its tooltip it is another element
    button.click()
    page.wait_for_url("**run=one*")
    settle(page)
    assert read_about(runs / "one").tags == ("paper", "week 3")

    open_page(page, f"{server}/overview?find=kept+week&as=table")
    page.get_by_text(re.compile(r"^1 of \d+ runs;")).wait_for()
    assert page.locator("[data-testid='stException']").count() == 0


def test_adopt_a_table_of_pairs(page: Page, server: str, runs: Path, tmp_path: Path) -> None:
    links = (ROOT / "assets" / "atlas" / "ent_links").read_text().splitlines()[:40]
    file = tmp_path / "pairs.csv"
    rows = [f"{line.replace(chr(9), ',')},0.{60 + place}\n" for place, line in enumerate(links)]
    file.write_text("source,target,probability\n" + "".join(rows))
    open_page(page, f"{server}/overview")
    press(page, "Adopt")
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(file)
    dialog.get_by_text("pairs.csv").wait_for()
    dialog.get_by_label("Decoding", exact=True).click()
    page.get_by_role("option", name="csls").click()
    press(page, "Adopt")
    page.wait_for_url("**run=demo-adopted*")
    settle(page)
    page.get_by_text("Adopted from a table of pairs").click()
    page.get_by_text("no embeddings came, but pairs with their scores").wait_for()
    page.get_by_text("Candidates are ranked by csls(k=3, rounds=1) of the scores that came").wait_for()
    assert page.locator("[data-testid='stException']").count() == 0
