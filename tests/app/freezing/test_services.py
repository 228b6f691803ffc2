"""What the Freezing page is told: relevance, effects, ground truth, and the sentences made from them."""

from __future__ import annotations

import base64
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
from app.freezing.services import packed as packing
from app.freezing.services import (
    relevance as freezing_relevance,
)
from app.freezing.services.effect import HELPED, HURT, SAME, UNKNOWN
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import open_dataset
from app.shared.services.freezing_quality import Quality, quality
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


def test_every_measured_feature_is_counted(run: RunView) -> None:
    relevance = np.asarray(run.reader.relevance(), np.float32)
    counts = freezing_relevance.counts(run)
    assert counts.shape == (4, 3, 2, freezing_relevance.BINS)  # epochs 1 to 4
    for m, modality in enumerate(run.modalities):
        for at, epoch in enumerate((1, 2, 3, 4)):
            values = relevance[epoch, m][np.isfinite(relevance[epoch, m])]
            whole = np.histogram(values, freezing_relevance.EDGES)[0]
            np.testing.assert_array_equal(counts[at, m].sum(axis=0), whole)
        measured = np.isfinite(relevance[4, m])
        assert counts[3, m, 1].sum() == (freezing.frozen_at(run, modality)[measured] >= 0).sum()
    table = freezing_relevance.counts_table(run)
    assert table[["in use", "frozen"]].sum().sum() == counts.sum()


def test_linked_pairs_say_which_sides_are_frozen(run: RunView) -> None:
    row = freezing.frozen_at(run, "image")
    for epoch in (2, 7):
        table = freezing_relevance.linked_pairs(run, "image", epoch)
        assert 0 < len(table) < len(run.reader.links)  # pairs without a picture are left out
        for pair in table.itertuples():
            frozen = sum(0 <= row[side] <= epoch for side in (pair.source, pair.target))
            assert pair.state == ["in use", "one side frozen", "both frozen"][frozen]
    assert freezing_relevance.linked_pairs(run, "image", 0).empty  # nothing is measured in epoch 0


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
    ranked = freezing_effect.ranks(run, "image", np.array(frozen))
    assert ranked is not None
    assert ranked["effect"].tolist() == [HELPED, HURT, SAME] + [UNKNOWN] * (len(frozen) - 3)
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


def test_the_answer_in_a_line(run: RunView) -> None:
    atlas = RunView(RunReader(Path(__file__).parents[3] / "assets" / "runs" / "atlas"))
    assert freezing_answer.summary(atlas) == "**Frozen: 29% of image, which gained 2.6 points of Hits@1.**"
    paper = RunView(RunReader(Path(__file__).parents[3] / "assets" / "runs" / "atlas_paper"))
    assert freezing_answer.summary(paper).endswith("16% of image.** None of it surely changed the matches.")
    assert "changed" not in freezing_answer.summary(run)  # nobody knows


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
        scores = quality(run, open_dataset(run))
    finally:
        truth.unlink()
    assert scores is not None
    assert scores[-1].helpless == 2  # its own, and its counterpart's, which can find nothing
    assert scores[-1].pictures == 16
    row = freezing.frozen_at(run, "image")
    assert scores[-1].both == (row[[odd, run.partner[odd]]] >= 0).sum()
    assert [q.frozen for q in scores] == [((row >= 0) & (row <= epoch)).sum() for epoch in range(8)]


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
    scores = quality(run, open_dataset(run))
    expected = freezing_quality(run.reader)
    assert scores is not None
    assert 0 < expected["freezing_precision"] < 1
    assert scores[-1].precision == pytest.approx(expected["freezing_precision"])
    assert scores[-1].recall == pytest.approx(expected["freezing_recall"])
    assert scores[3].frozen == 0


def test_frozen_table_tells_the_ranks(make_run: MakeRun) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    epoch = freezing.busiest(run, "image")
    ids = freezing.frozen_in(run, "image", epoch)
    run = write_effects(folder, {int(ids[0]): (8, 1)})
    table = freezing.frozen_table(run, "image", epoch, ids, freezing_effect.ranks(run, "image", ids))
    assert table["Had it not frozen"].tolist() == [HELPED] + [UNKNOWN] * (len(ids) - 1)
    assert table.loc[0, ["Entity", "Truth's rank", "Rank, not frozen"]].tolist() == [run.labels[ids[0]], 8, 1]


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_browser_is_sent_what_the_run_holds(make_run: MakeRun) -> None:
    run = write_effects(make_run(), {0: (8, 1)})
    scores = [Quality(epoch=e, frozen=e, helpless=4, both=1, pictures=16) for e in range(8)]
    sent = packing.packed(run, scores, list(run.labels))
    assert json.loads(json.dumps(sent)) == sent
    assert (sent["epochs"], sent["measured"], sent["stageTwo"]) == (list(range(8)), [1, 2, 3, 4], 5)
    image = sent["modalities"][run.modalities.index("image")]
    assert image["threshold"] == [None, 0.2, 0.35, 0.5, 0.6, None, None, None]
    assert [one["judged"] for one in sent["modalities"]] == [False, False, True]
    stored = np.asarray(run.reader.relevance()[[1, 2, 3, 4]], np.float32)
    steps = unpacked(sent["relevance"], "<u2").reshape(stored.shape)
    np.testing.assert_array_equal(steps == packing.UNMEASURED, np.isnan(stored))
    np.testing.assert_allclose(steps[np.isfinite(stored)] / packing.FULL, stored[np.isfinite(stored)], atol=1e-4)
    frozen_at = unpacked(sent["frozenAt"], "<i2").reshape(3, run.n)
    np.testing.assert_array_equal(frozen_at, run.frozen_at)
    then = unpacked(sent["relevanceThen"], "<u2").reshape(3, run.n)
    m, entity = np.nonzero(frozen_at >= 0)
    np.testing.assert_array_equal(then[m, entity], steps[frozen_at[m, entity] - 1, m, entity])
    thawed = unpacked(sent["thawed"], "<f4").reshape(3, run.n)
    assert (unpacked(sent["rank"], "<f4")[0], thawed[2, 0]) == (8, 1)
    assert np.isfinite(thawed).sum() == 1
    assert sent["quality"][3] == {"frozen": 3, "helpless": 4, "both": 1}
    assert packing.packed(run, None, list(run.labels))["table"] != sent["table"]


def test_of_a_large_run_some_links_are_sent_evenly(run: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing_relevance, "MOST_SENT", 4 * 3 * 2 * 6)  # of 12 pairs over 4 measurements
    sent = packing.packed(run, None, list(run.labels))
    pairs = run.reader.links[["source", "target"]].to_numpy()
    np.testing.assert_array_equal(unpacked(sent["pairs"], "<i4").reshape(-1, 2), pairs[::2])
    assert unpacked(sent["entities"], "<i4").tolist() == sorted(pairs[::2].ravel().tolist())
    assert unpacked(sent["relevance"], "<u2").size == 4 * 3 * 12
    assert sent["linked"] == 12


def test_proposed_thresholds_are_read_where_the_run_has_them(make_run: MakeRun) -> None:
    folder = make_run()
    assert freezing.proposals(RunView(RunReader(folder))).empty  # a run of before
    log = folder / layout.EVENTS
    weighed = {"threshold": 0.4, "features": 3, "gain": 0.02, "error": 0.015, "gain_now": 0.01, "taken": False}
    events = [json.loads(line) for line in log.read_text().splitlines()]
    for event in events:
        if event["kind"] == "epoch" and event["epoch"] == 2:
            event["proposals"] = {"image": weighed}
    log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    run = RunView(RunReader(folder))
    assert freezing.proposals(run).to_dict("records") == [{"epoch": 2, "modality": "image", **weighed}]
    sent = packing.packed(run, None, list(run.labels))
    assert [one["proposals"] for one in sent["modalities"]] == [[], [], [{"epoch": 2, **weighed}]]
