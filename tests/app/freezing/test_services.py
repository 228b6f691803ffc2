"""What the Freezing page is told: relevance, effects, ground truth, and the sentences made from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.freezing.services import (
    answer as freezing_answer,
)
from app.freezing.services import (
    effect as freezing_effect,
)
from app.freezing.services import (
    relevance as freezing_relevance,
)
from app.freezing.services.effect import HELPED, HURT, SAME, UNKNOWN
from app.shared.figures import freezing as figures
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import open_dataset
from app.shared.services.freezing_quality import quality
from app.shared.services.run_view import RunView
from pmf.data.graph_pair import GraphPair
from pmf.data.planted import PlantingOptions, plant
from pmf.data.readers import read_graph_pair
from pmf.data.synthetic import SyntheticOptions, synthetic_pair
from pmf.data.write import write_pair
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.studies.freezing_quality import freezing_quality
from tests.app.conftest import write_run
from tests.whole_tables import whole

MakeRun = Callable[..., Path]


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return RunView(RunReader(make_run()))


def edit_config(folder: Path, **settings: object) -> None:
    file = folder / layout.CONFIG
    config = json.loads(file.read_text())
    config["config"]["freezing"] |= settings
    file.write_text(json.dumps(config))


def write_effects(folder: Path, ranks: dict[int, tuple[float, float]]) -> RunView:
    """Counterfactual ranks of a few queries, entity → (as it is, image thawed)."""
    run = RunView(RunReader(folder))
    rows = [
        {"query": query, "truth": int(run.partner[query]), "similarity_rank": now, "thawed_image": thawed, "cause": ""}
        for query, (now, thawed) in ranks.items()
    ]
    blank = {f"thawed_{modality}": np.nan for modality in ("structure", "attribute")}
    table = whole(pd.DataFrame(rows).assign(**blank), layout.FAILURES, run.modalities)
    table.to_parquet(folder / layout.FAILURES)
    return RunView(run.reader)


def test_only_measurements_have_a_threshold(make_run: MakeRun) -> None:
    folder = make_run(thresholds=(None, 0.2, 0.35, 0.0, 0.6))
    run = RunView(RunReader(folder))
    assert run.reader.measured_epochs() == [1, 2, 3, 4]
    assert freezing.thresholds(run, "image") == {1: 0.2, 2: 0.35, 4: 0.6}  # at 0 nothing can freeze
    log = folder / layout.EVENTS
    events = [json.loads(line) for line in log.read_text().splitlines()]
    told = [event | {"measured": event["epoch"] in (1, 4)} if event["kind"] == "epoch" else event for event in events]
    log.write_text("".join(f"{json.dumps(event)}\n" for event in told))
    run = RunView(RunReader(folder))
    assert run.reader.measured_epochs() == [1, 4]
    assert [freezing.measured_by(run, epoch) for epoch in (0, 3, 7)] == [None, 1, 4]
    shown = freezing.shares(run).set_index(["modality", "epoch"])["threshold"]["image"]
    assert shown.dropna().to_dict() == {1: 0.2, 4: 0.6}


def test_trajectory_marks_where_it_froze(run: RunView) -> None:
    entity = freezing.example(run)
    frozen = {m: run.frozen_epoch(m, entity) for m in run.modalities}
    assert max(frozen.values()) >= 0
    figure = figures.trajectory({"this entity": freezing.trajectory(run, entity)}, {"this entity": frozen}, 5)
    marks = [trace for trace in figure.data if trace.name == "froze here" and len(trace.x)]
    assert [list(trace.x) for trace in marks] == [[epoch] for epoch in frozen.values() if epoch >= 0]


def test_spread_counts_every_measured_feature(run: RunView) -> None:
    relevance = np.asarray(run.reader.relevance(), np.float32)
    for m, modality in enumerate(run.modalities):
        found = freezing_relevance.spread(run, modality)
        assert found.epochs.tolist() == [1, 2, 3, 4]
        for i, epoch in enumerate(found.epochs):
            values = relevance[epoch, m][np.isfinite(relevance[epoch, m])]
            np.testing.assert_array_equal(
                np.rint(found.share[i] * found.measured[i]), np.histogram(values, freezing_relevance.EDGES)[0]
            )
        last = freezing_relevance.histogram(run, modality, 7)  # after the last measurement: that one
        assert last[["in use", "frozen"]].sum().sum() == found.measured[-1]
        measured = np.isfinite(relevance[4, m])
        assert last["frozen"].sum() == (freezing.frozen_at(run, modality)[measured] >= 0).sum()


def test_linked_pairs_say_which_sides_are_frozen(run: RunView) -> None:
    row = freezing.frozen_at(run, "image")
    for epoch in (2, 7):
        table = freezing_relevance.linked_pairs(run, "image", epoch)
        assert 0 < len(table) < len(run.reader.links)  # pairs without a picture are left out
        for pair in table.itertuples():
            frozen = sum(0 <= row[side] <= epoch for side in (pair.source, pair.target))
            assert pair.state == ["in use", "one side frozen", "both frozen"][frozen]
    seeds = freezing_relevance.linked_pairs(run, "structure", 7, "seed")
    assert set(seeds["split"]) == {"seed"}
    assert freezing_relevance.linked_pairs(run, "image", 0).empty  # nothing is measured in epoch 0


def test_next_in_line_is_the_least_relevant_in_use(run: RunView) -> None:
    relevance = freezing_relevance.relevance_at(run, "attribute", 7)
    frozen = freezing_relevance.frozen_by(run, "attribute", 7)
    found = freezing_relevance.least_relevant(run, "attribute", 7, 3)
    linked = run.partner >= 0
    rest = np.flatnonzero(linked & ~frozen & ~frozen[run.partner] & np.isfinite(relevance))
    assert found[0] == rest[relevance[rest].argmin()]
    assert not set(run.partner[found]) & set(found)  # a pair stands there once
    assert np.all(np.diff(relevance[found]) >= 0)


def test_first_and_last_pairs(run: RunView) -> None:
    row = freezing.frozen_at(run, "structure")
    first, last = freezing_relevance.first_and_last(run, "structure", 2)
    every, none = freezing_relevance.first_and_last(run, "structure", 100)
    assert len(first) == len(last) == 2
    assert none.empty  # it would only repeat the first table
    sides = row[every[["source", "target"]].to_numpy()].astype(int)
    np.testing.assert_array_equal(every["epoch"], np.where(sides < 0, 99, sides).min(axis=1))
    assert every["epoch"].is_monotonic_increasing
    pd.testing.assert_frame_equal(first, every.head(2))
    assert last["source"].tolist() == every["source"].tolist()[:-3:-1]


def test_effects_by_hand(make_run: MakeRun) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    row = freezing.frozen_at(run, "image")
    frozen = [int(e) for e in np.flatnonzero(row >= 0)]
    a, b, c = frozen[:3]
    in_use = int(np.flatnonzero(row == layout.NEVER_FROZEN)[0])
    assert freezing_effect.ranks(run, "image", np.array(frozen)) is None  # not worked out yet
    run = write_effects(folder, {a: (8, 1), b: (1, 3), c: (5, 5), in_use: (4, 1)})
    found = freezing_effect.ranks(run, "image", np.array(frozen))
    assert found is not None
    assert found["effect"].tolist() == [HELPED, HURT, SAME] + [UNKNOWN] * (len(frozen) - 3)
    assert freezing_effect.most_changed(found, HELPED).tolist() == [a]
    total = freezing_effect.effects(run)
    assert set(total) == {"image"}  # of no other modality a rank is known
    assert (total["image"].hits, total["image"].hits_thawed, total["image"].certain) == (0.25, 0.5, False)
    counts = freezing_effect.by_epoch(run, "image").set_index("epoch")
    assert counts.sum().to_dict() == {HELPED: 1, HURT: 1, SAME: 1, UNKNOWN: len(frozen) - 3}
    assert counts.loc[row[a], HELPED] == 1


def test_answer_judges_by_the_matches() -> None:
    folder = Path(__file__).parents[3] / "assets" / "runs" / "atlas"
    run = RunView(RunReader(folder))
    table = run.reader.failures()
    assert table is not None
    now, thawed = (table["similarity_rank"] <= 1).mean(), (table["thawed_image"] <= 1).mean()
    told = next(sentence for sentence in freezing_answer.answer(run) if sentence.startswith("**Image"))
    assert thawed < now
    points = 100 * (now - thawed)
    assert (
        f"**gained {points:.1f} points**: thawed now, Hits@1 by plain similarity would be {thawed:.1%} instead" in told
    )
    assert f"of {now:.1%}." in told
    frozen = (freezing.frozen_at(run, "image") >= 0).sum()
    assert f"({frozen:,} of 620 features" in told


def test_answer_without_counterfactual_ranks(run: RunView) -> None:
    assert "What that did to the matches is not known." in " ".join(freezing_answer.answer(run))


def test_answer_says_why_nothing_froze(make_run: MakeRun) -> None:
    folder = make_run("low", thresholds=(None, 0.001, 0.001, 0.001))
    assert "rose to 0.00 there, and the least relevance" in freezing_answer.answer(RunView(RunReader(folder)))[0]
    folder = make_run("guarded", thresholds=(None, 0.0, 0.0))
    edit_config(folder, guard=True)
    assert "At none of 2 measurements did the validation links" in freezing_answer.answer(RunView(RunReader(folder)))[0]
    edit_config(folder, enabled=False)
    assert "switched off" in freezing_answer.answer(RunView(RunReader(folder)))[0]
    folder = make_run("undone")
    (folder / layout.FROZEN_AT).write_bytes(np.full((3, RunReader(folder).n_entities), -1, np.int16).tobytes())
    events = [json.loads(line) for line in (folder / layout.EVENTS).read_text().splitlines()]
    last = max(i for i, event in enumerate(events) if event["kind"] == "epoch")
    events[last]["frozen_share"] = dict.fromkeys(events[last]["frozen_share"], 0.0)
    (folder / layout.EVENTS).write_text("".join(json.dumps(event) + "\n" for event in events))
    run = RunView(RunReader(folder))
    assert "that was undone" in freezing_answer.answer(run)[0]
    assert freezing.liveliest(run) == "image"
    assert freezing.busiest(run, "image") == 4  # the last measurement


def test_quality_by_hand(make_run: MakeRun, pair: GraphPair) -> None:
    run = RunView(RunReader(make_run()))
    assert quality(run, open_dataset(run)) is None  # no ground truth
    truth = pair.path / "image_truth.tsv"
    uris = [uri for graph, _ in pair.sides() for uri in graph.entities]
    odd = next(i for i, uri in enumerate(uris) if uri.endswith("Austria"))
    kinds = ["irrelevant" if i == odd else "relevant" for i in range(len(uris))]
    truth.write_text("".join(f"{uri}\t{kind}\tsomething\n" for uri, kind in zip(uris, kinds, strict=True)))
    try:
        found = quality(run, open_dataset(run))
    finally:
        truth.unlink()
    assert found is not None
    assert found[-1].helpless == 2  # its own, and its counterpart's, which can find nothing
    assert found[-1].pictures == 16
    row = freezing.frozen_at(run, "image")
    assert found[-1].both == (row[[odd, run.partner[odd]]] >= 0).sum()
    assert [q.frozen for q in found] == [((row >= 0) & (row <= epoch)).sum() for epoch in range(8)]


def test_quality_of_planted_data_is_that_of_the_studies(tmp_path: Path) -> None:
    made = synthetic_pair(SyntheticOptions(entities=60, seed=1))
    write_pair(made, tmp_path / "planted", *plant(made, PlantingOptions(seed=1)))
    pair = read_graph_pair(tmp_path / "planted")
    write_run(tmp_path / "run", pair)
    present = np.array([i in graph.image_features for graph, _ in pair.sides() for i in range(len(graph))])
    frozen_at = np.full((3, len(pair)), layout.NEVER_FROZEN, np.int16)
    frozen_at[2] = np.where(present, np.where(np.arange(len(pair)) % 3 == 0, 4, layout.NEVER_FROZEN), layout.MISSING)
    (tmp_path / "run" / layout.FROZEN_AT).write_bytes(frozen_at.tobytes())
    run = RunView(RunReader(tmp_path / "run"))
    found = quality(run, open_dataset(run))
    expected = freezing_quality(run.reader)
    assert found is not None
    assert 0 < expected["freezing_precision"] < 1
    assert found[-1].precision == pytest.approx(expected["freezing_precision"])
    assert found[-1].recall == pytest.approx(expected["freezing_recall"])
    assert found[3].frozen == 0


def test_frozen_table_tells_the_ranks(make_run: MakeRun) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    epoch = freezing.busiest(run, "image")
    ids = freezing.frozen_in(run, "image", epoch)
    run = write_effects(folder, {int(ids[0]): (8, 1)})
    table = freezing.frozen_table(run, "image", epoch, ids, freezing_effect.ranks(run, "image", ids))
    assert table["Had it not frozen"].tolist() == [HELPED] + [UNKNOWN] * (len(ids) - 1)
    assert table.loc[0, ["Entity", "Truth's rank", "Rank, not frozen"]].tolist() == [run.labels[ids[0]], 8, 1]
