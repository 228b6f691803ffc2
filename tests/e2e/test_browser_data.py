"""The Data page in a real browser: from an uploaded archive to a finished training, and hostile text."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Position

from pmf.data.readers import read_graph_pair
from tests.browsing import click_until, open_page, settle, still

SECOND_ROW: Position = {"x": 16, "y": 35 + 44 + 22}
"""Of a table with pictures: the box that chooses it."""
TRAINING = 240_000  # milliseconds: it draws maps at its end, on whatever machine this is

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(start_app: Callable[..., str], root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_app(PMF_DATA=str(root), PMF_RUNS=str(tmp_path_factory.mktemp("runs")))


def entity_in(page: Page) -> str:
    matched = re.search(r"[?&]entity=(\d+)", page.url)
    return matched[1] if matched else ""


def test_upload_browse_and_train(page: Page, server: str, root: Path, tiny_data: Path, tmp_path: Path) -> None:
    archive = tmp_path / "tiny set.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in tiny_data.rglob("*"):
            file.write(path, Path("tiny") / path.relative_to(tiny_data))
    open_page(page, f"{server}/data")
    page.get_by_text("Add a data set").click()
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_text("tiny set.zip").wait_for()  # before the file is there, there is nothing to unpack
    settle(page)
    unpack = page.get_by_role("button", name="Unpack and read")
    click_until(page, unpack, "location.search.includes('data=tiny-set')")
    page.wait_for_selector("text=What looks wrong")
    assert (root / "tiny-set" / "tiny" / "images_1" / "00.png").read_bytes() == (
        tiny_data / "images_1" / "00.png"
    ).read_bytes()

    settle(page)  # while the report comes, the page moves under the mouse
    click_until(page, page.get_by_role("radio", name="Entities"), "location.search.includes('tab=entities')")
    page.get_by_text("tick a row to open it").wait_for()  # until then the tables of the report may still stand there
    settle(page)
    click_until(
        page,
        page.locator("[data-testid='stDataFrame'] .dvn-scroller").first,
        "location.search.includes('entity=1')",
        SECOND_ROW,
    )
    settle(page)

    pair = read_graph_pair(tiny_data)
    graph = page.locator("[data-testid='stEChartsChart']")
    labels = [label for label in graph.locator("svg text").all_text_contents() if label != pair.labels[1]]
    assert labels
    label = graph.locator("svg text", has_text=re.compile(f"^{re.escape(labels[0])}$")).first
    moved = "!/[?&]entity=1(&|$)/.test(location.search)"
    click_until(page, label, moved)
    settle(page)
    assert pair.labels[int(entity_in(page))] == labels[0]
    page.wait_for_selector(f"h2:has-text('{labels[0]}')")

    page.get_by_role("link", name="Train on this data set").click()
    page.wait_for_url("**/train?*data=tiny*")
    settle(page)
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("2")
    epochs.press("Enter")
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**run=tiny-default-*")
    page.get_by_text("finished").first.wait_for(timeout=TRAINING)
    page.get_by_role("link", name="Overview").last.click()
    page.wait_for_url("**run=tiny-default-*")
    page.wait_for_selector("text=Measured on")
    assert page.locator("[data-testid='stException']").count() == 0


def test_text_of_the_data_is_never_run(page: Page, server: str, root: Path, tiny_data: Path) -> None:
    folder = Path(shutil.copytree(tiny_data, root / "hostile"))
    hostile = "<img src=x onerror=window.broken=1><b>bold</b> [x](javascript:1)"
    uri = "http://tiny.example/1/e"
    (folder / "names_1.tsv").write_text("".join(f"{uri}{i}\t{hostile} {i}\n" for i in range(64)))
    with (folder / "attr_triples_1").open("a") as file:
        file.write(f"{uri}0\t{hostile}\t{hostile}\n")
    with (folder / "rel_triples_1").open("a") as file:
        file.write(f"{uri}0\t{hostile}\t{uri}1\n")
    for tab in ("report", "entities"):
        open_page(page, f"{server}/data?data=hostile&entity=0&tab={tab}")
        still(page, 300)
    node = page.locator("[data-testid='stEChartsChart'] svg text", has_text="<img").last
    box = page.locator("[data-testid='stEChartsChart']").bounding_box()
    node.hover()
    page.wait_for_function(
        "document.querySelector('[data-testid=stEChartsChart]').innerText.includes('relation triple')"
    )
    assert box is not None
    for x in range(0, int(box["width"]), 40):  # over nodes and edges, whose names appear
        page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
    page.wait_for_timeout(500)
    assert page.evaluate("window.broken") is None
    assert page.locator("img[src=x], b:text('bold'), a[href^=javascript]").count() == 0
