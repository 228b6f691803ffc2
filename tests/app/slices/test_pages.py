"""From entities that were chosen to a kept slice, from a slice to the pages, and notes, as pages draw them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import catalog
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.shared.widgets import user
from app.slices.services import kept as saved_slices
from app.slices.services import names as slices
from app.slices.services import notes as slice_notes
from app.slices.services import queue as queries
from pmf.runs.reader import RunReader
from tests.app.pages import open_page

APP = Path(__file__).parents[3] / "app"
START = """
from app.shared.services import catalog
from app.shared.widgets import loading, url
from app.slices.widgets.actions import slice_actions
import streamlit as st
run = loading.open_run(catalog.BUNDLED / "atlas")
url.put(run="atlas")
slice_actions(run, entities=[700, 701, 702], title="Three *targets*", key="try", pages=("matches", "review"))
"""
MAIN = """
import streamlit as st
st.navigation([st.Page(f"{name}/page.py", url_path=name) for name in ("start", "matches", "review", "account")]).run()
"""


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def atlas() -> RunView:
    return RunView(RunReader(catalog.BUNDLED / "atlas"))


@pytest.fixture
def start(tmp_path: Path) -> AppTest:
    """A page with three chosen entities, beside those of the app to which they can be taken."""
    for page in ("matches", "review", "account"):
        (tmp_path / page).symlink_to(APP / page)
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "page.py").write_text(START)
    (tmp_path / "main.py").write_text(MAIN)
    return AppTest.from_file(str(tmp_path / "main.py"), default_timeout=60).run()


def test_chosen_entities_are_kept_and_opened(start: AppTest, atlas: RunView) -> None:
    assert not start.exception
    assert saved_slices.titles(atlas) == {}
    start.text_input(key="try.title").set_value("My three").run()
    assert saved_slices.titles(atlas) == {}  # only a click keeps them
    start.button(key="try.matches").click().run()
    assert not start.exception
    (name,) = saved_slices.titles(atlas)
    assert dict(start.query_params) == {
        "run": "atlas",
        "slice": name,
        "direction": "target_to_source",
        "show": "all",
        "split": "all",
    }
    assert start.selectbox(key="url.slice").value == name
    assert "My three" in start.selectbox(key="url.slice").options


def test_a_viewer_keeps_nothing(start: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user, "current", lambda: User(name="vic", role=Role.VIEWER))
    start.run()
    assert start.button(key="try.review").disabled
    assert start.button(key="try.matches").disabled


@pytest.mark.parametrize("page", ["matches", "review"])
def test_a_page_opens_on_a_combined_slice_and_names_it(start: AppTest, atlas: RunView, page: str) -> None:
    who = User(name="ann", role=Role.ANNOTATOR)
    capitals = [entity for entity in range(atlas.n) if atlas.types[entity] == "capital"]
    kept = saved_slices.save(who, atlas, "<b>Capitals</b> *few*", capitals)
    start.switch_page(f"{page}/page.py")
    start.query_params["run"] = "atlas"
    start.query_params["slice"] = f"{kept}&missing:image"
    start.run()
    assert not start.exception
    assert not start.warning
    picker = start.selectbox(key="url.slice")
    assert picker.value == f"{kept}&missing:image"
    assert "<b>Capitals</b> *few* and image missing on either side" in picker.options
    start.query_params["slice"] = "saved:0000000000000000"
    start.run()
    assert start.selectbox(key="url.slice").value == ""
    assert any("There is no slice" in caption.value for caption in start.caption)


def test_a_ticked_slice_takes_notes(atlas: RunView) -> None:
    test = open_page("failures", run="atlas", tab="slices")
    rows = test.dataframe[0].value
    assert rows["Wrong here"].min() > 0
    test.session_state["table.worse_slices_atlas_source_to_target"] = {"selection": {"rows": [0]}}
    test.run()
    panel = "worse_slices_atlas_source_to_target.panel"
    test.text_area(key=f"{panel}.notes.text").set_value("Look: *here* <b>now</b>\nand there")
    test.button(key=f"{panel}.notes.add").click().run()
    assert not test.exception
    assert slice_notes.listing(atlas)["text"].tolist() == ["Look: *here* <b>now</b>\nand there"]
    assert "Look: *here* <b>now</b>\nand there" in [text.value for text in test.text]  # as text, not as Markdown
    notes = test.dataframe[1].value.set_index("Slice")["Last note"]
    assert notes[notes != ""].to_dict() == {rows["Slice"][0]: "Look: *here* <b>now</b> and there"}
    test.selectbox(key=f"{panel}.and").set_value("missing:image").run()
    assert any("1\\-2 relation triples and image missing" in line.value for line in test.markdown)


def test_a_filter_of_matches_becomes_a_slice(start: AppTest, atlas: RunView) -> None:
    start.switch_page("matches/page.py")
    start.query_params["run"] = "atlas"
    start.query_params["slice"] = "missing:image"
    start.query_params["q"] = "an"
    start.run()
    start.button(key="match_filter.keep.review").click().run()
    assert not start.exception
    ((name, title),) = saved_slices.titles(atlas).items()
    assert title == "wrong, test links, image missing on either side, name contains “an”"
    wanted = queries.Filter(slice_name="missing:image", text="an")
    kept = set(np.flatnonzero(slices.members(atlas, name)).tolist())
    deck = queries.queue(atlas, wanted)
    assert 0 < len(deck) < atlas.n
    assert kept == set(deck.tolist()) | set(atlas.partner[deck].tolist())
    assert start.query_params["slice"] == name
