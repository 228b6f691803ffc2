"""The simulated annotator: what is asked, what is answered, and a whole small study of it."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.alignment.confidence.margin import margins
from pmf.cli import main
from pmf.data.readers import read_graph_pair
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.studies.annotator import BUDGETS, ORDERS, Answer, Cards, answers, pool_found, review_split, write_answers
from pmf.training.links.verdicts import read_verdicts
from tests.commands import as_arguments
from tests.conftest import TINY_SETTINGS

SHORT = {**TINY_SETTINGS, "train.epochs": "5", "train.freeze_epochs": "3"}
SET = as_arguments({name: value for name, value in SHORT.items() if name != "modalities"})


def test_margin_is_first_less_second_and_no_contest_comes_last() -> None:
    found = margins([[0.9, 0.5, 0.1], [0.7], [0.0, 0.0], [0.3, 0.3]], [False, False, True, False])
    assert found.tolist() == pytest.approx([0.4, np.inf, np.inf, 0.0])


def test_pool_and_held_out_share_no_entity() -> None:
    links = np.stack([np.arange(100), np.arange(100) + 200], axis=1)
    links = np.concatenate([links, [[0, 320], [1, 202]]])  # two entities are linked twice
    split, pool = review_split(links, seed_ratio=0.3, seed=1)
    assert len(split.train) == 31
    assert len(split.test) == 36
    assert 33 <= len(pool) <= 35
    assert not np.isin(pool, np.concatenate([split.train, split.test])).any()
    again, same = review_split(links, seed_ratio=0.3, seed=1)
    assert np.array_equal(pool, same)
    assert np.array_equal(split.test, again.test)
    assert not np.array_equal(pool, review_split(links, seed_ratio=0.3, seed=2)[1])


CARDS = Cards(
    queries=np.array([1, 2, 3]),
    candidates=np.array([[11, 12, 13], [11, 12, 13], [14, 15, 16]]),
    margin=np.array([0.5, 0.1, np.inf], np.float32),
)
POOL = np.array([[1, 11], [2, 13], [3, 19]])


def test_a_right_answer_finds_the_counterpart_where_it_is_shown_and_a_wrong_one_does_not() -> None:
    assert answers(CARDS, POOL, error=0, seed=0) == [Answer(11, "match"), Answer(13, "match"), Answer(14, "not")]
    assert answers(CARDS, POOL, error=1, seed=0) == [Answer(11, "not"), Answer(11, "match"), Answer(14, "match")]


def test_so_many_answers_are_wrong_as_was_said() -> None:
    count = 4000
    many = Cards(queries=np.arange(count), candidates=np.full((count, 1), count), margin=np.zeros(count, np.float32))
    pool = np.stack([np.arange(count), np.full(count, count)], axis=1)
    wrong = np.mean([answer.verdict == "not" for answer in answers(many, pool, error=0.05, seed=3)])
    assert wrong == pytest.approx(0.05, abs=0.015)


def test_the_least_margin_is_asked_first_or_chance_decides() -> None:
    assert CARDS.order("margin", 0).tolist() == [1, 0, 2]
    drawn = {tuple(CARDS.order("random", seed).tolist()) for seed in range(30)}
    assert len(drawn) == 6  # every order of three
    assert CARDS.order("random", 4).tolist() == CARDS.order("random", 4).tolist()


def test_a_target_is_given_away_once(tmp_path: Path) -> None:
    uris = [f"u{i}" for i in range(20)]
    given = [Answer(11, "match"), Answer(11, "match"), Answer(14, "not")]
    write_answers(tmp_path / "v.csv", uris, CARDS, given, np.array([1, 0, 2]))
    assert (tmp_path / "v.csv").read_text() == "source,target,verdict\nu2,u11,match\nu3,u14,not\n"


@pytest.fixture(scope="module")
def study(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("annotator") / "study"
    assert main(arguments(tiny_data, out)) == 0
    return out


def arguments(data: Path, out: Path) -> list[str]:
    command = ["study", "annotator", "--data", str(data), "--out", str(out), "--seeds", "0"]
    return [*command, "--modalities", "structure,image", *SET, "--json"]


def test_no_verdict_touches_what_is_measured_on(study: Path) -> None:
    base = RunReader(study / "runs" / "base-seed0")
    pair = read_graph_pair(base.facts.data_path)
    held_out = base.links.query("split == 'test'")[["source", "target"]].to_numpy()
    assert len(held_out) == 17
    for order in ORDERS:
        for budget in BUDGETS:
            name = f"{order}={budget:g}-seed0"
            verdicts = read_verdicts(study / "verdicts" / f"{name}.csv", pair)
            assert 0 < len(verdicts) <= round(budget * 17)
            assert not np.isin(verdicts.entities, base.links[["source", "target"]].to_numpy()).any()
            run = RunReader(study / "runs" / name)
            review = run.results()["review"]
            assert review["matched"] + review["rejected"] == len(verdicts)
            assert review["left_out"] == review["test_links_used"] == 0
            assert np.array_equal(run.links.query("split == 'test'")[["source", "target"]].to_numpy(), held_out)


@pytest.mark.parametrize("name", ["base-seed0", "random=0.2-seed0", "margin=0.4-seed0"])
def test_the_pool_counts_what_was_confirmed_and_else_what_is_predicted(study: Path, tiny_data: Path, name: str) -> None:
    run = RunReader(study / "runs" / name)
    base = RunReader(study / "runs" / "base-seed0")
    pool = {s: t for s, t in read_graph_pair(tiny_data).links.tolist() if s not in set(base.links["source"])}
    rows, columns = np.array(sorted(pool)), np.setdiff1d(np.arange(64, 128), run.links["target"])
    fused = run.embedding("fused").astype(np.float32)
    cosine = fused[rows] @ fused[columns].T
    hub = np.sort(cosine, axis=1)[:, -3:].mean(1)[:, None] + np.sort(cosine, axis=0)[-3:].mean(0)
    scores = 2 * cosine - hub
    for source, target in run.facts.review["rejected"]:
        scores[rows == source, columns == target] = -np.inf
    found = dict(zip(rows.tolist(), columns[scores.argmax(1)].tolist(), strict=True))
    found |= dict(run.facts.review["matched"])
    table = pd.read_parquet(study / "results.parquet").query("stage == 'end'").set_index("run")
    expected = np.mean([found[source] == target for source, target in pool.items()])
    assert table.loc[name, "pool_hits@1"].tolist() == [pytest.approx(expected)] * 2


def test_more_verdicts_are_the_same_and_more(study: Path) -> None:
    for order in ORDERS:
        files = [study / "verdicts" / f"{order}={budget:g}-seed0.csv" for budget in BUDGETS]
        rows = [list(csv.reader(file.read_text().splitlines())) for file in files]
        for fewer, more in pairwise(rows):
            assert more[: len(fewer)] == fewer


def test_each_order_is_compared_with_chance_and_chance_with_no_verdicts(study: Path) -> None:
    summary = pd.read_parquet(study / "summary.parquet").query("direction == 'source_to_target'")
    against = {f"{row.setting} = {row.value}": row.against for row in summary.itertuples()}
    assert list(against)[:2] == ["verdicts = none yet", "verdicts = 0"]
    assert len(against) == 2 + len(ORDERS) * len(BUDGETS)
    for budget in BUDGETS:
        assert against[f"random = {budget:g}"] == "verdicts = 0"
        assert against[f"margin = {budget:g}"] == f"random = {budget:g}"
    for row in summary.query("setting == 'margin'").itertuples():
        ours, theirs = (
            pool_found(RunReader(study / "runs" / f"{order}={row.value}-seed0")) for order in ("margin", "random")
        )
        assert (row.pool_wins, row.pool_losses) == ((ours & ~theirs).sum(), (theirs & ~ours).sum())
    assert (summary.iloc[1:]["p_pool_holm"] >= summary.iloc[1:]["p_pool"]).all()
    results = pd.read_parquet(study / "results.parquet")
    assert results.groupby("setting")["matched"].max()["verdicts"] == 0
    assert (results.loc[results["setting"] != "verdicts", ["matched", "rejected"]].sum(axis=1) > 0).all()


def test_bases_keep_their_checkpoint_and_nothing_is_trained_twice(study: Path, tiny_data: Path) -> None:
    assert [p.parent.name for p in sorted(study.glob(f"runs/*/{layout.CHECKPOINTS}"))] == ["base-seed0"]
    before = {path: path.read_bytes() for path in study.glob("runs/*/events.jsonl")}
    assert main(arguments(tiny_data, study)) == 0
    assert {path: path.read_bytes() for path in study.glob("runs/*/events.jsonl")} == before
