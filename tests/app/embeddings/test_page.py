"""The Embeddings page: what the browser gets, what follows a selection, and the maps drawn behind it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.embeddings.widgets.map import MAP
from app.shared.services import catalog
from pmf.runs.reader import RunReader
from pmf.runs.tasks import read_task
from pmf.runs.writer import RunWriter
from tests.app import pages
from tests.app.pages import ran, sentences

OpenPage = Callable[..., AppTest]
MakeRun = Callable[..., Path]


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens the page on the run that the test makes."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")

    return partial(pages.open_page, "embeddings")


def sent(test: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser got: "map", "table" and "pictures"."""
    data = [json.loads(component.proto.json) for component in test.get("bidi_component") if component.proto.json]
    return {one["kind"]: one for one in data if "kind" in one}


def test_the_browser_gets_the_table_the_map_and_the_pictures(open_page: OpenPage, make_run: MakeRun) -> None:
    folder = make_run()
    run = RunReader(folder)
    to_browser = sent(open_page(entity=30))
    table = to_browser["table"]
    assert to_browser["map"]["table"] == to_browser["pictures"]["table"] == table["table"]
    assert to_browser["map"]["entity"] == 30
    assert table["n"] == len(table["labels"]) == run.n_entities
    assert [view["name"] for view in table["views"]] == ["fused", *run.modalities]
    assert table["film"] is None
    assert {view["method"] for view in table["views"]} == {"UMAP"}
    assert to_browser["pictures"]["pictures"] == {}
    writer = RunWriter(folder, epochs=8, modalities=("structure", "attribute", "image"), n_entities=48)
    rows = np.random.default_rng(0).standard_normal((2, 20, 6)).astype(np.float16)
    writer.snapshots(np.arange(20), [1, 7], list(rows))
    film = sent(open_page())["table"]["film"]
    assert film["epochs"] == [1, 7]
    assert "Mean movement in widths of the map" in film["trust"]


def test_a_part_narrows_the_map(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    data = sent(open_page(slice="degree:1-2"))["map"]
    assert data["partName"] == "degree:1-2"
    assert base64.b64decode(data["part"])
    assert sent(open_page(slice="nonsense"))["map"]["part"] is None


def test_nearest_lead_on_and_say_where_the_map_has_them(open_page: OpenPage, make_run: MakeRun) -> None:
    run = RunReader(make_run())
    test = open_page()
    test.session_state[MAP] = {"looked": {"n": 1, "entity": 0, "ids": [], "view": "structure"}}
    test.query_params["entity"] = "0"
    ran(test.run())
    rows = next(frame.value for frame in test.dataframe if "On the map" in frame.value)
    assert len(rows) == 10
    assert rows["On the map"].str.fullmatch(r"\d+(st|nd|rd|th) nearest").all()
    assert rows["Cosine"].is_monotonic_decreasing
    missing = int(np.flatnonzero(~np.asarray(run.embedding("image")).any(axis=1))[0])
    test.session_state[MAP] = {"looked": {"n": 2, "entity": missing, "ids": [], "view": "image"}}
    test.query_params["entity"] = str(missing)
    assert "has no image feature, so nothing is near it" in sentences(ran(test.run()))


def test_what_was_drawn_around_is_followed_by_words_a_slice_and_a_table(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    test = open_page()
    test.session_state[MAP] = {
        "looked": {"n": 7, "entity": None, "ids": [3, 1, 30, 3, -4, 10**6, True, "x"], "view": "?"}
    }
    ran(test.run())
    assert sent(test)["map"]["n"] == 7
    assert "3 entities selected" in [element.value for element in test.header]
    assert "2 source, 1 target" in sentences(test)
    assert "Review" in [button.label for button in test.button]


def test_maps_are_drawn_behind_the_page(open_page: OpenPage, make_run: MakeRun) -> None:
    folder = make_run(project=False)
    test = open_page()
    assert all("two principal components" in view["trust"] for view in sent(test)["table"]["views"])
    assert "The map" not in sentences(test)
    assert "Maps of fused, structure, attribute, image: by UMAP" in sentences(test)
    ran(test.button(key="background.start.maps").click().run())
    assert read_task(folder, "maps").state == "running"
    ran(test.button(key="background.cancel.maps").click().run())
    deadline = time.monotonic() + 60
    while read_task(folder, "maps").state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "Cancelled. Maps of" in sentences(ran(test.run()))
