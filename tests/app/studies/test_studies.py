"""Studies: what is in a folder is what is drawn and listed, and nothing published stands beside it unflagged."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.shared.services import published
from app.studies.figures import studies as figures
from app.studies.services import plots as study_plots
from app.studies.services import studies
from app.studies.services import tables as study_tables
from pmf.config.config import Config, by_name
from pmf.config.presets import preset
from pmf.errors import RunFormatError
from pmf.runs.layout import DIRECTIONS, SOURCE_TO_TARGET
from pmf.studies.catalogue import STUDIES
from tests.app.pages import go, session


def bundled(name: str) -> studies.Study:
    return studies.open_study(studies.BUNDLED / name)


def test_every_study_has_a_title_and_a_picture() -> None:
    assert set(studies.TITLES) == set(STUDIES)
    assert set(study_plots.LINES) < set(STUDIES)


def test_bundled_studies_are_small_and_name_no_machine() -> None:
    folders = sorted(studies.BUNDLED.iterdir())
    assert {"atlas_leave_one_out", "atlas_schedule", "atlas_seed_share", "emoji_annotator"} <= {f.name for f in folders}
    for folder in folders:
        study = studies.open_study(folder)
        assert study.question == STUDIES[study.kind].question
        assert sum(path.stat().st_size for path in folder.iterdir()) < 150_000
        for table in (study.summary, study.results, study.groups):
            assert table is not None
            for name in table.select_dtypes(["object", "str"]):
                assert not table[name].astype(str).str.contains("/", regex=False).any()


def test_curves_of_a_schedule_are_its_summary() -> None:
    study = bundled("atlas_schedule")
    found = study_plots.curves(study, SOURCE_TO_TARGET)
    assert found is not None
    rows = study.summary.query("direction == @SOURCE_TO_TARGET").set_index(["setting", "value"])
    caps = found.points.query("axis == 'freezing.cap' and measure == 'Hits@1'")
    assert caps["x"].tolist() == [0.3, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert caps["mean"].tolist() == [rows.loc[("freezing.cap", f"{cap:g}"), "hits@1_mean"] for cap in caps["x"]]
    images = found.points.query("axis == 'freezing.cap' and line == 'image'")
    assert images["mean"].tolist() == [rows.loc[("freezing.cap", f"{cap:g}"), "frozen_image_mean"] for cap in caps["x"]]
    levels = found.levels.set_index("line")["mean"].to_dict()
    assert levels["nothing frozen"] == rows.loc[("freezing.enabled", "false"), "hits@1_mean"]
    assert levels["schedule as it is"] == rows.loc[("preset", "as it is"), "hits@1_mean"]
    assert set(found.points["axis"]) == {"freezing.cap", "freezing.growth_rate", "freezing.start_epoch"}
    figure = figures.lines(found.points, found.levels, study_plots.AXES, frozenset(study_plots.SHARES))
    drawn = [trace for trace in figure.data if list(trace.x) == caps["x"].tolist()]
    assert list(drawn[0].y) == caps["mean"].tolist()
    assert list(drawn[0].error_y.array) == caps["sd"].tolist()


def test_the_annotator_asks_in_two_orders_on_one_axis() -> None:
    study = bundled("emoji_annotator")
    drawn = study_plots.curves(study, SOURCE_TO_TARGET)
    assert drawn is not None
    assert set(drawn.points["axis"]) == {"asked"}
    assert list(dict.fromkeys(drawn.points["measure"])) == ["Hits@1", "pool right"]
    rows = study.summary.query("direction == @SOURCE_TO_TARGET and setting == 'margin'")
    margin = drawn.points.query("line == 'least margin first' and measure == 'pool right'")
    assert margin["x"].tolist() == [0.05, 0.1, 0.2, 0.4]
    assert margin["mean"].tolist() == rows["pool_hits@1_mean"].tolist()
    assert set(drawn.levels["line"]) == {"before the verdicts", "as long without verdicts"}
    listed = study_tables.table(study, SOURCE_TO_TARGET).set_index("Variant")
    assert listed.loc["least margin first, 40%", "Against"] == "in random order, 40%"
    assert listed.loc["least margin first, 40%", "p (pool)"] == rows["p_pool_holm"].iloc[-1]


def test_bars_and_tables_of_one_left_out() -> None:
    study = bundled("atlas_leave_one_out")
    assert study_plots.curves(study, SOURCE_TO_TARGET) is None
    rows = study_tables.bars(study, SOURCE_TO_TARGET, "hits@1")
    assert rows["variant"].tolist()[:2] == ["all", "without structure"]
    assert rows["first"].tolist() == [True, False, False, False, False]
    figure = figures.bars(rows, "Hits@1", {"elsewhere": 0.5})
    assert list(figure.data[0].x) == rows["mean"].tolist()[::-1]
    assert figure.layout.shapes[0].x0 == 0.5
    groups = study_tables.groups(study, SOURCE_TO_TARGET, "degree")
    part = study.groups.query("direction == @SOURCE_TO_TARGET and by == 'degree' and value == 'all' and group == '3-5'")
    column = next(name for name in groups if name.startswith("3-5 ("))
    assert groups.set_index("Variant").loc["all", column] == pytest.approx(100 * part["hits@1"].mean())


def test_own_studies_come_first_and_damaged_ones_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    for place in ("atlas_schedule", "studies/mine"):
        shutil.copytree(studies.BUNDLED / "atlas_schedule", tmp_path / place)
    folders = studies.study_folders()
    assert folders["atlas_schedule"] == tmp_path / "atlas_schedule"
    assert folders["mine"] == tmp_path / "studies" / "mine"
    assert folders["emoji_annotator"] == studies.BUNDLED / "emoji_annotator"
    folder = folders["mine"]
    (folder / studies.RESULTS).write_bytes((folder / studies.RESULTS).read_bytes()[:2000])
    with pytest.raises(RunFormatError, match=r"results\.parquet: expected a Parquet file"):
        studies.open_study(folder)
    pd.DataFrame({"setting": ["a"]}).to_parquet(folder / studies.SUMMARY)
    with pytest.raises(RunFormatError, match="has no column"):
        studies.open_study(folder)
    (folder / studies.SUMMARY).unlink()
    with pytest.raises(RunFormatError, match="no results yet"):
        studies.open_study(folder)
    for text in ("{", "[]", '{"study": 1}'):
        (folder / studies.ABOUT).write_text(text)
        assert studies.title(folder) == "mine"
        with pytest.raises(RunFormatError, match=r"study\.json"):
            studies.open_study(folder)


def test_published_figures_stand_beside_no_study_of_other_test_links() -> None:
    study = replace(bundled("emoji_annotator"), dataset="DBP15K zh_en")
    rows = studies.published(study)
    assert rows
    assert all("this study tests on half of the links, among fewer candidates" in figure.differs for figure in rows)
    assert studies.published(replace(study, settings=None)) is None
    schedule = studies.published(replace(bundled("atlas_schedule"), dataset="DBP15K zh_en"))
    assert schedule
    assert schedule[0].differs == ("this run learns structure + relation + attribute + image",)


def test_published_figures_are_flagged_unless_alike() -> None:
    config = studies.config(bundled("atlas_schedule"))
    assert config is not None
    assert (config["train"]["epochs"], config["freezing"]["other_cap"]) == (50, 0.1)
    assert published.all_published("atlas", by_name(config)) == []
    alike = {**preset("published"), "train.freeze_epochs": "50", "modalities": "structure,relation,attribute"}
    rows = published.all_published("DBP15K zh_en", by_name(Config(data="").with_settings(alike).to_dict()))
    reasons = {figure.title: figure.differs for figure in rows}
    assert [title for title, differs in reasons.items() if not differs] == [rows[0].title]
    assert rows[0].hits_at_1 == 0.742
    assert "it also learns from pictures, which this run has not" in reasons["PMF paper, not iterative"]
    chosen = {**alike, "modalities": "structure,relation,attribute,image", "train.selection": "test"}
    rows = published.all_published("DBP15K fr_en", by_name(Config(data="").with_settings(chosen).to_dict()))
    assert {f.title: f.hits_at_1 for f in rows if not f.differs}["PMF paper, not iterative"] == 0.850
    assert any(f.differs == ("it is trained iteratively, this run is not",) for f in rows)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_page_shows_every_bundled_study(direction: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    hostile = shutil.copytree(studies.BUNDLED / "atlas_leave_one_out", tmp_path / "hostile")
    about = json.loads((hostile / studies.ABOUT).read_text())
    (hostile / studies.ABOUT).write_text(json.dumps(about | {"question": "**<b>why</b>** [x](http://x)"}))
    test = session("compare")
    for name, folder in studies.study_folders().items():
        go(test, show="studies", direction=direction, study=name)
        assert not test.warning
        study = studies.open_study(folder)
        rows = study.summary[study.summary["direction"] == direction]
        np.testing.assert_allclose(test.dataframe[0].value["Hits@1 %"], 100 * rows["hits@1_mean"])
        assert study.dataset in " ".join(caption.value for caption in test.caption).replace("\\", "")
        assert test.header[0].value.replace("\\", "").replace("\u2060", "") == study.question
        assert "\\*\\*" in test.header[0].value or name != "hostile"
