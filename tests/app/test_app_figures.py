"""Figures carry their data, their units, and a second sign beside every colour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from app.figures import evidence, freezing, overview, points, style
from app.services import freezing as freezing_service
from app.services import headline, matches
from app.services.run_view import RunView
from pmf.features.feature_set import MODALITIES
from pmf.runs.reader import RunReader

MakeRun = Callable[..., Path]


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return RunView(RunReader(make_run()))


def axis_titles(figure: go.Figure) -> set[str]:
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    return {axis.title.text for axis in axes if axis.title.text}


def traces(figure: go.Figure, name: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == name]


def test_every_modality_has_its_colour_dash_and_symbol() -> None:
    for table in (style.MODALITY, style.DASH, style.SYMBOL):
        assert set(MODALITIES) <= set(table)
        assert len({table[m] for m in MODALITIES}) == len(MODALITIES)


def test_shares_stack_missing_under_frozen(run: RunView) -> None:
    table = freezing_service.shares(run)
    figure = freezing.shares(table, 5)
    assert axis_titles(figure) == {"epoch", "share of entities; δ"}
    for name in ("missing", "frozen"):
        for trace, modality in zip(traces(figure, name), run.modalities, strict=True):
            np.testing.assert_allclose(trace.y, table[table["modality"] == modality][name])
            assert trace.stackgroup
            assert trace.fillpattern.shape
    assert all(shape.x0 == 4.5 for shape in figure.layout.shapes)
    assert len(traces(figure, "threshold δ")) == len(run.modalities)


def test_trajectory_marks_where_it_froze(run: RunView) -> None:
    entity = freezing_service.example(run)
    path = freezing_service.trajectory(run, entity)
    frozen = {m: run.frozen_epoch(m, entity) for m in run.modalities}
    figure = freezing.trajectory(path, frozen, 5)
    shown = [m for m in run.modalities if m in set(path["modality"])]
    for trace, modality in zip(traces(figure, "froze here"), shown, strict=True):
        assert list(trace.x) == ([frozen[modality]] if frozen[modality] >= 0 else [])
    assert "relevance α; δ" in axis_titles(figure)


def test_quality_lines() -> None:
    figure = freezing.quality([1, 2], [0.5, 1.0], [0.25, 0.5])
    assert [list(trace.y) for trace in figure.data] == [[0.5, 1.0], [0.25, 0.5]]
    assert len({trace.line.dash for trace in figure.data}) == 2


def test_coverage_bars_add_up(run: RunView) -> None:
    table = headline.coverage(run)
    figure = overview.coverage(table)
    np.testing.assert_allclose(np.sum([trace.x for trace in figure.data], axis=0), 1)
    assert [trace.name for trace in figure.data] == ["in use", "frozen", "missing"]
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 3
    assert figure.data[0].y[0][-1] == run.modalities[0]  # drawn from below: the first is on top


def test_curve_and_alone(run: RunView) -> None:
    points_ = headline.curve(run)
    figure = overview.curve(points_, "validation", 5)
    assert [trace.name for trace in figure.data] == ["source → target", "target → source"]
    assert axis_titles(figure) == {"epoch", "Hits@1"}
    alone = points_.head(4).assign(name=["structure", "structure", "fused", "fused"])
    bars = overview.alone(alone)
    assert {trace.name for trace in bars.data} == {"source → target", "target → source"}
    assert list(bars.data[0].y) == ["fused", "structure"]


def test_scatter_carries_ids_and_lines(run: RunView) -> None:
    positions = np.random.default_rng(0).standard_normal((run.n, 2)).astype(np.float32)
    positions[4] = np.nan
    groups = {"right": np.arange(10), "wrong": np.arange(10, run.n)}
    chosen = {"chosen": 1, "truth": 2, "prediction": 3}
    figure = points.scatter(positions, groups, title="t", method="PCA", in_use="#000000", chosen=chosen)
    right, wrong = figure.data[:2]
    assert right.type == "scattergl"
    assert list(right.customdata) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert right.customdata.dtype == np.int32
    np.testing.assert_allclose(right.x, positions[right.customdata, 0])
    assert right.marker.symbol != wrong.marker.symbol
    assert right.text is None
    assert [trace.name for trace in figure.data[2:]] == ["to its truth", "to its prediction", "chosen entity"]
    assert axis_titles(figure) == {"PCA 1 (no unit)", "PCA 2 (no unit)"}


def test_scatter_of_many_points_is_small() -> None:
    n = 40_000
    positions = np.random.default_rng(0).standard_normal((n, 2)).astype(np.float32)
    groups = {"source": np.arange(n // 2), "target": np.arange(n // 2, n)}
    figure = points.scatter(positions, groups, title="t", method="UMAP", in_use="#000000", chosen={})
    assert len(figure.to_json()) < 1_000_000


def test_evidence_bars_show_shares_and_states(run: RunView) -> None:
    assert run.predictions is not None
    query = int(matches.queue(run, matches.Filter(show="wrong", split="all"))[0])
    rows = matches.evidence(run, query, {"prediction": int(run.best[query]), "true pair": int(run.partner[query])})
    figure = evidence.shares(rows)
    assert [trace.name for trace in figure.data] == ["prediction", "true pair"]
    for trace in figure.data:
        part = rows[rows["pair"] == trace.name]
        np.testing.assert_allclose(trace.x[::-1], part["share"])
        for said, state in zip(trace.text[::-1], part["state"], strict=True):
            assert said.startswith(state.split()[0]) or state == "used"
    assert axis_titles(figure) == {"share of the fused similarity (cosine units)"}
