"""An address that no link of ours has is a sentence, or nothing at all; never an error page."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shared.widgets import url
from tests.app.pages import open_page
from tests.tools.fuzz_addresses import PAGES, fuzz, parameters


@pytest.fixture(autouse=True)
def _no_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))


def test_every_page_with_parameters_made_up() -> None:
    """Hundreds by `python -m tests.tools.fuzz_addresses`."""
    assert {"run", "entity", "pair", "epoch", "slice", "data", "step", "page"} <= set(parameters())
    assert fuzz(len(PAGES), seed=2) == []


@pytest.mark.parametrize("name", ["/", "..", "9" * 5000])
def test_a_data_set_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PMF_DATA", str(tmp_path / "data"))
    page = open_page("data", data=name)
    assert page.error or page.warning


@pytest.mark.parametrize("pair", ["9" * 5000, f"3-{'9' * 5000}", "-", "3-", "1-2-3"])
@pytest.mark.parametrize("name", ["matches", "failures", "review", "embeddings"])
def test_a_pair_that_is_none(name: str, pair: str) -> None:
    open_page(name, run="atlas", pair=pair)


@pytest.mark.parametrize("text", ["9" * 5000, "-1", "1e3", "٣", "", "7.0", " 7"])
def test_what_is_no_number(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(url, "get", lambda name: text)
    assert url.integer("entity", 10**6) is None
