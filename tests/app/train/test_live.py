"""A training while it goes on: pace, losses, what froze, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.shared.figures import freezing as freezing_figures
from app.shared.figures import style
from app.shared.services import freezing_record as freezing
from app.shared.services import live_training as live
from app.shared.services import training_plan as plan
from app.shared.services.run_view import RunView
from app.train.figures import training as figures
from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS

MakeRun = Callable[..., Path]


@pytest.fixture
def atlas() -> RunView:
    return RunView(RunReader(ATLAS))


@pytest.fixture
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def retimed(folder: Path, times: list[tuple[str, float]]) -> RunView:
    """The run with nothing in its log but what is given: a start, or the end of an epoch, and when."""
    lines, epoch = [], -1
    for kind, time in times:
        epoch += kind == "epoch"
        about = {"epoch": epoch} if kind == "epoch" else {"state": "running"}
        lines.append(json.dumps({"kind": kind, "time": time, **about}))
    (folder / layout.EVENTS).write_text("\n".join(lines) + "\n")
    return RunView(RunReader(folder))


def test_pace_counts_from_the_start_of_the_process(make_run: MakeRun) -> None:
    folder = make_run(state="running", epochs=8)
    run = retimed(folder, [("state", 100), ("epoch", 103), ("epoch", 105)])
    assert live.pace(run, now=106) == live.Pace(epoch_seconds=2.5, remaining_seconds=6 * 2.5 - 1)
    resumed = [("state", 100), ("epoch", 101), ("state", 900), ("epoch", 904), ("epoch", 908)]
    assert live.pace(retimed(folder, resumed), now=908) == live.Pace(epoch_seconds=4, remaining_seconds=5 * 4)
    assert live.pace(retimed(folder, [("state", 100)]), now=105) is None
    assert live.pace(retimed(folder, [("state", 100), ("epoch", 101), ("state", 900)]), now=905) is None


def test_pace_follows_the_latest_epochs_and_never_ends_below_nothing(make_run: MakeRun) -> None:
    folder = make_run(state="running", epochs=100)
    slow = [("epoch", 100.0 * i) for i in range(1, 10)]
    fast = [("epoch", 900.0 + i) for i in range(1, live.RECENT + 1)]
    pace = live.pace(retimed(folder, [("state", 0.0), *slow, *fast]), now=900.0 + live.RECENT)
    assert pace == live.Pace(epoch_seconds=1, remaining_seconds=100 - len(slow) - len(fast))
    late = live.pace(retimed(folder, [("state", 0.0), *slow, *fast]), now=10_000)
    assert late is not None
    assert late.remaining_seconds == 0


def test_figures_of_the_bundled_run(atlas: RunView) -> None:
    table = live.losses(atlas)
    assert len(table) == 50 * 5
    assert set(table["part"]) == {*atlas.modalities, "fused"}
    assert live.stage(atlas) == 1
    assert live.peak_memory(atlas) == max(report["peak_memory_bytes"] for report in atlas.reports)
    frozen = (atlas.frozen_at >= 0).mean(axis=1)
    for modality, expected in zip(atlas.modalities, frozen, strict=True):
        share, threshold = live.frozen_share(atlas)[modality]
        assert share == pytest.approx(expected)
        assert threshold is not None


def test_what_froze_last_froze_then_and_shows_no_pair_twice(atlas: RunView) -> None:
    last = live.frozen_last(atlas, 8)
    assert last is not None
    modality, epoch, ids = last
    assert modality == "image"
    row = atlas.frozen_at[atlas.modalities.index("image")]
    assert epoch == row.max()
    assert len(ids) == 8
    assert (row[ids] == epoch).all()
    assert not set(ids) & set(atlas.partner[ids])
    relevance = np.array(atlas.reader.relevance()[epoch, atlas.modalities.index("image")][ids])
    assert (np.diff(relevance) >= 0).all()


def test_nothing_yet(make_run: MakeRun) -> None:
    folder = make_run(state="running", thresholds=(None,) * 8)
    (folder / layout.FROZEN_AT).unlink()
    run = RunView(RunReader(folder))
    assert live.frozen_last(run, 8) is None
    run = retimed(folder, [("state", 100)])
    assert live.frozen_share(run) == {}
    assert live.peak_memory(run) is None
    assert live.losses(run).empty
    assert live.stage(run) == 1


def test_standing_of_a_run_that_the_queue_does_not_know(own_runs: Path, make_run: MakeRun) -> None:
    make_run("done")
    folder = make_run("broken", state="failed")
    (folder / layout.PROCESS_LOG).write_text("its last words\n")
    done, broken = live.standing("done"), live.standing("broken")
    assert (done.state, done.moves, done.job, done.log) == ("finished", False, None, "")
    assert (broken.state, broken.moves) == ("failed", False)
    assert broken.message == "The loss became NaN in epoch 4."
    assert broken.log == "its last words"
    assert live.standing("atlas").state == "finished"


@pytest.mark.parametrize("run_id", ["", "no such run", "../runs/done", ".queue", "<b>"])
def test_standing_of_nothing_is_one_sentence(own_runs: Path, make_run: MakeRun, run_id: str) -> None:
    make_run("done")
    with pytest.raises(RunFormatError, match="There is no training called"):
        live.standing(run_id)


def test_the_threshold_figure_draws_the_curve() -> None:
    settings = {**preset("published"), "modalities": "structure,image", "freezing.every": "4"}
    config = Config(data="demo", preset="published").with_settings(settings)
    table = plan.threshold_curve(config)
    figure = figures.threshold(table, config.train.freeze_epochs, config.train.epochs)
    lines = {trace.name: trace for trace in figure.data if trace.mode == "lines"}
    assert list(lines) == ["δ of structure", "δ of image"]
    assert lines["δ of image"].y[-1] == pytest.approx(0.9)
    assert len({trace.line.dash for trace in lines.values()}) == 2
    measured = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(trace.x) for trace in measured] == [list(range(10, 50, 4))] * 2
    assert [trace.showlegend for trace in measured] == [True, False]
    assert tuple(figure.layout.xaxis.range) == (-0.5, 99.5)
    assert figure.layout.shapes[0].x0 == 49.5


def test_losses_have_a_line_a_part_that_no_other_has() -> None:
    folder_table = live.losses(RunView(RunReader(ATLAS)))
    figure = figures.losses(folder_table, None)
    assert [trace.name for trace in figure.data] == ["structure", "relation", "attribute", "image", "fused"]
    for trace in figure.data:
        assert list(trace.y) == folder_table.loc[folder_table["part"] == trace.name, "loss"].tolist()
    pairs = folder_table.assign(part=folder_table["part"].replace({"relation": "structure–image", "fused": "a–image"}))
    drawn = figures.losses(pairs, 20).data
    looks = {(trace.line.color, trace.line.dash) for trace in drawn}
    assert len(looks) == len(drawn)
    assert next(trace for trace in drawn if trace.name == "structure–image").line.dash == style.DASH["image"]


def test_curves_of_a_part_of_a_run_leave_room_for_the_rest(make_run: MakeRun) -> None:
    run = RunView(RunReader(make_run(state="running")))
    figure = figures.whole_run(freezing_figures.shares(freezing.shares(run), None), run.reader.epochs)
    assert {tuple(axis.range) for axis in figure.select_xaxes()} == {(-0.5, 7.5)}
    assert max(figure.data[0].x) == 3
    assert figure.layout.uirevision
