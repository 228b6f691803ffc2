"""The first page: who comes first, the verdict on a run, and where to look next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.overview.widgets.welcome import DOORS, SENTENCE
from app.shared.services.run_view import RunView
from app.shared.services.verdict import verdict
from app.slices.services.search import search
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app.pages import open_page, sentences

MakeRun = Callable[..., Path]
BUNDLED = Path(__file__).parents[3] / "assets" / "runs"


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))


def with_results(folder: Path, fused: float, **alone: float) -> RunView:
    """The run with other figures."""
    events = folder / layout.EVENTS
    directions = {direction: {"hits@1": fused} for direction in layout.DIRECTIONS}
    single = {m: {direction: {"hits@1": hits} for direction in layout.DIRECTIONS} for m, hits in alone.items()}
    told = {"kind": "results", "at": "end", "split": "test", "single_modality": single, **directions}
    with events.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": 2e9, **told}) + "\n")
    return RunView(RunReader(folder))


def test_a_newcomer_sees_what_this_is_until_a_door_is_chosen() -> None:
    test = open_page("overview")
    assert SENTENCE in sentences(test)
    assert {button.key for button in test.button} >= {f"welcome.{page}" for page in DOORS}
    test.button(key="welcome.failures").click().run()
    assert not test.exception
    assert [title.value for title in test.title] == ["Failures"]
    test.switch_page("overview/page.py").run()
    assert SENTENCE not in sentences(test)


@pytest.mark.parametrize(
    ("fused", "alone", "kind", "said"),
    [
        (0.141, {"structure": 0.2, "image": 0.679}, "bad", "(14.1%) are far below image alone (67.9%)"),
        (0.60, {"structure": 0.2, "image": 0.90}, "bad", "(60.0%) are far below image alone (90.0%)"),
        (0.95, {"structure": 0.2, "image": 0.1}, "good", "95.0% of the entities it was tested on; more than structure"),
        (0.50, {"structure": 0.5, "image": 0.1}, "level", "the difference to structure alone (50.0%) may be chance"),
    ],
)
def test_the_verdict_compares_with_the_best_modality(
    make_run: MakeRun, fused: float, alone: dict[str, float], kind: str, said: str
) -> None:
    judged = verdict(with_results(make_run(), fused, **alone))
    assert (judged.kind, said in judged.sentence) == (kind, True), judged.sentence


def test_the_verdict_names_what_freezing_removed(make_run: MakeRun) -> None:
    run = with_results(make_run(thresholds=(None, 0.99, 0.99, 0.99, 0.99)), 0.0, structure=0.9, image=0.95)
    assert "freezing removed 100% of structure" in verdict(run).sentence


@pytest.mark.parametrize("state", ["running", "failed"])
def test_an_unfinished_run_is_not_praised(make_run: MakeRun, state: str) -> None:
    judged = verdict(RunView(RunReader(make_run(state=state))))
    assert judged.kind == "level"
    assert "So far" in judged.sentence


def test_the_next_places_are_those_of_the_slices_page() -> None:
    run = RunView(RunReader(BUNDLED / "atlas_published"))
    found = search(run, layout.SOURCE_TO_TARGET).found[:3]
    assert found
    words = sentences(open_page("overview", run="atlas_published"))
    places = [words.find(f"**{part.title}**: {part.wrong / part.size:.1%} wrong") for part in found]
    assert -1 not in places
    assert places == sorted(places)
