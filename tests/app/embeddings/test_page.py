"""The Embeddings page: every kind of map, what is selected, and the maps drawn behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import catalog
from app.slices.widgets import selection
from pmf.runs.reader import RunReader
from pmf.runs.tasks import read_work
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


def test_every_way_to_show_it(open_page: OpenPage, make_run: MakeRun) -> None:
    folder = make_run()
    assert "fewer than two snapshots" in sentences(open_page(show="epochs"))
    writer = RunWriter(folder, epochs=8, modalities=("structure", "attribute", "image"), n_entities=48)
    rows = np.random.default_rng(0).standard_normal((2, 20, 6)).astype(np.float16)
    writer.snapshots(np.arange(20), [1, 7], list(rows))
    said = sentences(open_page(show="epochs", entity=30, epoch=1))
    assert "Mean movement in widths of the map" in said
    assert "is not among the entities that training keeps snapshots of" in said
    test = open_page(show="each", colour="cluster", side="source", entity=30)
    assert "Each map has axes of its own" in sentences(test)
    assert test.get("plotly_chart")[0].proto.spec.count("filtered out") >= 1


def test_nearest_lead_on_and_say_where_the_map_has_them(open_page: OpenPage, make_run: MakeRun) -> None:
    run = RunReader(make_run())
    test = open_page(entity=0, view="structure")
    rows = next(frame.value for frame in test.dataframe if "On the map" in frame.value)
    assert len(rows) == 10
    assert rows["On the map"].str.fullmatch(r"\d+(st|nd|rd|th) nearest").all()
    assert rows["Cosine"].is_monotonic_decreasing
    missing = int(np.flatnonzero(~np.asarray(run.embedding("image")).any(axis=1))[0])
    assert "has no image feature, so nothing is near it" in sentences(open_page(entity=missing, view="image"))


def test_what_is_selected_stays_until_it_is_cleared(open_page: OpenPage, make_run: MakeRun) -> None:
    make_run()
    test = open_page()
    test.session_state[selection.KEPT] = ("small", [3, 1, 30, 3])
    ran(test.run())
    assert "3 entities selected" in [element.value for element in test.header]
    assert "2 source, 1 target" in sentences(test)
    assert "selectedpoints" in test.get("plotly_chart")[0].proto.spec
    test.query_params["view"] = "image"
    assert "3 entities selected" in [element.value for element in ran(test.run()).header]
    next(button for button in test.button if button.label == "Clear the selection").click()
    assert "3 entities selected" not in [element.value for element in ran(test.run()).header]


def test_the_map_flies_to_whom_is_searched_for_and_stays_for_whom_is_clicked(
    open_page: OpenPage, make_run: MakeRun
) -> None:
    make_run()

    def window(test: AppTest) -> bool:
        return '"range"' in test.get("plotly_chart")[0].proto.spec

    test = open_page()
    assert not window(test)
    test.text_input(key="entity_search.text").set_value("iceland")
    assert window(ran(test.run()))
    next(button for button in test.button if button.label == "Show the whole map").click()
    assert not window(ran(test.run()))
    test.session_state[selection.CLICKED] = 5
    test.query_params["entity"] = "5"
    assert not window(ran(test.run()))


def test_maps_are_drawn_behind_the_page(open_page: OpenPage, make_run: MakeRun) -> None:
    folder = make_run(project=False)
    test = open_page()
    assert "The map" not in sentences(test)
    assert "Maps of fused, structure, attribute, image: by UMAP" in sentences(test)
    ran(test.button(key="background.start.maps").click().run())
    assert read_work(folder, "maps").state == "running"
    ran(test.button(key="background.cancel.maps").click().run())
    deadline = time.monotonic() + 60
    while read_work(folder, "maps").state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "Cancelled. Maps of" in sentences(ran(test.run()))
