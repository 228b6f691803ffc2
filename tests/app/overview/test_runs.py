"""The runs as Overview lists them, and what can be done to one: services, and the page in Streamlit's own harness."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.overview.services import run_changes, run_list
from app.overview.services.run_list import RunFilter
from app.shared.figures.headline import sparkline
from app.shared.services import catalog
from app.shared.services.access import NotAllowedError, Role, User
from pmf.errors import ConfigError, RunFormatError, RunLockedError
from pmf.runs import layout
from pmf.runs.about import About, read_about, write_about
from pmf.runs.lock import RunLock
from tests.app.pages import open_page, sentences
from tests.conftest import ROOT

ADMIN = User(name="ann", role=Role.ADMIN)

MakeRun = Callable[..., Path]


@pytest.fixture
def runs(tmp_path: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs of the user's own, none bundled: two good ones of different age, and one damaged."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")
    write_about(make_run("first"), About(name="Baseline", notes="before the fix", tags=("paper", "week 3")))
    make_run("second")
    config = make_run("broken") / layout.CONFIG
    config.write_text(config.read_text()[:40])
    settings = json.loads((tmp_path / "runs" / "second" / layout.CONFIG).read_text())
    settings["created"] = "2026-03-04T05:06:07+00:00"
    (tmp_path / "runs" / "second" / layout.CONFIG).write_text(json.dumps(settings))
    return tmp_path / "runs"


def ids(wanted: RunFilter) -> list[str]:
    return [card.run_id for card in run_list.select(catalog.cards(), wanted)]


def test_words_are_sought_in_all_that_is_said_of_a_run(runs: Path) -> None:
    assert ids(RunFilter(text="baseLINE")) == ["first"]
    assert ids(RunFilter(text="fix week")) == ["first"]
    assert ids(RunFilter(text="fix year")) == []
    assert ids(RunFilter(text="second")) == ["second"]


def test_filters_and_sorting(runs: Path) -> None:
    assert ids(RunFilter(state="finished")) == ["second", "first"]  # the newer one first
    assert ids(RunFilter(state="finished", sort="name")) == ["first", "second"]  # Baseline before second
    assert ids(RunFilter(state="unreadable")) == ["broken"]
    data = {card.run_id: card.data for card in catalog.cards()}
    assert ids(RunFilter(data=data["first"], preset="nothing")) == []
    (runs / "first" / "process.log").write_bytes(b"x" * 10**6)
    (runs / "first" / layout.EVENTS).touch()
    assert ids(RunFilter(sort="size"))[0] == "first"
    hits = {card.run_id: card.hits_at_1 for card in catalog.cards()}
    assert hits["broken"] is None
    assert ids(RunFilter(sort="hits"))[-1] == "broken"


def test_the_table_says_what_the_cards_say(runs: Path) -> None:
    table = run_list.as_table(catalog.cards()).set_index("Run id")
    assert table.loc["first", "Run"] == "Baseline"
    assert table.loc["first", "Tags"] == "paper, week 3"
    assert table.loc["broken", "State"] == "unreadable"
    on_disk = sum(path.stat().st_size for path in (runs / "second").rglob("*") if path.is_file())
    assert table.loc["second", "Size"] == pytest.approx(on_disk / 1e6)


def test_a_card_is_read_again_only_when_its_run_has_changed(runs: Path) -> None:
    before = {card.run_id: card for card in catalog.cards()}
    again = {card.run_id: card for card in catalog.cards()}
    assert all(again[name] is before[name] for name in before)
    write_about(runs / "second", About(name="Renamed"))
    after = {card.run_id: card for card in catalog.cards()}
    assert after["second"].title == "Renamed"
    assert after["first"] is before["first"]


def test_a_killed_training_shows_at_once_though_nothing_was_written(
    tmp_path: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    folder = make_run("going", state="running")
    script = "import sys, time; from pathlib import Path; from pmf.runs.lock import RunLock\n"
    script += "with RunLock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script, str(folder)], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert _state("going") == "running"
        holder.kill()
    assert _state("going") == "interrupted"


def _state(run_id: str) -> str:
    return next(run_list.state_of(card) for card in catalog.cards() if card.run_id == run_id)


def test_a_deleted_run_comes_back_as_it_was(runs: Path) -> None:
    before = sorted(path.name for path in (runs / "first").iterdir())
    run_changes.delete(ADMIN, "first")
    assert "first" not in catalog.run_folders()
    assert run_changes.deleted() == ["first"]
    assert run_changes.restore(ADMIN, "first") == "first"
    assert sorted({path.name for path in (runs / "first").iterdir()} - {layout.LOCK}) == sorted(
        set(before) - {layout.LOCK}
    )
    assert read_about(runs / "first").name == "Baseline"
    with pytest.raises(RunFormatError, match="no deleted run"):
        run_changes.restore(ADMIN, "first")
    run_changes.delete(ADMIN, "first")
    assert run_changes.empty_trash(ADMIN) == 1
    assert run_changes.deleted() == []


def test_what_is_not_ones_own_or_being_written_stays(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunLock(runs / "second"), pytest.raises(RunLockedError):
        run_changes.delete(ADMIN, "second")
    monkeypatch.setattr(catalog, "BUNDLED", ROOT / "assets" / "runs")
    for change in (
        lambda: run_changes.delete(ADMIN, "atlas"),
        lambda: run_changes.describe(ADMIN, "atlas", About(name="mine")),
        lambda: run_changes.delete(ADMIN, "../runs/second"),
    ):
        with pytest.raises(ConfigError, match="not among the runs of your own"):
            change()
    assert (ROOT / "assets" / "runs" / "atlas" / layout.CONFIG).is_file()


def test_a_run_goes_out_as_one_file_and_comes_in_again(runs: Path) -> None:
    packed = run_changes.export(runs / "first")
    run_changes.delete(ADMIN, "first")
    assert run_changes.import_(ADMIN, "first.pmfrun.zip", io.BytesIO(packed)) == "first"
    assert run_changes.import_(ADMIN, "../../first.pmfrun.zip", io.BytesIO(packed)) == "first-2"
    assert {card.title for card in catalog.cards()} >= {"Baseline"}
    middle = len(packed) // 2
    damaged = packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]
    for content in (damaged, packed[:middle], b"no zip"):
        with pytest.raises(RunFormatError):
            run_changes.import_(ADMIN, "bad.pmfrun.zip", io.BytesIO(content))
    assert not [path for path in runs.iterdir() if path.name.startswith(("bad", ".new-"))]


def test_viewers_change_nothing(runs: Path) -> None:
    viewer = User(name="vic", role=Role.VIEWER)
    for change in (
        lambda: run_changes.describe(viewer, "first", About()),
        lambda: run_changes.delete(viewer, "first"),
        lambda: run_changes.restore(viewer, "first"),
        lambda: run_changes.empty_trash(viewer),
        lambda: run_changes.import_(viewer, "x", io.BytesIO()),
    ):
        with pytest.raises(NotAllowedError):
            change()
    assert read_about(runs / "first").name == "Baseline"


overview = partial(open_page, "start")


def test_the_page_filters_by_its_address(runs: Path) -> None:
    test = overview(run="second", state="finished", find="week", **{"as": "table"})
    assert list(test.dataframe[-1].value["Run"]) == ["Baseline"]
    test.text_input(key="url.find").set_value("").run()
    assert sorted(test.dataframe[-1].value["Run"]) == ["Baseline", "second"]
    assert "Baseline (first)" in test.selectbox(key="url.run").options


def test_many_runs_come_a_page_at_a_time(runs: Path) -> None:
    for number in range(20):
        shutil.copytree(runs / "second", runs / f"copy-{number:02}")
    test = overview(run="second", sort="name", page="2")
    opened = [button.key for button in test.button if str(button.key).startswith("run_cards.")]
    second_page = run_list.select(catalog.cards(), RunFilter(sort="name"))[16:]
    assert opened == [f"run_cards.{card.run_id}" for card in second_page if not card.problem]


def test_a_card_draws_its_curve_without_a_library(runs: Path) -> None:
    assert sparkline([0.2, 0.4, 0.3]).count("polyline") == 1
    assert 'points="0.0,36.0 50.0,4.0 100.0,20.0"' in sparkline([0.2, 0.4, 0.3])
    assert 'points="0.0,36.0 100.0,36.0"' in sparkline([0.5, 0.5])
    test = overview(run="second")
    curves = [card.curve for card in catalog.cards() if len(card.curve) > 1]
    lines = [image.proto.imgs[0] for image in test.get("image") if "Hits@1 while" in image.proto.imgs[0].alt]
    assert len(lines) == len(curves) > 0
    assert {line.alt.partition("trained, ")[2] for line in lines} == {
        f"from {curve[0]:.1%} to {curve[-1]:.1%}" for curve in curves
    }
    assert not any(metric.proto.chart_data for metric in test.metric)


def test_hundreds_of_runs_are_listed_from_what_was_read_once(
    runs: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts readings, not seconds: the second listing opens no log."""
    for number in range(100):
        folder = runs / f"copy-{number:03}"
        folder.mkdir()
        for name in (layout.CONFIG, layout.EVENTS):
            os.link(runs / "first" / name, folder / name)
    assert len(catalog.cards()) == 103
    opened: list[Path] = []
    real = Path.open

    def counting(path: Path, *args: object, **options: object) -> object:
        opened.append(path)
        return real(path, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", counting)
    time.sleep(0.01)
    assert len(run_list.select(catalog.cards(), RunFilter(text="copy"))) == 100
    assert not [path for path in opened if path.name == layout.EVENTS]


def test_a_damaged_run_takes_nothing_away_and_can_be_deleted(
    make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It was imported last and is asked for by name: the list of runs is still there, with a card that says so."""
    folder = make_run("broken")
    monkeypatch.setenv("PMF_RUNS", str(folder.parent))
    (folder / layout.CONFIG).write_text('{"format": 1, "config": [], "n_source": 1, "n_entities": 2}')
    page = open_page("overview", run="broken")
    assert "config.json cannot be used: config is of type list" in sentences(page)
    assert "atlas" in sentences(page)
    page = open_page("overview")
    assert page.query_params["run"] != ["broken"]
    delete = next(button for button in page.button if button.key == "run_cards.delete.broken")
    assert "Delete it" in [button.label for button in delete.click().run().button]  # the dialog is open
    run_changes.delete(ADMIN, "broken")
    assert not folder.exists()
    assert (folder.parent / ".trash" / "broken").is_dir()


def test_the_list_is_drawn_while_runs_are_deleted(
    make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = make_run("first")
    root = tmp_path / "many"
    monkeypatch.setenv("PMF_RUNS", str(root))
    going = threading.Event()

    def churn() -> None:
        for number in itertools.count():
            if going.is_set():
                return
            folder = root / f"run{number % 5}"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(first, folder)

    root.mkdir()
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(60):
            catalog.cards()
            catalog.run_folders()
            for folder in list(root.iterdir()):
                catalog.stamp(folder)
                catalog.card(folder)
    finally:
        going.set()
        thread.join()
