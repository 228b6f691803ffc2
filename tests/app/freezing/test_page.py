"""What the server adds to the charts of the Freezing page: tables, and slices of what froze."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

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


def test_tables_follow_the_address(make_run: MakeRun, open_page: OpenPage) -> None:
    run = RunView(RunReader(make_run()))
    busiest = freezing.busiest(run, "image")
    test = open_page(epoch="<b>", modality="<b>", table="What froze")  # opens where most froze
    assert len(test.dataframe[0].value) == len(freezing.frozen_in(run, "image", busiest))
    assert "Nothing of image froze in epoch 0." in sentences(open_page(modality="image", epoch=0, table="What froze"))
    test = open_page(modality="image", epoch=0, table="Linked pairs")
    assert "No linked pair has its image measured on both sides by epoch 0" in sentences(test)
    for name in open_page().segmented_control(key="url.table").options:
        assert len(open_page(table=name).dataframe) >= 1, name
    followed = open_page(entity=3, table="The followed entity").dataframe[0].value
    pd.testing.assert_frame_equal(followed, freezing.trajectory(run, 3), check_names=False)


def test_what_froze_can_be_kept_by_what_it_did(atlas: RunView, open_page: OpenPage) -> None:
    ids = freezing.frozen_in(atlas, "image", 22)
    ids = ids[atlas.partner[ids] >= 0]
    helped, hurt = int(ids[0]), int(next(e for e in ids[1:] if e != atlas.partner[ids[0]]))
    rows = {"query": [helped, hurt], "truth": atlas.partner[[helped, hurt]], "direction": layout.SOURCE_TO_TARGET}
    rows |= {"similarity_rank": [9.0, 1.0], "cause": "", **{f"thawed_{m}": [9.0, 1.0] for m in atlas.modalities}}
    table = whole(pd.DataFrame(rows | {"thawed_image": [1.0, 7.0]}), layout.FAILURES, atlas.modalities)
    table.to_parquet(atlas.reader.folder / layout.FAILURES)
    test = open_page(modality="image", epoch=22, table="What froze")
    told = test.dataframe[0].value.set_index("Entity")["Had it not frozen"].value_counts()
    assert told[["would have helped", "would have hurt"]].tolist() == [1, 1]
    titles = [box.placeholder for box in test.text_input]
    assert titles == [f"image frozen in epoch 22 would have {what}" for what in ("helped", "hurt")]


def test_nothing_frozen_is_said(make_run: MakeRun, open_page: OpenPage) -> None:
    make_run(thresholds=(None, 0.001, 0.001))
    test = open_page(modality="attribute", table="What froze")
    assert "Nothing is frozen." in test.info[0].value
    assert "Nothing of attribute froze in epoch 2." in sentences(test)
