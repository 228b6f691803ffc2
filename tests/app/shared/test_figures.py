"""Figures carry their data and their units, and a second sign beside every colour."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from app.shared.figures import freezing, paper, style
from app.shared.figures import headline as overview
from app.shared.figures import pair_evidence as evidence
from app.shared.services import freezing_record as freezing_service
from app.shared.services import headline, matches
from app.shared.services.run_view import RunView
from app.slices.services import queue as queries
from pmf.modalities import MODALITIES
from pmf.runs.reader import RunReader
from tests.tools import figures

MakeRun = Callable[..., Path]


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return RunView(RunReader(make_run()))


def axis_titles(figure: go.Figure) -> set[str]:
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    return {axis.title.text for axis in axes if axis.title.text}


def named(figure: go.Figure, name: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == name]


def signs(trace: Any) -> tuple[object, ...]:
    """What tells a trace from others without its colour."""
    line, marker = getattr(trace, "line", None), getattr(trace, "marker", None)
    symbol, pattern = getattr(marker, "symbol", None), getattr(marker, "pattern", None)
    words = trace.type == "bar" or "text" in (getattr(trace, "mode", None) or "")
    words = words and getattr(trace, "text", None) is not None
    fill = getattr(trace, "fillpattern", None)
    faint = str((getattr(marker, "size", None), getattr(marker, "opacity", None)))
    hollow = str(getattr(marker, "color", "")).count(",0.0)")
    look = (
        hollow,
        line and line.dash,
        line and line.width,
        str(symbol),
        str(pattern and pattern.shape),
        fill and fill.shape,
    )
    return (trace.type, getattr(trace, "mode", None), faint, look, trace.name if words else None)


def pairs_by_colour(figure: go.Figure) -> Iterator[tuple[Any, Any]]:
    """Traces of one small plot that have a name of their own and another colour."""

    def colour(trace: Any) -> object:
        line, marker = getattr(trace, "line", None), getattr(trace, "marker", None)
        return str((line and line.color) or (marker and marker.color))

    for one, other in itertools.combinations(figure.data, 2):
        same_plot = getattr(one, "xaxis", None) == getattr(other, "xaxis", None)
        if same_plot and one.name and other.name and one.name != other.name and colour(one) != colour(other):
            yield one, other


def words_or_nothing(figure: go.Figure, axis: Any) -> bool:
    """Whether the ticks of an axis say what they are, or are hidden."""
    letter, reference = axis.plotly_name[0], axis.plotly_name.replace("axis", "")
    own = [getattr(t, letter, None) for t in figure.data if (getattr(t, f"{letter}axis", None) or letter) == reference]
    words = all(isinstance(np.ravel(values)[0], str) for values in own if np.size(values))
    return words or axis.showticklabels is False or axis.visible is False


def beside(figure: go.Figure, axis: Any) -> bool:
    """Whether an axis in the same row or column of small plots has a title."""
    axes = figure.select_xaxes() if axis.plotly_name[0] == "x" else figure.select_yaxes()
    return any(other.title.text for other in axes if other.domain == axis.domain)


@pytest.mark.parametrize("module", [name for name in figures.modules() if figures.public(name)])
def test_every_figure_has_an_example_that_can_be_read(module: str) -> None:
    examples = figures.examples(module)
    assert {title.partition(":")[0] for title in examples} == figures.public(module)
    for title, example in examples.items():
        drawn = example()
        if not isinstance(drawn, go.Figure):
            assert drawn
            continue
        assert len(drawn.data), title
        small_plots = (
            len([note for note in drawn.layout.annotations if note.yref == "paper"]) > 1
        )  # their titles say it
        for axis in () if small_plots else [*drawn.select_xaxes(), *drawn.select_yaxes()]:
            assert axis.title.text or words_or_nothing(drawn, axis) or beside(drawn, axis), (title, axis.plotly_name)
        for one, other in pairs_by_colour(drawn):
            assert signs(one) != signs(other), (title, one.name, other.name)


def test_paper_is_white_and_nothing_of_it_is_changed() -> None:
    figure = figures.examples("shared.headline")["curve"]()
    before = figure.to_json()
    html = paper.as_html(figure, "one")
    assert figure.to_json() == before
    assert 'id="one"' in html
    assert '"paper_bgcolor":"#FFFFFF"' in html
    assert "plotly.js v" not in html


def test_every_modality_has_its_colour_dash_and_symbol() -> None:
    for table in (style.MODALITY, style.DASH, style.SYMBOL):
        assert set(MODALITIES) <= set(table)
        assert len({table[m] for m in MODALITIES}) == len(MODALITIES)


def test_shares_stack_missing_under_frozen(run: RunView) -> None:
    table = freezing_service.shares(run)
    figure = freezing.shares(table, 5)
    assert axis_titles(figure) == {"epoch", "share of entities; δ"}
    for name in ("missing", "frozen"):
        for trace, modality in zip(named(figure, name), run.modalities, strict=True):
            np.testing.assert_allclose(trace.y, table[table["modality"] == modality][name])
            assert trace.stackgroup
            assert trace.fillpattern.shape
    assert all(shape.x0 == 4.5 for shape in figure.layout.shapes)
    assert len(named(figure, "threshold δ")) == len(run.modalities)


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


def test_evidence_bars_show_shares_and_states(run: RunView) -> None:
    assert run.predictions is not None
    query = int(queries.queue(run, queries.Filter(show="wrong", split="all"))[0])
    rows = matches.evidence(run, query, {"prediction": int(run.best[query]), "true pair": int(run.partner[query])})
    figure = evidence.shares(rows)
    assert [trace.name for trace in figure.data] == ["prediction", "true pair"]
    for trace in figure.data:
        part = rows[rows["pair"] == trace.name]
        np.testing.assert_allclose(trace.x[::-1], part["share"])
        for said, state in zip(trace.text[::-1], part["state"], strict=True):
            assert said.startswith(state.split()[0]) or state == "used"
    assert axis_titles(figure) == {"share of the fused similarity (cosine units)"}
