"""Every page on every kind of run: no exception, and a sentence where there is nothing to draw."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import catalog
from app.shared.services.run_view import RunView
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app import pages
from tests.app.pages import sentences, visit

PAGES = ("overview", "freezing", "embeddings", "matches")

OpenPage = Callable[..., AppTest]
MakeRun = Callable[..., Path]


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens a page with query parameters; runs lie where `make_run` puts them, nothing is bundled."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")

    def open_(page: str, test: AppTest | None = None, **parameters: object) -> AppTest:
        return visit(test, page, **parameters) if test else pages.open_page(page, **parameters)

    return open_


def test_no_runs(open_page: OpenPage) -> None:
    test = None
    for page in PAGES:
        test = open_page(page, test)
        assert "There are no runs yet" in sentences(test)


def test_finished_run(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    test = None
    for page in PAGES:
        test = open_page(page, test, run="small")
        assert not test.warning
        assert test.selectbox(key="url.run").value == "small"
        assert test.query_params["run"] == "small"


@pytest.mark.parametrize("state", ["running", "failed", "interrupted"])
def test_unfinished_run(open_page: OpenPage, make_run: MakeRun, state: str) -> None:
    make_run(state=state)
    assert "No part" not in sentences(open_page("overview"))
    open_page("freezing")
    assert "Embeddings are" in sentences(open_page("embeddings"))
    words = sentences(open_page("matches"))
    assert (
        "Predictions are written when training ends" in words if state == "running" else "Predictions are not" in words
    )


@pytest.mark.parametrize(
    "name",
    [
        layout.CONFIG,
        layout.ENTITIES,
        layout.LINKS,
        layout.EVENTS,
        layout.RELEVANCE,
        layout.FROZEN_AT,
        layout.PREDICTIONS,
        f"{layout.EMBEDDINGS}/fused.npy",
        f"{layout.EMBEDDINGS}/weight.npy",
        f"{layout.PROJECTIONS}/fused.npy",
    ],
)
def test_file_cut_short(open_page: OpenPage, make_run: MakeRun, name: str) -> None:
    file = make_run() / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    test = None
    for page in PAGES:
        test = open_page(page, test, run="small")


def test_damaged_run_says_so(open_page: OpenPage, make_run: MakeRun) -> None:
    file = make_run() / layout.CONFIG
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    assert "this version reads format 1" in sentences(open_page("overview", run="small"))


def test_unknown_run_says_so(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    assert "There is no run called “other”" in sentences(open_page("overview", run="other"))


def test_run_stays_chosen_between_pages(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run("one")
    make_run("two")
    test = open_page("overview", run="one")
    test.switch_page("matches/page.py")
    test.query_params.clear()
    test.run()
    assert test.query_params["run"] == "one"


def test_data_folder_gone(open_page: OpenPage, make_run: MakeRun) -> None:
    file = make_run() / layout.CONFIG
    config = json.loads(file.read_text())
    config["dataset"]["path"] = "/nowhere/at/all"
    file.write_text(json.dumps(config))
    test = open_page("matches", show="all")
    assert "the data folder is gone" in sentences(test)
    assert "Candidates" in [element.value for element in test.header]


def test_data_folder_changed(open_page: OpenPage, make_run: MakeRun) -> None:
    file = make_run() / layout.CONFIG
    config = json.loads(file.read_text())
    config["dataset"]["fingerprint"] = "another"
    file.write_text(json.dumps(config))
    assert "has changed since" in sentences(open_page("matches", show="all"))


def test_matches_steps_through_the_queue(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    test = open_page("matches", show="all", split="all")
    matched = re.search(r"\*\*(\d)\*\* of 9", sentences(test))
    assert matched
    test.button(key="pair_step.Next").click().run()
    assert f"**{int(matched[1]) + 1}** of 9" in sentences(test)
    assert test.query_params["pair"].isdigit()


def test_matches_opens_any_pair(open_page: OpenPage, make_run: MakeRun) -> None:
    run = RunView(RunReader(make_run()))
    seed, unlinked = (int(np.flatnonzero(run.split == split)[0]) for split in ("seed", ""))
    test = open_page("matches", pair=seed)
    assert "a seed link: training was told its counterpart" in sentences(test)
    for pair in (unlinked, f"{seed}-{run.n - 1}", f"{seed}-{unlinked}", "nonsense", "9999999"):
        test.query_params["pair"] = str(pair)
        test.run()
        assert not test.exception
        assert not test.warning


def test_matches_refuses_an_unknown_slice(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    assert open_page("matches", slice="degree:1-2", show="all").selectbox(key="url.slice").value == "degree:1-2"
    assert open_page("matches", slice="type:<b>", show="all").selectbox(key="url.slice").value == ""


def test_hostile_labels_stay_text(open_page: OpenPage, make_run: MakeRun) -> None:
    file = make_run() / layout.ENTITIES
    table = pd.read_parquet(file)
    table["label"] = "<script>alert(1)</script> **bold** [x](javascript:alert(1)) $x$ :red[y]\n# head"
    table.to_parquet(file)
    test = None
    for page in PAGES:
        test = open_page(page, test, entity=0, pair=0, show="all")
        for element in [*test.markdown, *test.caption, *test.header]:
            assert "<script" not in str(element.value).replace("\\<", "")
            assert " **bold**" not in str(element.value)
