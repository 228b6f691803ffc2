"""The evidence of a pair in words: what its rank would be otherwise, and why a feature froze."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.shared.services import catalog, matches
from app.shared.services.run_view import RunView
from app.shared.widgets.pair_evidence import _change
from app.slices.services import queue as queries
from pmf.alignment.explanation.explainer import Explainer
from pmf.alignment.explanation.records import Direction, Feature, Ranks
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app.pages import open_page, sentences

MakeRun = Callable[..., Path]


def ranks(candidate: float, truth: float | None = None) -> Ranks:
    return Ranks(candidate=candidate, truth=truth)


def test_only_changes_are_told_the_best_rank_first() -> None:
    fused = ranks(1, 14)
    direction = Direction(
        query=0,
        candidate=9,
        truth=8,
        candidates=100,
        outside=(),
        fused=fused,
        alone={"structure": ranks(5, 5), "image": ranks(1, 30)},
        without={"structure": ranks(2, 40), "relation": fused, "image": ranks(3, 1)},
        thawed={"attribute": ranks(1, 2)},
    )
    assert list(matches.what_if(direction)) == ["without image", "with attribute not frozen", "without structure"]


def test_a_change_in_plain_words() -> None:
    one = {"candidate": "prediction"}
    assert _change("without image", ranks(1), ranks(14), one) == "▲ without image: rank **1** instead of 14"
    both = {"truth": "true pair", "candidate": "prediction"}
    said = _change("without image", ranks(1, 5250.5), ranks(1, 3), both)
    assert said == "▼ without image: true pair **5,250.5** instead of 3, prediction still 1"
    assert _change("without image", ranks(2, 3), ranks(1, 3), both).startswith("= ")


def test_why_a_feature_froze() -> None:
    frozen = Feature(state="frozen", epoch=3, relevance=0.25, threshold=0.5)
    assert matches.why_frozen(frozen) == "froze in epoch 3, its relevance α 0.250 not above δ 0.500"
    assert matches.why_frozen(Feature(state="frozen", epoch=3)) == "froze in epoch 3"
    assert matches.why_frozen(Feature(state="missing")) == ""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Opens Matches at a pair and returns all that it says."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")

    def open_(pair: str) -> str:
        return sentences(open_page("matches", pair=pair))

    return open_


def test_the_page_says_what_the_engine_found(make_run: MakeRun, page: Callable[[str], str]) -> None:
    run = RunView(RunReader(make_run()))
    query = int(queries.queue(run, queries.Filter(show="wrong", split="all"))[0])
    truth, best = int(run.partner[query]), int(run.best[query])
    explain = Explainer(run.reader)
    words = page(f"{query}-{best}")
    explanation = explain.direction(query, best)
    fused = explanation.fused
    assert f"true pair has rank **{fused.truth:g}** and the prediction has rank **{fused.candidate:g}**" in words
    for what, changed in matches.what_if(explanation).items():
        if changed.truth != fused.truth:
            assert f"{what}: true pair **{changed.truth:g}** instead of {fused.truth:g}" in words
    alone = page(f"{query}-{truth}")
    for what, changed in matches.what_if(explain.direction(query, truth)).items():
        assert f"{what}: rank **{changed.truth:g}** instead of" in alone


def test_the_page_says_why_features_are_frozen(make_run: MakeRun, page: Callable[[str], str]) -> None:
    run = RunView(RunReader(make_run()))
    assert run.frozen_at is not None
    m, query = (
        int(i) for i in np.argwhere((run.frozen_at[:, : run.n_source] >= 0) & (run.best[: run.n_source] >= 0))[0]
    )
    epoch = run.frozen_epoch(run.modalities[m], query)
    assert re.search(rf"Frozen: .*{run.modalities[m]} of the source entity froze in epoch {epoch}, ", page(str(query)))


def test_a_damaged_run_costs_one_sentence(make_run: MakeRun, page: Callable[[str], str]) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    query = int(queries.queue(run, queries.Filter(show="all", split="all"))[0])
    (folder / layout.FROZEN_AT).unlink()
    words = page(str(query))
    assert "do not fit together" in words
    assert "What if?" not in words
    assert "Tick a row to see that pair" in words
