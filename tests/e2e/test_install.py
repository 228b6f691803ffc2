"""The wheel, installed somewhere else and started from an empty folder, opens the bundled demo."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import open_page, wait_for
from tests.conftest import ROOT

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what `pip install .` puts into an environment, without what it depends on."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", folder, ROOT], check=True, cwd=folder)
    return folder


def environment(installed: Path) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PMF_")} | {
        "PYTHONPATH": str(installed)
    }


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Where `pmf app` listens, started in an empty folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [installed / "bin" / "pmf", "app", "--no-browser", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(installed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as app:
        try:
            wait_for(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            app.terminate()


def test_the_installed_app_opens_the_demo(page: Page, address: str) -> None:
    open_page(page, address)
    expect(page.get_by_text("atlas").first).to_be_visible()
    assert not page.locator("[data-testid='stException'], [data-testid='stAlertContentError']").count()
    colour = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert colour == "rgb(27, 39, 51)", "the theme of .streamlit/config.toml comes with the app"
    open_page(page, f"{address}/data")
    expect(page.get_by_text("697").first).to_be_visible()  # its source entities: the data set came too


def test_the_installed_command_reads_the_bundled_data(installed: Path, tmp_path: Path) -> None:
    def pmf(*arguments: str) -> str:
        command = [installed / "bin" / "pmf", *arguments]
        where = environment(installed)
        return subprocess.run(command, cwd=tmp_path, env=where, capture_output=True, text=True, check=True).stdout

    assert json.loads(pmf("data", "inspect", "demo", "--json"))["links"] == 663
    assert pmf("--help").startswith("usage: pmf ")


def test_the_wheel_says_what_it_needs(installed: Path) -> None:
    [bill] = installed.glob("pmf_explorer-*.dist-info/sboms/sbom.cdx.json")
    assert json.loads(bill.read_text())["bomFormat"] == "CycloneDX"
