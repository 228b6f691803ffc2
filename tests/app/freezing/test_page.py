"""The Freezing page as somebody uses it: epoch, play, gallery, selection."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.freezing.widgets.player import STEPPED
from app.shared.services import catalog
from app.shared.services import freezing_record as freezing
from app.shared.services.run_view import RunView
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app import pages
from tests.app.pages import sentences
from tests.conftest import ATLAS
from tests.whole_tables import whole

MakeRun = Callable[..., Path]
OpenPage = Callable[..., AppTest]


@pytest.fixture
def atlas(tmp_path: Path) -> RunView:
    """The bundled run, in a folder where ranks had nothing frozen can be laid beside it."""
    folder = tmp_path / "runs" / "atlas"
    shutil.copytree(ATLAS, folder)
    (folder / layout.FAILURES).unlink(missing_ok=True)
    return RunView(RunReader(folder))


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")

    def open_(**parameters: object) -> AppTest:
        test = pages.open_page("freezing", **parameters)
        assert not test.warning
        return test

    return open_


def captions(test: AppTest, mark: str) -> list[str]:
    return [text for e in test.caption if mark in (text := str(e.value).replace("\\", ""))]


def test_the_pace_lies_in_the_address(make_run: MakeRun, open_page: OpenPage) -> None:
    make_run()
    test = open_page(pace="slow")
    assert test.segmented_control(key="url.pace").value == "slow"
    test.segmented_control(key="url.pace").set_value("fast").run()
    assert test.query_params["pace"] == "fast"
    test.button(key="freezing.play").click().run()
    test.session_state[STEPPED] = time.monotonic() - 0.8  # enough for a fast step, not for another
    shown = test.select_slider(key="url.epoch").value
    assert test.run().select_slider(key="url.epoch").value == shown + 1
    assert open_page(pace="<b>").segmented_control(key="url.pace").value == "normal"


def test_opens_where_most_froze_and_plays_on(make_run: MakeRun, open_page: OpenPage) -> None:
    run = RunView(RunReader(make_run()))
    test = open_page(epoch="<b>")
    slider = test.select_slider(key="url.epoch")
    busiest = freezing.busiest(run, "image")
    assert slider.value == busiest
    assert (freezing.frozen_at(run, "image") == busiest).any()
    slider.set_value(0).run()
    assert test.query_params["epoch"] == "0"
    assert "No relevance had been measured by epoch 0" in sentences(test)
    assert "Nothing of image froze in epoch 0." in sentences(test)
    test.button(key="freezing.play").click().run()
    assert STEPPED in test.session_state
    test.session_state[STEPPED] = time.monotonic() - 2
    test.run()
    assert test.query_params["epoch"] == "1"
    assert test.select_slider(key="url.epoch").value == 1
    test.query_params["epoch"] = "5"
    test.session_state[STEPPED] = time.monotonic() - 2
    test.run()
    assert STEPPED not in test.session_state  # once the last measurement has passed, it stands still
    assert not test.exception


def test_gallery_splits_by_what_it_did_to_the_matches(atlas: RunView, open_page: OpenPage) -> None:
    ids = freezing.frozen_in(atlas, "image", 22)
    ids = ids[atlas.partner[ids] >= 0]
    helped, hurt = int(ids[0]), int(next(e for e in ids[1:] if e != atlas.partner[ids[0]]))
    rows = {"query": [helped, hurt], "truth": atlas.partner[[helped, hurt]], "direction": layout.SOURCE_TO_TARGET}
    rows |= {"similarity_rank": [9.0, 1.0], "cause": "", **{f"thawed_{m}": [9.0, 1.0] for m in atlas.modalities}}
    table = whole(pd.DataFrame(rows | {"thawed_image": [1.0, 7.0]}), layout.FAILURES, atlas.modalities)
    table.to_parquet(atlas.reader.folder / layout.FAILURES)
    test = open_page(modality="image", epoch=22)
    shown = captions(test, "≤ δ")
    assert [text.rpartition(" · ")[2] for text in shown] == ["rank 9 → 1", "rank 1 → 7"]
    relevance = atlas.reader.relevance()[22, atlas.modalities.index("image")]
    for text, entity in zip(shown, (helped, hurt), strict=True):
        assert f"α {relevance[entity]:.2f} ≤ δ {freezing.thresholds(atlas, 'image')[22]:.2f}" in text
    assert "1 would have helped" in sentences(test)
    rest = (freezing.frozen_at(atlas, "image") == 22).sum() - 2
    assert f"0 change nothing and {rest:,} are no test queries" in sentences(test)


def test_nothing_frozen_is_said(make_run: MakeRun, open_page: OpenPage) -> None:
    make_run(thresholds=(None, 0.001, 0.001))
    test = open_page(modality="attribute")
    assert "Nothing is frozen." in test.info[0].value
    assert "Nothing of attribute is frozen, so there is nothing of it to judge." in sentences(test)
    assert "Nothing of attribute froze; these were next in line" in sentences(test)
    assert "One entity over the epochs" in sentences(test)
