"""Figures of points carry ids, hint at what is left out, mark what is selected, and stay small."""

from __future__ import annotations

import numpy as np
import pytest

from app.embeddings.figures import scatter as points
from app.embeddings.figures import traces as points_traces
from app.embeddings.figures.traces import Drawn
from tests.figure_examples.embeddings import over_epochs as epochs
from tests.figure_examples.embeddings import scatter as one
from tests.figure_examples.embeddings import views


def test_points_carry_ids_and_lines_lead_on() -> None:
    figure = one.outcome()
    assert [trace.name for trace in figure.data] == [
        "not ranked (200)",
        "wrong (200)",
        "right (200)",
        "to its truth",
        "to its prediction",
        "chosen entity",
    ]
    places = one.islands()
    for trace in figure.data[:3]:
        assert trace.type == "scattergl"
        assert trace.customdata.dtype == np.int32
        assert trace.selectedpoints is None
        np.testing.assert_allclose(np.c_[trace.x, trace.y], places[trace.customdata])
    truth = figure.data[3]
    np.testing.assert_allclose(np.c_[truth.x, truth.y], places[[10, 310]])
    assert figure.layout.xaxis.title.text == "UMAP 1 (no unit)"


def test_what_has_no_place_is_left_out() -> None:
    places = one.islands()
    places[[0, 10, 310]] = np.nan
    figure = points.scatter(places, one.drawn("right"), title="t", method="PCA", chosen={"chosen": 45, "truth": 310})
    assert len(figure.data[0].customdata) == one.N - 3
    assert [trace.name for trace in figure.data[1:]] == ["chosen entity"]
    hidden = points.scatter(places, one.drawn("right"), title="t", method="PCA", chosen=one.CHOSEN)
    assert len(hidden.data) == 1


def test_filtered_is_hinted_at_and_selected_stands_out() -> None:
    behind, *groups = one.types().data
    assert behind.name == "filtered out (150)"
    assert behind.customdata is None
    assert sum(len(trace.customdata) for trace in groups) == 450
    for trace in groups:
        assert (trace.customdata[list(trace.selectedpoints)] % one.ISLANDS == 0).all()
    assert sum(len(trace.selectedpoints) for trace in groups) == 75
    assert len({(trace.marker.color, trace.marker.symbol) for trace in groups}) == len(groups)


def test_degree_has_a_scale_a_size_and_a_window() -> None:
    figure = one.degree()
    source = figure.data[0]
    order = np.argsort(source.marker.color)
    assert (np.diff(np.asarray(source.marker.size)[order]) >= 0).all()
    bar = figure.layout.coloraxis.colorbar
    assert bar.title.text == "relation triples"
    assert [10**tick - 1 for tick in bar.tickvals] == pytest.approx([int(t.replace(",", "")) for t in bar.ticktext])
    assert figure.layout.xaxis.range[0] == pytest.approx(one.CENTRES[0][0] - 2)


def test_forty_thousand_points_take_under_a_megabyte() -> None:
    n = 40_000
    places = np.random.default_rng(0).standard_normal((n, 2)).astype(np.float32)
    groups = {"source": np.arange(n // 2), "target": np.arange(n // 2, n)}
    drawn = Drawn(groups=groups, in_use="#000000", backdrop=np.array([], np.int64))
    assert len(points.scatter(places, drawn, title="t", method="UMAP", chosen={}).to_json()) < 1_000_000


def test_there_is_room_for_larger_points_close_up() -> None:
    places = np.random.default_rng(0).standard_normal((5000, 2)).astype(np.float32)
    drawn = Drawn(groups={"source": np.arange(5000)}, in_use="#000000", backdrop=np.array([], np.int64))
    far, close = (points_traces.traces(places, drawn, close=close)[0].marker.size for close in (False, True))
    assert far < close


def test_names_are_said_on_hover_where_there_are_any() -> None:
    names = np.array([f"name {i}" for i in range(one.N)], object)
    trace = points_traces.traces(one.islands(), one.drawn("source", "target", names=names))[1]
    assert list(trace.text) == [f"name {i}" for i in trace.customdata]
    assert points_traces.traces(one.islands(), one.drawn("source"))[0].hoverinfo == "none"


def test_small_multiples_mark_the_same_entities() -> None:
    figure = views.small_multiples()
    axes = {trace.xaxis for trace in figure.data}
    assert len(axes) == len(views.VIEWS)
    for axis in axes:
        traces = [t for t in figure.data if t.xaxis == axis and t.customdata is not None]
        marked = np.concatenate([t.customdata[list(t.selectedpoints)] for t in traces])
        there = np.concatenate([t.customdata for t in traces])
        np.testing.assert_array_equal(np.sort(marked), np.sort(there[there % 6 == 0]))
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert len(named) == len(set(named)) == 6


def test_small_multiples_share_one_scale() -> None:
    figure = views.degrees()
    assert figure.layout.coloraxis.cmax == pytest.approx(np.log10(one.N))
    assert {trace.marker.coloraxis for trace in figure.data} == {"coloraxis"}
    assert not any(trace.showlegend for trace in figure.data)


def test_the_course_moves_points_on_axes_that_stay() -> None:
    figure = epochs.course()
    assert [frame.name for frame in figure.frames] == ["0", "10", "20", "40"]
    assert figure.layout.sliders[0].active == 2
    (low_x, high_x), (low_y, high_y) = figure.layout.xaxis.range, figure.layout.yaxis.range
    for frame in figure.frames:
        assert len(frame.data) == len(figure.data)
        for trace, start in zip(frame.data, figure.data, strict=True):
            assert len(trace.x) == len(start.x)
            assert low_x < min(trace.x) <= max(trace.x) < high_x
            assert low_y < min(trace.y) <= max(trace.y) < high_y
    np.testing.assert_allclose(figure.frames[2].data[0].x, figure.data[0].x)
    trail = next(i for i, trace in enumerate(figure.data) if trace.name == "its path")
    way = figure.frames[1].data[trail]
    assert (way.x[2], way.y[2]) == (way.x[1], way.y[1]) != (way.x[0], way.y[0])
