"""Comparing runs: which queries, by how much, and what the page makes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from streamlit.testing.v1 import AppTest

from app.compare.figures import compare as figures
from app.compare.services import curves as compare_curves
from app.compare.services import many
from app.compare.services import runs as compare
from app.compare.services.runs import Common
from app.compare.services.settings import changed_settings, unlike
from app.compare.services.story import because, fall
from app.shared.services import catalog
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.layout import SOURCE_TO_TARGET
from pmf.runs.reader import RunReader
from tests.app.pages import go, open_page, sentences

MakeRun = Callable[..., Path]


def view(folder: Path) -> RunView:
    return RunView(RunReader(folder))


def change_config(folder: Path, **values: Any) -> None:
    path = folder / layout.CONFIG
    config = json.loads(path.read_text())
    for name, value in values.items():
        *parts, last = name.split("__")
        target = config
        for part in parts:
            target = target[part]
        target[last] = value
    path.write_text(json.dumps(config))


@pytest.fixture(scope="module")
def atlases() -> list[RunView]:
    """Two bundled runs on the same data and links: the default, and one by the published rules."""
    return [view(catalog.BUNDLED / name) for name in ("atlas", "atlas_published")]


@pytest.mark.parametrize("direction", layout.DIRECTIONS)
def test_bundled_runs_agree_with_their_own_figures(atlases: list[RunView], direction: str) -> None:
    both = compare.common(atlases, direction)
    rows = compare.differences(both)
    assert both.left_out == {}
    for letter, run in zip("AB", atlases, strict=True):
        results = run.reader.results()
        assert results is not None
        assert rows.loc[letter, "hits@1"] == pytest.approx(results[direction]["hits@1"])
        assert rows.loc[letter, "mrr"] == pytest.approx(results[direction]["mrr"])
    row = rows.loc["B"]
    assert row["difference_hits@1_low"] < row["difference_hits@1"] < row["difference_hits@1_high"] < 0
    flows = compare.flow(both, 0, 1)
    assert np.array_equal(np.sort(np.concatenate(list(flows.values()))), both.queries)
    assert (row["fixed"], row["broken"]) == (len(flows["fixed"]), len(flows["broken"]))
    assert row["p"] == pytest.approx(binomtest(int(row["fixed"]), int(row["fixed"] + row["broken"])).pvalue)
    listed = compare.flow_table(*atlases, flows["broken"], direction)
    assert (listed["Prediction before"] == listed["Counterpart"]).all()
    assert (listed["Rank before"] == 1).all()
    assert (listed["Rank after"] > 1).all()


def test_a_query_counts_only_where_all_ranked_it_alike(make_run: MakeRun) -> None:
    whole, changed = make_run("whole"), make_run("changed")
    table = pd.read_parquet(changed / layout.PREDICTIONS)
    asked = table.index[(table["direction"] == SOURCE_TO_TARGET) & (table["split"] == "test")]
    queries = table.loc[asked, "query"].tolist()
    table.loc[asked[0], "split"] = "validation"
    table.loc[asked[1], "truth"] = table.loc[asked[2], "truth"]
    table.drop(index=asked[3]).to_parquet(changed / layout.PREDICTIONS)
    links = pd.read_parquet(changed / layout.LINKS)
    links.loc[links["source"] == queries[0], "split"] = "validation"
    links.to_parquet(changed / layout.LINKS)
    both = compare.common([view(whole), view(changed)], SOURCE_TO_TARGET)
    assert sorted(both.queries) == sorted(set(queries) - {queries[i] for i in (0, 1, 3)})
    assert both.left_out == {
        "validation links of B": 1,
        "not ranked by B": 1,
        "judged against another counterpart": 1,
    }


def test_other_data_and_unfinished_runs_are_refused(make_run: MakeRun) -> None:
    first, other = make_run("first"), make_run("other")
    change_config(other, dataset__fingerprint="0" * 64)
    with pytest.raises(RunFormatError, match="B was trained on other data than A"):
        compare.common([view(first), view(other)], SOURCE_TO_TARGET)
    with pytest.raises(RunFormatError, match="half has no predictions yet"):
        compare.common([view(first), view(make_run("half", state="stopped"))], SOURCE_TO_TARGET)


def test_differences_by_hand_and_corrected_over_three_runs() -> None:
    ranks = np.ones((3, 12))
    ranks[1, :8] = 4  # eight lost, none won: p = 2 / 2^8
    ranks[2, 0] = 2  # one lost: p = 1
    rows = compare.differences(Common(queries=np.arange(12), ranks=ranks, left_out={}))
    assert rows["hits@1"].tolist() == pytest.approx([1, 4 / 12, 11 / 12])
    assert rows["mrr"].tolist() == pytest.approx([1, (4 + 8 / 4) / 12, (11 + 1 / 2) / 12])
    assert rows.loc["B", "difference_mrr"] == pytest.approx(-6 / 12)
    assert rows["p"].tolist()[1:] == pytest.approx([2 / 2**8, 1])
    assert rows["p_holm"].tolist()[1:] == pytest.approx([4 / 2**8, 1])


def test_bundled_runs_come_by_name_whatever_their_age(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = make_run("a first"), make_run("b second")
    os.utime(older / layout.CONFIG, (1, 1))
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")
    assert list(catalog.run_folders().values()) == [newer, older]
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "none"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "runs")
    assert list(catalog.run_folders().values()) == [older, newer]


def test_settings_and_ways_of_measuring_that_differ(make_run: MakeRun) -> None:
    one, two = make_run("one"), make_run("two")
    assert changed_settings([view(one), view(two)])[0].empty
    assert unlike([view(one), view(two)]) == []
    change_config(two, config__freezing__cap=0.5, config__evaluation__scoring="dot")
    with (two / layout.EVENTS).open("a") as log:
        log.write(
            json.dumps({"kind": "results", "time": 1.0, "at": "end", "scope": "open", "decode": "csls(k=3, rounds=1)"})
            + "\n"
        )
    old = json.loads((one / layout.CONFIG).read_text())
    del old["config"]["freezing"]["growth_rate"]
    (one / layout.CONFIG).write_text(json.dumps(old))
    rows, unknown = changed_settings([view(one), view(two)])
    assert rows.set_index("Setting")["B"].to_dict() == {"freezing.cap": "0.5", "evaluation.scoring": "dot"}
    assert unknown == 1
    assert unlike([view(one), view(two)]) == [
        "They differ in candidates: A: closed; B: open.",
        "They differ in similarity: A: cosine; B: dot.",
    ]


def test_curves_are_what_the_runs_reported(atlases: list[RunView]) -> None:
    points, still = compare_curves.curves(atlases, SOURCE_TO_TARGET)
    assert list(dict.fromkeys(points["panel"]))[:3] == ["Hits@1, validation links", "Hits@1, test links", "fused loss"]
    for letter, run in zip("AB", atlases, strict=True):
        drawn = points[(points["run"] == letter) & (points["panel"] == "image frozen")]
        assert drawn["value"].tolist() == [report["frozen_share"]["image"] for report in run.reports]
    assert still == ["structure"]
    assert all(report["frozen_share"]["structure"] == 0 for run in atlases for report in run.reports)
    figure = figures.curves(points, {"A": "one", "B": "two"})
    ranges = [axis.range for axis in figure.select_yaxes() if axis.range]
    assert len(set(ranges)) == 2  # both plots of Hits@1 on one scale, those of what froze on another
    assert {trace.xaxis for trace in figure.data} == {None}  # one axis of epochs, so that one cursor reads them all
    assert (figure.layout.hovermode, figure.layout.hoversubplots) == ("x unified", "axis")
    alone = compare_curves.measured_alone(points)
    assert alone.endswith("so these curves stand apart: A on validation links; B on test links.")
    assert compare_curves.measured_alone(compare_curves.curves([atlases[0]] * 2, SOURCE_TO_TARGET)[0]) == ""
    assert len({(trace.line.dash, trace.legendgroup) for trace in figure.data}) == 2


def test_the_story_counts_the_queries_that_froze_in_one_run_alone(atlases: list[RunView]) -> None:
    both = compare.common(atlases, SOURCE_TO_TARGET)
    frozen = [run.frozen_at[run.modalities.index("image")] >= 0 for run in atlases]
    either = [(row | row[atlases[0].partner])[both.queries] for row in frozen]
    inside = either[1] & ~either[0]
    net = int(both.found[0][inside].sum() - both.found[1][inside].sum())
    told = because(*atlases, both, 1, SOURCE_TO_TARGET)
    queries = f"{inside.sum():,} queries with image frozen only in B"
    assert told == f"{100 * net / len(both.queries):.1f} of them on the {queries}"
    assert fall(atlases[1], SOURCE_TO_TARGET) == ""


def test_the_story_of_a_collapse_names_the_epoch_and_what_froze(make_run: MakeRun) -> None:
    folder = make_run("collapsed")
    events = [json.loads(line) for line in (folder / layout.EVENTS).read_text().splitlines()]
    epochs = [event for event in events if event["kind"] == "epoch"]
    for event in epochs:
        late = event["epoch"] >= 2
        event["frozen_share"]["image"] = (1 - event["missing_share"]["image"]) * late
        event["metrics"] = {"validation": {way: {"hits@1": 0.2 if late else 0.8} for way in layout.DIRECTIONS}}
    (folder / layout.EVENTS).write_text("".join(json.dumps(event) + "\n" for event in events))
    told = fall(view(folder), SOURCE_TO_TARGET)
    assert told == (
        "its Hits@1 on validation links fell by 60.0 points when all of image was frozen, most of it in epoch 2"
    )


def test_many_runs_stand_in_groups_with_mean_and_spread(atlases: list[RunView]) -> None:
    rows, differ = many.table([*atlases, *atlases], SOURCE_TO_TARGET)
    assert "preset" in differ
    groups = many.grouped(rows, ["preset"])
    assert groups["preset"].tolist() == ["default", "published"]
    assert groups["Runs"].tolist() == [2, 2]
    results = [run.reader.results() or {} for run in atlases]
    assert groups["Hits@1 %"].tolist() == pytest.approx([100 * r[SOURCE_TO_TARGET]["hits@1"] for r in results])
    assert groups["± Hits@1"].tolist() == [0, 0]
    whole = many.grouped(rows, [])
    assert whole["± Hits@1"].iloc[0] == pytest.approx(rows["Hits@1 %"].std())


def test_six_runs_are_a_table(open_compare: Callable[..., AppTest], make_run: MakeRun) -> None:
    names = [make_run(f"run{number}").name for number in range(6)]
    test = open_compare(runs=",".join(names))
    assert "6 runs in 1 group" in sentences(test)
    assert len(test.dataframe) == 2
    assert not test.exception


def test_bands_carry_every_query_and_its_number() -> None:
    found = np.array([[1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1]], bool)
    figure = figures.flows(found, ["a", "b", "<a href='x'>c"])
    bands = figure.data[0]
    labels = [label.rsplit(" ", 1) for label in bands.node.label]
    assert ["✕ broken", "1"] in labels
    assert ["● fixed", "4"] in labels
    assert all(int(number) > 0 for _, number in labels)
    assert sum(bands.link.value) == 2 * 2 * 7  # into and out of each of two columns of changes
    into = [v for goal, v in zip(bands.link.target, bands.link.value, strict=True) if labels[goal][0] == "● right"]
    assert sum(into) == 3 + 7
    assert "<a" not in "".join(note.text for note in figure.layout.annotations)


@pytest.fixture
def open_compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens the page with query parameters, among the bundled runs and those of `make_run`."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))

    def open_(test: AppTest | None = None, **parameters: str) -> AppTest:
        return go(test, **parameters) if test else open_page("compare", **parameters)

    return open_


def test_page_answers_first_and_leads_on(open_compare: Callable[..., AppTest], atlases: list[RunView]) -> None:
    test = open_compare(runs="atlas,atlas_published")
    both = compare.common(atlases, SOURCE_TO_TARGET)
    rows, flows = compare.differences(both), compare.flow(both, 0, 1)
    points = -100 * rows.loc["B", "difference_hits@1"]
    story = because(*atlases, both, 1, SOURCE_TO_TARGET)
    assert f"B atlas_published lost {points:.1f} points against A; {story}." in sentences(test).replace("**", "")
    assert f"On {len(both.queries)} queries that every run ranked as a test link" in sentences(test)
    assert "They differ in similarity: A: cosine; B: dot." in sentences(test)
    assert test.query_params["run"] == "atlas_published"
    assert len(test.dataframe[1].value) == len(flows["broken"])
    test.query_params["flow"] = "fixed"
    test.query_params["in"] = "A"
    test.run()
    assert len(test.dataframe[1].value) == len(flows["fixed"])
    assert test.query_params["run"] == "atlas"
    assert test.multiselect(key="url.runs").value == ["atlas", "atlas_published"]
    assert test.multiselect(key="url.runs").set_value(["atlas"]).run().query_params["runs"] == "atlas"
    assert "Choose two runs or more" in sentences(test)
    assert test.multiselect(key="url.runs").set_value([]).run().multiselect(key="url.runs").value == []
    assert not test.exception


def test_page_leaves_out_what_does_not_compare(open_compare: Callable[..., AppTest], make_run: MakeRun) -> None:
    (make_run("small") / layout.ABOUT).write_text("{")
    make_run("half", state="stopped")
    (make_run("broken") / layout.CONFIG).write_text("{")
    test = open_compare(runs="atlas,small,broken,nowhere,atlas_published")
    assert "small is left out: it was trained on twelve, atlas on atlas" in sentences(test)
    assert "config.json cannot be read" in sentences(test)
    assert "B atlas_published lost" in sentences(test).replace("**", "")
    test = open_compare(test, runs="small,half")
    assert "half has no predictions yet" in sentences(test)
