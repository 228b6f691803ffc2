"""The Train page in a real browser: start, watch it move, stop, go on, finish."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from pmf.runs.reader import RunReader
from tests.browsing import open_page
from tests.conftest import TINY_SETTINGS

TRAINING = 240_000  # milliseconds, on whatever machine this is
EPOCHS = 100  # in small batches, so that not all have passed before Stop is pressed

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def server(start_app: Callable[..., str], runs: Path, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("data")
    shutil.copytree(tiny_data, root / "tiny")
    return start_app(PMF_DATA=str(root), PMF_RUNS=str(runs), OMP_NUM_THREADS="1")


def epoch_of(page: Page) -> int:
    matched = re.search(r"epoch\s+(\d+) of", page.locator("[data-testid='stProgress']").first.inner_text())
    return int(matched[1]) if matched else 0


def wait_for_epoch(page: Page, epoch: int) -> None:
    page.wait_for_function(
        "least => { const bar = document.querySelector('[data-testid=stProgress]');"
        r" const epoch = bar && bar.innerText.match(/epoch\s+(\d+) of/); return epoch && Number(epoch[1]) >= least }",
        arg=epoch,
        timeout=TRAINING,
    )


def test_start_watch_stop_and_go_on(page: Page, server: str, runs: Path) -> None:
    settings = TINY_SETTINGS | {
        "train.epochs": str(EPOCHS),
        "train.freeze_epochs": str(EPOCHS // 2),
        "train.batch_size": "2",
        "train.evaluate_every": "20",
        "train.checkpoint_every": "20",
    }
    open_page(page, f"{server}/train?{urlencode({'data': 'tiny', **settings})}")
    assert page.locator("[data-testid='stException']").count() == 0
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**run=tiny-default-*", timeout=TRAINING)

    wait_for_epoch(page, 1)
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    heading = page.locator("h1")
    heading.evaluate("element => { element.dataset.mark = 'still there' }")
    before = epoch_of(page)
    wait_for_epoch(page, before + 1)
    assert heading.get_attribute("data-mark") == "still there"  # only the fragment was drawn again

    page.get_by_role("button", name="Stop").first.click()
    page.get_by_role("button", name="Resume").first.wait_for(timeout=TRAINING)
    (folder,) = [path for path in runs.iterdir() if path.name.startswith("tiny-default-")]
    stopped = RunReader(folder).state()
    assert stopped.name == "stopped"
    assert before <= stopped.epoch + 1 < EPOCHS

    page.get_by_role("button", name="Resume").first.click()
    wait_for_epoch(page, stopped.epoch + 2)
    page.get_by_text("finished").first.wait_for(timeout=TRAINING)
    end = RunReader(folder)
    assert end.state().name == "finished"
    assert [report["epoch"] for report in end.epoch_reports()] == list(range(EPOCHS))
    page.get_by_role("button", name="Stop").wait_for(state="detached")  # within the 2 s of the live view
    assert page.locator("[data-testid='stException']").count() == 0

    page.get_by_role("link", name="Embeddings").last.click()
    page.wait_for_url(f"**/embeddings?*run={folder.name}*")
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
