"""The use cases behind the pages, on a small run whose numbers can be checked."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.shared.services import catalog, dataset, export, headline, matches, published
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import compare_attributes, open_dataset
from app.shared.services.neighbours import neighbours
from app.shared.services.run_view import NOT_RANKED, RIGHT, RunView
from app.shared.widgets.text import plain, short
from app.slices.services import names as slices
from app.slices.services import queue as queries
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader

MakeRun = Callable[..., Path]


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return RunView(RunReader(make_run()))


def entity(pair: GraphPair, name: str, *, target: bool = False) -> int:
    places = [i for i, label in enumerate(pair.labels) if label == name]
    return places[-1 if target else 0]


def test_partner_and_split(run: RunView, pair: GraphPair) -> None:
    japan = entity(pair, "Japan")
    assert run.partner[japan] == entity(pair, "Japan", target=True)
    assert run.partner[run.partner[japan]] == japan
    assert run.partner[entity(pair, "Japan City")] == -1
    assert sorted(set(run.split)) == ["", "seed", "test", "validation"]


def test_outcome_agrees_with_rank(run: RunView) -> None:
    assert run.predictions is not None
    for query, rank in run.predictions["rank"].items():
        assert (run.outcome[query] == RIGHT) == (rank == 1)
    assert (run.outcome == NOT_RANKED).sum() == run.n - len(run.predictions)


def test_find_prefers_the_beginning(run: RunView) -> None:
    assert [run.labels[i] for i in run.find("JAPAN", limit=2)] == ["Japan", "Japan"]
    assert run.find("") == run.find("zzz") == []
    assert len(run.find("a", limit=3)) == 3


def test_queue_filters_and_order(run: RunView) -> None:
    everything = queries.queue(run, queries.Filter(show="all", split="all", order="rank"))
    ranks = run.predictions.loc[everything, "rank"].to_numpy() if run.predictions is not None else []
    assert list(ranks) == sorted(ranks, reverse=True)
    wrong = queries.queue(run, queries.Filter(show="wrong", split="all"))
    right = queries.queue(run, queries.Filter(show="right", split="all"))
    assert sorted([*wrong, *right]) == sorted(everything)
    margins = matches.margins(run, wrong)
    assert list(margins) == sorted(margins)
    named = queries.queue(run, queries.Filter(show="all", split="all", text="JaP"))
    assert {run.labels[i] for i in named} <= {"Japan"}
    back = queries.queue(run, queries.Filter(direction=layout.TARGET_TO_SOURCE, show="all", split="all"))
    assert all(i >= run.n_source for i in back)


def test_candidate_shares_sum_to_the_similarity(run: RunView) -> None:
    assert run.predictions is not None
    for query in run.predictions.index:
        table = matches.candidates(run, query)
        assert table["truth"].sum() == 1  # also where it is not among the top ones
        np.testing.assert_allclose(table[list(run.modalities)].sum(axis=1), table["similarity"], atol=1e-5)
        assert table["score"].dropna().is_monotonic_decreasing


def test_evidence_equals_the_stored_shares(run: RunView) -> None:
    assert run.predictions is not None
    query = int(run.predictions.index[0])
    rows = matches.evidence(run, query, {"prediction": int(run.best[query])})
    stored = [run.predictions.loc[query, f"share_{m}"][0] for m in run.modalities]
    np.testing.assert_allclose(rows["share"], stored, atol=2e-3)  # embeddings are stored in half precision
    frozen = rows[rows["state"] != "used"]
    assert (frozen["share"] == 0).all()


def test_verdict(run: RunView, pair: GraphPair) -> None:
    assert matches.verdict(run, entity(pair, "Japan City")) is None
    query = int(queries.queue(run, queries.Filter(show="right", split="all"))[0])
    judged = matches.verdict(run, query)
    assert judged is not None
    assert judged.right
    assert judged.best == judged.truth == run.partner[query]


def test_slices_cover_by_degree(run: RunView) -> None:
    buckets = [slices.members(run, name) for name in slices.names(run) if name.startswith("degree")]
    assert (np.sum(buckets, axis=0) == 1).all()
    with pytest.raises(ConfigError, match="no slice"):
        slices.members(run, "degree:7")


def test_slice_judges_both_sides(run: RunView) -> None:
    inside = slices.members(run, "missing:image")
    assert run.frozen_at is not None
    missing = run.frozen_at[run.modalities.index("image")] == layout.MISSING
    linked = run.partner >= 0
    np.testing.assert_array_equal(inside[linked], (missing | missing[run.partner])[linked])


def test_freezing_tables(run: RunView) -> None:
    shares = freezing.shares(run)
    assert run.frozen_at is not None
    last = shares[shares["epoch"] == 7].set_index("modality")
    for i, modality in enumerate(run.modalities):
        assert last["frozen"][modality] == pytest.approx((run.frozen_at[i] >= 0).mean())
        counts = freezing.freezing_epochs(run, modality)
        assert sum(counts.values()) == (run.frozen_at[i] >= 0).sum()
        for epoch, count in counts.items():
            ids = freezing.frozen_in(run, modality, epoch)
            assert len(ids) == count
            table = freezing.frozen_table(run, modality, epoch, ids)
            assert table["Relevance α"].is_monotonic_increasing
    assert freezing.stage_boundary(run) == 5


def test_trajectory_ends_where_scoring_ends(run: RunView) -> None:
    example = int(run.frozen_at[run.modalities.index("image")].argmax())
    path = freezing.trajectory(run, example)
    assert path["epoch"].max() == 4
    modality = path["modality"].iloc[-1]
    epoch = run.frozen_epoch(modality, example)
    if epoch >= 0:
        at = path[(path["modality"] == modality) & (path["epoch"] == epoch)].iloc[0]
        assert at["relevance"] <= at["threshold"] + 1e-3


def test_a_pair_is_shown_once(run: RunView) -> None:
    linked = int(np.flatnonzero(run.partner >= 0)[0])
    alone = int(np.flatnonzero(run.partner < 0)[0])
    partner = int(run.partner[linked])
    assert freezing.one_per_pair(run, np.array([partner, alone, linked])).tolist() == [partner, alone]
    assert freezing.one_per_pair(run, np.array([alone], np.int64)).tolist() == [alone]


def test_attributes_pair_by_name_then_value() -> None:
    source = {"top": ["8848"], "code": ["JP"], "capital": ["Tokyo"], "population": ["12 000"], "area": ["1"]}
    target = {
        "code": ["jp"],
        "chief city": ["TOKYO", "Tōkyō"],
        "population": ["13 000"],
        "height": ["8,848"],
        "anthem": ["x"],
    }
    rows = {(row.source_key, row.target_key): row.mark for row in compare_attributes(source, target)}
    assert rows == {
        ("population", "population"): "differs",
        ("code", "code"): "equal",
        ("capital", "chief city"): "equal",
        ("top", "height"): "equal",
        ("area", ""): "source only",
        ("", "anthem"): "target only",
    }
    assert [row.mark for row in compare_attributes({"a": [""]}, {"a": [""]})] == ["named"]


def test_values_are_normalised_once_however_many_keys_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(dataset, "normal", lambda value: seen.append(value) or value)
    compare_attributes({f"a{i}": [f"x{i}"] for i in range(40)}, {f"b{i}": [f"y{i}"] for i in range(40)})
    assert sorted(set(seen)) == sorted(seen)


def test_dataset_knows_its_entities(run: RunView, pair: GraphPair) -> None:
    data = open_dataset(run)
    japan, city = entity(pair, "Japan"), entity(pair, "Japan City")
    assert data.attributes(japan) == {"code": ["Ja"], "population": ["9000"]}
    assert [(n.relation, n.forward, n.entity) for n in data.neighbours(japan)] == [("capital", True, city)]
    assert [(n.forward, n.entity) for n in data.neighbours(city)] == [(False, japan)]
    assert data.picture(japan) is None
    assert data.picture(entity(pair, "Chile")) is not None


def test_neighbours_agree_through_their_counterparts(run: RunView, pair: GraphPair) -> None:
    data = open_dataset(run)
    city, other = entity(pair, "Japan City"), entity(pair, "Japan City", target=True)
    assert neighbours(run, data, city, other)["In both"].tolist() == ["●"]
    assert neighbours(run, data, city, entity(pair, "Kenya City", target=True))["In both"].tolist() == [""]
    assert neighbours(run, data, city, None)["Its counterpart"].tolist() == ["Japan"]


def test_not_yet_names_the_state(make_run: MakeRun) -> None:
    run = RunView(RunReader(make_run(state="failed")))
    with pytest.raises(RunFormatError, match="failed after 4 epochs"):
        queries.queue(run, queries.Filter())


def test_headline_says_of_what(run: RunView, make_run: MakeRun) -> None:
    shown = headline.headline(run)
    assert shown is not None
    assert shown.metrics[layout.SOURCE_TO_TARGET]["hits@1"] == 0.7
    assert "Test links, closed candidates" in shown.scope
    assert "CSLS (k = 3, applied once)" in shown.scope
    search = {"k": 10, "recall": {"source_to_target": 0.981, "target_to_source": 0.973}}
    sampled = headline.describe(run, {"search": search | {"ranked_links": 2000, "links": 262500}})
    assert "of 2,000 links drawn from 262,500, candidates from a search that finds 97.3% of the 10 best" in sampled
    assert "index" not in headline.describe(run, {"search": None})
    early = headline.headline(RunView(RunReader(make_run("early", state="running"))))
    assert early is not None
    assert not early.final
    assert "Validation links" in early.scope
    assert "after epoch 3" in early.scope


def test_how_much_each_modality_counts_is_said_where_they_differ(make_run: MakeRun) -> None:
    folder = make_run()
    assert headline.counted(RunView(RunReader(folder))) == ""
    log = folder / layout.EVENTS
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        if line["kind"] == "results":
            line |= {"reliability": {"structure": 0.5, "attribute": 1.0, "image": 2.0}, "rules_share": 0.2}
            line["label_share"] = {"structure": 0.74, "attribute": 0.06, "image": 0.0}
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = headline.counted(RunView(RunReader(folder)))
    assert "image 2.00, attribute 1.00, structure 0.50." in said
    assert "as they are): structure 74%, attribute 6%." in said
    log.write_text("".join(json.dumps(line | {"label_share": {"image": 0.0}}) + "\n" for line in lines))
    assert "nobody learns" not in headline.counted(RunView(RunReader(folder)))
    assert "Of structure's similarity, 20% is what rules think of the pair." in said


def test_coverage_adds_up(run: RunView) -> None:
    table = headline.coverage(run)
    assert len(table) == 2 * len(run.modalities)
    np.testing.assert_allclose(table[["in use", "frozen", "missing"]].sum(axis=1), 1)


def test_published_figures_only_where_comparable(run: RunView) -> None:
    assert published.published(run) == []
    run.reader.facts = replace(run.reader.facts, data_name="DBP15K zh_en")
    reference, paper = published.published(run)
    assert any("learns structure + attribute + image" in reason for reason in reference.differs)
    assert paper.differs


def test_cards_of_good_and_bad_runs(make_run: MakeRun) -> None:
    good = catalog.card(make_run())
    assert (good.hits_at_1, good.split, len(good.curve)) == (0.7, "test", 4)
    bad = make_run("bad")
    (bad / layout.CONFIG).write_text("{")
    assert catalog.card(bad).problem


def test_a_running_or_failed_run_is_never_the_usual_one(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    bundled = make_run("../bundled/example")
    monkeypatch.setattr(catalog, "BUNDLED", bundled.parent)
    make_run("failed", state="failed")
    assert catalog.usual(catalog.run_folders()) == "example"
    for age, (name, state) in enumerate(
        (("old", "finished"), ("done", "finished"), ("halted", "interrupted"), ("moving", "running"))
    ):
        config = make_run(name, state=state) / layout.CONFIG
        os.utime(config, (10**9 + age, 10**9 + age))
    assert catalog.usual(catalog.run_folders()) == "done"
    (tmp_path / "runs" / "done" / layout.CONFIG).write_text("{")
    assert catalog.usual(catalog.run_folders()) == "old"


def test_own_runs_hide_bundled_ones(make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = make_run("same")
    monkeypatch.setattr(catalog, "BUNDLED", own.parent)
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "none"))
    assert catalog.run_folders() == {"same": own}
    monkeypatch.setenv("PMF_RUNS", str(own.parent))
    assert catalog.run_folders() == {"same": own}


def test_exports() -> None:
    table = pd.DataFrame({"=name": ["=cmd()", "-x", " +1", "fine", "@a"], "value": [-1.5, 2, 3, 4, 5]})
    text = export.as_csv(table).decode("utf-8-sig").splitlines()
    assert text[0] == "'=name,value"
    assert text[1:4] == ["'=cmd(),-1.5", "'-x,2.0", "' +1,3.0"]
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(export.as_parquet(table))), table)


def test_plain_text_has_no_markup() -> None:
    assert plain("a*b_c") == r"a\*b\_c"
    assert plain("<b>:red[x]$y$") == r"\<b\>\:red\[x\]\$y\$"
    assert short("one\ntwo\x00\u202ethree") == "one twothree"
    assert len(short("x" * 10_000)) == 160
