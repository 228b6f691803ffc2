"""The Failures page on the bundled run, and on runs that have nothing to show."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services.run_view import RunView
from app.slices.services import errors as failures
from pmf.failures.causes import CAUSES
from pmf.failures.health import health
from pmf.failures.table import write_failures
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app.pages import go, sentences, session
from tests.conftest import ATLAS

FORWARD = layout.SOURCE_TO_TARGET

MakeRun = Callable[..., Path]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app with the bundled runs and those of `make_run`."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    return session("failures")


def show(test: AppTest, **parameters: object) -> str:
    """Open the page and return its sentences, as a reader sees them."""
    test.query_params.clear()
    assert not go(test, **parameters).warning
    return sentences(test)


def test_errors_of_a_slice_and_the_card_of_one(page: AppTest) -> None:
    run = RunView(RunReader(ATLAS))
    wrong = failures.errors(failures.asked(run, FORWARD))
    text = show(page, run="atlas")
    assert f"**{len(wrong):,} of " in text
    assert f"{len(wrong):,} errors" in text
    cause = wrong["cause"].mode()[0]
    part = wrong[wrong["cause"] == cause]
    text = show(page, run="atlas", slice=f"cause:{cause}", order="rank")
    assert f"{len(part):,} errors" in text
    assert CAUSES[cause].sentence in text
    ids = failures.ordered(run, part, "rank")
    text = show(page, run="atlas", slice=f"cause:{cause}", order="rank", pair=ids[0])
    assert f"**1** of {len(part):,}" in text
    names = [str(element.value).replace("\\", "") for element in page.header]
    for entity in (ids[0], *part.loc[ids[0], ["truth", "prediction"]]):
        assert str(run.labels[entity]) in names
    reasons = ("Reasons, with the candidate", "Reasons, with the truth")
    assert "in common; the run has matched" in text
    assert "right answers." in failures.held(run, cause)
    assert failures.held(run, cause) in text
    for title in ("Why", "How to repair", "Other weights", "Over the epochs", *reasons):
        assert title in names
    assert re.search(r"\*\*For it\*\*: probability .* \*\*\d+%\*\* ", sentences(page).replace("\n", " "))
    page.button(key="pair_step.Next").click().run()
    assert f"**2** of {len(part):,}" in sentences(page)
    assert page.query_params["pair"] == str(ids[1])


def test_right_queries_seeds_and_the_path_of_any_pair(page: AppTest) -> None:
    run = RunView(RunReader(ATLAS))
    asked = failures.asked(run, FORWARD)
    assert "Nothing to repair" in show(page, run="atlas", pair=asked.index[asked["right"]][0])
    assert "is not a test query" in show(page, run="atlas", pair=np.flatnonzero(run.split == "seed")[0])
    text = show(page, run="atlas", pair=failures.errors(asked).index[0])
    assert "plain similarity among 484 candidates. Its rivals" in text


def test_a_run_of_an_older_version_has_the_paths_of_a_sample(page: AppTest, tmp_path: Path) -> None:
    """It kept embeddings of some entities over the epochs, and not how every query stood."""
    older = tmp_path / "runs" / "older"
    shutil.copytree(ATLAS, older, ignore=shutil.ignore_patterns(layout.COURSE))
    run = RunView(RunReader(older))
    snapshots = run.reader.snapshots()
    assert snapshots is not None
    wrong = failures.errors(failures.asked(run, FORWARD))
    sampled = wrong["query"].isin(snapshots["sample"]) & wrong["truth"].isin(snapshots["sample"])
    assert "candidates kept at these epochs" in show(page, run="older", pair=wrong.index[sampled][0])
    lost = wrong.index[~sampled][0]
    assert "only a sample of entities, without this pair" in show(page, run="older", pair=lost)


def test_health_begins_with_its_sentences(page: AppTest) -> None:
    text = show(page, run="atlas", tab="health")
    for sentence in health(RunReader(ATLAS)).sentences:
        assert sentence in text


def test_runs_with_nothing_to_show(page: AppTest, make_run: MakeRun) -> None:
    make_run("begun", state="running")
    make_run("unsorted")
    assert "Predictions are written when training ends" in show(page, run="begun")
    text = show(page, run="unsorted")
    assert "test queries are wrong" in text
    assert "largest cause" not in text
    assert page.button(key="background.start.failures").label == "Find the causes"
    folder = make_run("perfect")
    table = pd.read_parquet(folder / layout.PREDICTIONS)
    right = [np.array([truth]) for truth in table["truth"]]
    one = {name: table[name].map(lambda row: row[:1]) for name in table if isinstance(table[name][0], np.ndarray)}
    table.assign(rank=1.0, **one | {"candidates": right}).to_parquet(folder / layout.PREDICTIONS)
    write_failures(RunReader(folder), None)
    text = show(page, run="perfect")
    assert "None of the 8 test queries is wrong" in text
    assert "all of the 8 test queries are right" in text
    show(page, run="perfect", tab="health")


def test_hostile_names_stay_text(page: AppTest, make_run: MakeRun) -> None:
    folder = make_run()
    file = folder / layout.ENTITIES
    hostile = "<script>alert(1)</script> **bold** $x$ :red[y]"
    pd.read_parquet(file).assign(label=hostile, type=hostile).to_parquet(file)
    table = write_failures(RunReader(folder), None)
    query = int(table.loc[~table["right"], "query"].iloc[0])
    for parameters in ({}, {"pair": query}, {"by": "type"}, {"tab": "health"}, {"slice": f"type:{hostile}"}):
        show(page, run="small", **parameters)
        for element in (*page.markdown, *page.caption, *page.header):
            assert "<script" not in str(element.value).replace("\\<", "")
            assert " **bold**" not in str(element.value)
