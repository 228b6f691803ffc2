"""Pairs that the data marks as not the same: training goes by them as by pairs that people rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pmf.audit.account import take_account
from pmf.cli import main
from pmf.config.config import Config
from pmf.data.readers import read_graph_pair
from pmf.data.split import LinkSplit, usable_negatives
from pmf.runs.reader import RunReader
from pmf.training.inputs import training_inputs
from pmf.training.links.verdicts import Review
from pmf.training.loop.trainer import Trainer

SETTINGS = {"modalities": "structure,value,char", "model.width": "16", "train.epochs": "2", "train.freeze_epochs": "2"}
SETTINGS["rules.rounds"] = "1"
QUICK = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]


@pytest.fixture(scope="module")
def denied(datasets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Links with a label: each source entity is the target's of its number, and not the next one."""
    folder = tmp_path_factory.mktemp("denied")
    for side in ("source", "target"):
        (folder / side).symlink_to(datasets.parent / "cases" / "labels-0-1" / side)
    table = (datasets.parent / "cases" / "labels-0-1" / "links.csv").read_text().rstrip()
    zeros = [f"a{i},b{i % 24 + 1},0" for i in range(1, 25)]
    (folder / "links.csv").write_text("\n".join([table, *zeros]) + "\n")
    return folder


def trainer_of(folder: Path, **settings: str) -> Trainer:
    config = Config(data=str(folder)).with_settings(SETTINGS | settings)
    pair = read_graph_pair(folder)
    return Trainer(config, training_inputs(config, pair), torch.device("cpu"))


@pytest.mark.real
def test_they_train_but_for_those_of_test_links(denied: Path) -> None:
    trainer = trainer_of(denied, seed_ratio="0.7")
    split, used = trainer.split, trainer.review.negatives
    assert len(trainer.pair.negatives) == 24
    assert 0 < len(used) < 24
    assert not np.isin(used, split.test_links).any()
    assert (len(split.seed_links), len(split.val_links), len(split.test_links)) == (15, 2, 7)
    assert trainer.links.rules is not None
    for known in (trainer.model.rejected.numpy(), trainer.collector.rejected, trainer.links.rules.verdicts.rejected):
        assert known.tolist() == used.tolist()
    account = take_account(trainer.pair, trainer.config, split=split)
    assert f"24 pairs marked so; {len(used)} used (rules never join them" in account.lines[-1]
    assert f"{24 - len(used)} not, because of entities of test links" in account.lines[-1]
    assert take_account(trainer.pair, trainer.config).lines == account.lines  # before anything is cut

    without = trainer_of(denied, seed_ratio="0.7", negatives="false")
    assert not len(without.model.rejected)
    line = take_account(without.pair, without.config).lines[-1]
    assert line == "not the same: 24 pairs marked so, not used. To train against them: --set negatives=true."


@pytest.mark.real
def test_a_run_keeps_them_apart_from_what_people_said(
    denied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    quick = [*QUICK, "--set", "train.project=false", "--seed-ratio", "1"]
    assert main(["train", "--data", str(denied), "--run", str(out), *quick]) == 0
    printed = capsys.readouterr().out
    assert "not the same: 24 pairs marked so; 24 used" in printed
    assert "verdicts:" not in printed
    facts: Any = RunReader(out).facts
    assert (len(facts.review["negatives"]), facts.verdicts_used) == (24, 0)
    again = Review.from_dict(facts.review)
    assert again.evidence.rejected.tolist() == again.negatives.tolist() == facts.review["negatives"]


@pytest.mark.real
def test_pairs_to_start_from_are_none_of_them(denied: Path) -> None:
    pair = read_graph_pair(denied)
    pivots = trainer_of(denied, seeds="value").split.seed_links
    wrong = [f"{pair.source.entities[s]},{pair.target.entities[t - pair.n_source]},0" for s, t in pivots[:2]]
    table = (denied / "links.csv").read_text()
    keep = [line for line in table.splitlines() if line.rpartition(",")[0] not in {w.rpartition(",")[0] for w in wrong}]
    (denied / "links.csv").write_text("\n".join([*keep, *wrong]) + "\n")
    try:
        after = trainer_of(denied, seeds="value").split.seed_links
    finally:
        (denied / "links.csv").write_text(table)
    assert len(pivots) > 2
    assert not {tuple(pair) for pair in pivots[:2].tolist()} & {tuple(pair) for pair in after.tolist()}


def test_a_pair_that_somebody_confirms_is_denied_no_more() -> None:
    split = LinkSplit(seed_links=np.array([[0, 5]]), val_links=np.array([[1, 6]]), test_links=np.array([[2, 7]]))
    negatives = np.array([[0, 5], [0, 6], [1, 6], [2, 8], [3, 7], [3, 8]])
    assert usable_negatives(negatives, split).tolist() == [[0, 6], [3, 8]]
