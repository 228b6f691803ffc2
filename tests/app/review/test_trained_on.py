"""Real trainings that go on with verdicts, and what these gained."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from app.review.figures import gain as figures
from app.review.services.card import card
from app.review.services.continue_training import CONFIRMATION, obstacle, start
from app.review.services.desk import fingerprint
from app.review.services.gain import gain
from app.review.services.harvest import (
    harvest,
)
from app.shared.services import trainings as training
from app.shared.services.dataset import open_dataset
from app.shared.services.relation_verdicts import judge as judge_relation
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from pmf.alignment.explanation.reasons import RunReasons
from pmf.alignment.explanation.relations import relation_alignments
from pmf.places import runs_folder
from pmf.progress import silent
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app.review.people import ADA, ANN, BEN, answer
from tests.conftest import TINY_SETTINGS


@pytest.fixture
def tiny_run(tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunView:
    """A trained run in a runs folder of its own."""
    from pmf.training.start import new_run

    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    new_run("default", {**TINY_SETTINGS, "data": str(tiny_data)}, tmp_path / "runs" / "base", silent)
    return RunView(RunReader(tmp_path / "runs" / "base"))


def test_a_training_goes_on_with_the_verdicts(store: ReviewStore, tiny_run: RunView) -> None:
    """Through the queue and in a process of its own, as the app does it."""
    data = open_dataset(tiny_run)
    tests = [i for i in range(tiny_run.n_source) if tiny_run.split[i] == "test"]
    for query in tests[:5]:
        answer(
            ANN, store, tiny_run, card(ANN, store, tiny_run, data, query, other=int(tiny_run.partner[query])), "match"
        )
    rejected = card(ANN, store, tiny_run, data, tests[5])
    answer(ANN, store, tiny_run, rejected, "not")
    assert data.pair is not None
    relations = relation_alignments(RunReasons(tiny_run.reader, data.pair))
    judge_relation(ANN, store, tiny_run, relations[0], "not")
    judge_relation(ANN, store, tiny_run, relations[1], "match")
    judge_relation(BEN, store, tiny_run, relations[1], "not")
    run_id = start(ADA, store, tiny_run, data, confirm=CONFIRMATION)
    reader = ended_run(run_id)
    links = reader.links
    seeds = set(links.loc[links["split"] == "seed", "source"])
    assert set(tests[:5]) <= seeds
    assert not set(tests[:6]) & set(links.loc[links["split"] == "test", "source"])
    review = reader.facts.review
    assert len(review["matched"]) == 5
    assert review["rejected"] == [[tests[5], rejected.candidates[0].entity]]
    assert review["test_links_used"] >= 6
    kinds = (
        data.pair.source.relations.index(relations[0].source_uri),
        data.pair.target.relations.index(relations[0].target_uri),
    )
    assert review["relations"] == [[2 * kinds[0], 2 * kinds[1] + relations[0].inverse, 0]]
    assert fingerprint(RunView(reader)) == fingerprint(tiny_run)
    assert Path(reader.facts.settings["verdicts.file"]).is_relative_to(runs_folder())
    check_gain(tiny_run, RunView(reader))


def ended_run(run_id: str) -> RunReader:
    until = time.monotonic() + 120
    while not (ended := [j for j in training.jobs() if j.run_id == run_id and j.ended]) and time.monotonic() < until:
        time.sleep(0.5)
    assert ended, "the training did not end"
    assert ended[0].state == "finished", ended[0].message
    assert ended[0].user == "ada"
    return RunReader(runs_folder() / run_id)


def test_a_run_without_its_weights_is_trained_anew_on_the_same_links(store: ReviewStore, tiny_run: RunView) -> None:
    """As the bundled runs are, which are shipped without."""
    data, weights = open_dataset(tiny_run), tiny_run.reader.folder / layout.CHECKPOINTS
    test = next(i for i in range(tiny_run.n_source) if tiny_run.split[i] == "test")
    shown = card(ANN, store, tiny_run, data, test, other=int(tiny_run.partner[test]))
    answer(ANN, store, tiny_run, shown, "match")
    weights.rename(weights.with_name("away"))
    try:
        harvested = harvest(store, tiny_run, test_links=True)
        assert obstacle(tiny_run, data, harvested) == ""
        reader = ended_run(start(ADA, store, tiny_run, data, confirm=CONFIRMATION))
    finally:
        weights.with_name("away").rename(weights)
    assert reader.facts.settings["verdicts.base"] is None
    assert len(reader.facts.review["matched"]) == 1
    then, now = (set(zip(r.links["source"], r.links["split"], strict=True)) for r in (tiny_run.reader, reader))
    assert then ^ now == {(test, "test"), (test, "seed")}
    same = ("modalities", "seed_ratio", "train", "model", "features", "loss")
    assert [reader.facts.recorded[name] for name in same] == [tiny_run.reader.facts.recorded[name] for name in same]
    table = gain(tiny_run)
    assert list(table["run"][::2]) == ["base", reader.folder.name]
    assert list(table["verdicts"][::2]) == [0, 1]
    pd.testing.assert_frame_equal(table, gain(RunView(reader)))


def check_gain(base: RunView, after: RunView) -> None:
    """The curve of Hits@1 against verdicts has both runs, on the test links that both have."""
    table = gain(after)
    pd.testing.assert_frame_equal(table, gain(base))
    assert list(table.loc[table["direction"] == "source → target", "run"]) == ["base", after.run_id]
    assert sorted(set(table["verdicts"])) == [0, 7]
    common = (after.split[: base.n_source] == "test").sum()
    assert 0 < common < (base.split[: base.n_source] == "test").sum()
    assert set(table.loc[table["direction"] == "source → target", "queries"]) == {common}
    right = base.outcome[: base.n_source][after.split[: base.n_source] == "test"] == 1
    assert table["hits"].iloc[0] == pytest.approx(right.mean())
    assert (table["low"] <= table["hits"]).all()
    assert (table["hits"] <= table["high"]).all()
    figure = figures.gain(table)
    assert [list(trace.x) for trace in figure.data] == [[0, 7], [0, 7]]
    assert list(figure.data[0].y) == list(table["hits"][::2])


def test_a_run_that_nobody_went_on_from_has_no_curve(atlas: RunView) -> None:
    assert gain(atlas).empty
